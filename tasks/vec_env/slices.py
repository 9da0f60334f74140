"""Which worker gets which rows. Knows no worker."""

from cfg.errors import ConfigError
from cfg.processors import num_processors


def split_rows(num_envs: int, num_workers: int | None) -> list[range]:
    """Consecutive slices of rows, as even as can be, the longer ones first.

    Args:
        num_envs: number of rows.
        num_workers: number of slices; as many as there are processors, but no more than rows, where None.
    """
    fitting = min(num_processors(), num_envs)
    count = fitting if num_workers is None else num_workers
    if not 1 <= count <= num_envs:
        raise ConfigError(
            f"num_workers={count} does not fit num_envs={num_envs}",
            f"use 1 to {num_envs} workers, for instance num_workers={fitting}",
        )
    base, longer = divmod(num_envs, count)
    starts = [index * base + min(index, longer) for index in range(count + 1)]
    return [range(start, stop) for start, stop in zip(starts, starts[1:], strict=False)]


def crowded_note(num_workers: int | None) -> str | None:
    """What to tell who asks for more workers than there are processors; None where there is nothing."""
    processors = num_processors()
    if num_workers is None or num_workers <= processors:
        return None
    return f"num_workers={num_workers} take turns on {processors} processors: more workers are no faster"
