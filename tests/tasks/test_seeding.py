"""Seeds of environments: distinct where they have to be, the same where they have to be."""

import pytest

from cfg.errors import ConfigError
from tasks.seeding import env_seed


def test_no_row_of_five_seeds_repeats_another_nor_another_role() -> None:
    seeds = [
        env_seed(seed, role, row)
        for seed in range(5)
        for role in ("train", "eval", "play")
        for row in range(64)
    ]
    assert len(set(seeds)) == 5 * 3 * 64


def test_zero_is_a_seed_like_any_other() -> None:
    assert env_seed(0, "train", 0) == env_seed(0, "train", 0) != env_seed(1, "train", 0)


def test_a_replaced_row_gets_another_stream() -> None:
    assert env_seed(0, "train", 3, incarnation=1) != env_seed(0, "train", 3)


def test_seeds_fit_a_signed_32_bit_integer() -> None:
    assert all(0 <= env_seed(2**40, "play", row) < 2**31 for row in range(1000))


def test_a_misspelt_role_is_named() -> None:
    with pytest.raises(ConfigError, match=r'role="evl" is not a role -- did you mean "eval"'):
        env_seed(0, "evl", 0)


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(ConfigError, match="seed=-1 is negative"):
        env_seed(-1, "train", 0)
