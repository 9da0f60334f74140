"""Which vector environments are tried for a task, with how many workers, and why others are not."""

import pytest

from cfg.errors import ConfigError
from tasks.conformance.kinds import kinds_of


def test_every_kind_that_may_run_a_task_is_tried_and_the_others_say_why_not(subject):
    kinds, left_out = kinds_of(subject("Dice"))
    assert kinds == ["sync", "process", "ray"]
    assert left_out["native"].endswith("brings no vector environment of its own")
    assert "no module of imports registers" in left_out["rl_games"]


def test_a_kind_that_is_named_is_tried_alone(subject):
    assert kinds_of(subject("Dice", "vec_env=process")) == (["process"], {})


def test_a_kind_that_is_named_and_may_not_is_refused(subject):
    with pytest.raises(ConfigError, match="brings no vector environment of its own -- use vec_env=sync"):
        kinds_of(subject("Dice", "vec_env=native"))
    with pytest.raises(ConfigError, match="no module of imports registers .* -- leave vec_env out"):
        kinds_of(subject("Dice", "vec_env=rl_games"))


def test_a_mistake_of_the_task_is_told_once(subject):
    with pytest.raises(ConfigError, match="has no such argument"):
        kinds_of(subject("Dice", "env_kwargs.lenght=3"))


@pytest.mark.parametrize(
    ("words", "workers"),
    [
        (("vec_env=process",), [2, 1, 4]),
        (("vec_env=process", "num_envs=3"), [2, 1]),
        (("vec_env=process", "num_envs=1"), [1, 1]),
        (("vec_env=process", "num_workers=3"), [3, 2, 1, 4]),
        (("vec_env=sync",), [None, None]),
    ],
)
def test_workers_are_tried_in_three_numbers_as_far_as_there_are_rows(subject, words, workers):
    one = subject("Dice", *words)
    assert one.workers(one.config.vec_env) == workers


def test_a_policy_has_no_part_in_a_check(subject):
    with pytest.raises(ConfigError, match="--eval does not go with --check, which has no policy"):
        subject("Dice", "--eval", "--policy", "random")


def test_rows_are_six_where_nobody_says(subject):
    assert subject("Dice").num_envs == 6
    assert subject("Dice", "num_envs=9").num_envs == 9
