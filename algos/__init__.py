"""How it is learned. Importing this loads no torch."""

from typing import Any


def load_policy(path: str, deterministic: bool = True) -> Any:
    """The policy of a run directory or checkpoint file, ready to act; needs neither the task nor Ray.

    >>> policy = load_policy("runs/CartPole_PPO_2026-11-21_10-00-00")  # doctest: +SKIP
    >>> action = policy.act(obs)  # doctest: +SKIP

    `obs` is as the task's vector environment gives it, one observation or a batch. Raises CheckpointError
    where the file is missing, damaged or foreign.
    """
    from algos.policy import load

    return load(path, deterministic=deterministic)
