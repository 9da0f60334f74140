"""Arithmetic of rollouts and minibatches: which sizes divide. Knows no configuration."""


def working_sizes(batch: int, multiple_of: int, near: int, count: int = 4) -> list[int]:
    """The minibatch sizes closest to `near` that divide `batch` and hold whole sequences, ascending."""
    sizes = [size for size in _divisors(batch) if size % multiple_of == 0]
    return sorted(sorted(sizes, key=lambda size: abs(size - near))[:count])


def fitted_size(batch: int, multiple_of: int, wanted: int) -> int:
    """The largest working minibatch size up to `wanted`, else the smallest there is.

    >>> fitted_size(batch=96 * 32, multiple_of=1, wanted=500)
    384
    """
    sizes = [size for size in _divisors(batch) if size % multiple_of == 0] or [batch]
    return max((size for size in sizes if size <= wanted), default=min(sizes))


def _divisors(number: int) -> list[int]:
    low = [divisor for divisor in range(1, int(number**0.5) + 1) if number % divisor == 0]
    return sorted({*low, *(number // divisor for divisor in low)})
