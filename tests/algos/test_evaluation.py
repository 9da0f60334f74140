"""Evaluations are of whole episodes, and of episodes that end."""

import pytest
from gymnasium.spaces import Discrete

from algos import evaluation
from algos.evaluation import evaluate
from algos.policy import BASELINES
from cfg.errors import EnvFault
from tasks.vec_env.sync import SyncVecEnv
from tests.toy_envs import toy_factory


def evaluated(length: int) -> evaluation.Evaluation:
    """Four episodes of `length` steps in two rows."""
    with SyncVecEnv(toy_factory("Countdown", length=length), 2, seed=0) as envs:
        return evaluate(BASELINES["zero"](Discrete(2), 0), envs, episodes=4, seed=0)


def test_an_episode_that_does_not_end_ends_the_evaluation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "LONGEST_EPISODE", 5)
    line = r"Countdown: an episode of an evaluation has not ended in 5 steps -- .*task.max_episode_steps=1000"
    with pytest.raises(EnvFault, match=line):
        evaluated(length=6)


def test_the_longest_episodes_count_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "LONGEST_EPISODE", 5)
    result = evaluated(length=5)
    assert (result.episodes, result.return_mean, result.length_mean) == (4, 15.0, 5.0)  # 1 + 2 + 3 + 4 + 5
