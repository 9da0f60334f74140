"""Which seed each environment gets. Knows no environment; needs NumPy only."""

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from cfg.errors import ConfigError, did_you_mean

ROLES = {"train": 0, "eval": 1, "play": 2}
"""What an environment is for. Each role draws from its own stream, so that no evaluation repeats training."""

SEED_BITS = 31
"""Simulators written in C take a signed 32-bit seed."""

_BIT_GENERATORS = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")


def env_seed(seed: int, role: str, row: int, incarnation: int = 0) -> int:
    """Reset seed of one environment.

    Consecutive numbers would make row 1 of seed 0 the same game as row 0 of seed 1; a seed sequence does not.

    Args:
        seed: of the run; 0 is a seed like any other.
        role: one of `ROLES`.
        row: position in the whole vector environment, whoever steps it, so that workers change no result.
        incarnation: how many times the row was replaced after a fault.
    """
    if role not in ROLES:
        raise ConfigError(f'role="{role}" is not a role', did_you_mean(role, ROLES))
    if seed < 0:
        raise ConfigError(f"seed={seed} is negative", "use 0 or more")
    sequence = np.random.SeedSequence([seed, ROLES[role], row, incarnation])
    return int(sequence.generate_state(1)[0]) >> (32 - SEED_BITS)


def generator_state(generator: np.random.Generator) -> dict[str, Any]:
    """Where a generator's stream is: plain integers, and arrays where it holds some."""
    return copy.deepcopy(dict(generator.bit_generator.state))


def restore_generator(state: Mapping[str, Any]) -> np.random.Generator:
    """A generator that goes on with the stream. Raises ValueError for one that NumPy does not have."""
    name = state["bit_generator"]
    if name not in _BIT_GENERATORS:
        raise ValueError(f"{name} is no bit generator of NumPy's")
    bits = getattr(np.random, name)()
    bits.state = copy.deepcopy(dict(state))
    return np.random.Generator(bits)
