"""Learning rate and entropy coefficient over time. Pure functions, of frames as of epochs."""


def adaptive_rate(rate: float, kl: float, kl_threshold: float, bounds: tuple[float, float]) -> float:
    """The rate after seeing a KL: down by 1.5 above twice the threshold, up by 1.5 below half of it.

    Source: rl_games `common/schedulers.py`, AdaptiveScheduler.
    """
    if kl > 2.0 * kl_threshold:
        return max(rate / 1.5, bounds[0])
    if kl < 0.5 * kl_threshold:
        return min(rate * 1.5, bounds[1])
    return rate


def linear(start: float, end: float, progress: float) -> float:
    """From `start` to `end` as `progress` goes from 0 to 1, and `end` from there on."""
    return end + (start - end) * (1.0 - min(max(progress, 0.0), 1.0))
