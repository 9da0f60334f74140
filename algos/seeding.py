"""The one place that seeds. Streams are told apart by what they are for, so that none equals another."""

import random
import zlib

import numpy as np
import torch


def derived_seed(seed: int, *labels: int | str) -> int:
    """A seed for one purpose, below 2**31; different labels give independent ones. 0 is a seed."""
    words = [zlib.crc32(label.encode()) if isinstance(label, str) else label for label in labels]
    return int(np.random.SeedSequence([seed, *words]).generate_state(1)[0] >> 1)


def seed_everything(seed: int, deterministic: bool) -> None:
    """Seed torch, NumPy and Python in this process; `deterministic` also switches torch's algorithms.

    To be called after rl_games' Runner is made, which changes the same switches.
    """
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    if deterministic:
        torch.backends.cudnn.benchmark = False
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        torch.use_deterministic_algorithms(True)
