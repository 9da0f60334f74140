"""Evaluations are of whole episodes, and of episodes that end."""

import numpy as np
import pytest
from gymnasium.spaces import Discrete

from algos import evaluation
from algos.evaluation import evaluate, shows_masks
from algos.policy import BASELINES
from cfg.errors import EnvFault
from tasks.vec_env.sync import SyncVecEnv
from tests.cfg.composing import SETTINGS, composed
from tests.toy_envs import toy_factory


def evaluated(length: int) -> evaluation.Evaluation:
    """Four episodes of `length` steps in two rows."""
    with SyncVecEnv(toy_factory("Countdown", length=length), 2, seed=0) as envs:
        return evaluate(BASELINES["zero"](Discrete(2), 0), envs, episodes=4, seed=0, masked=False)


def test_an_episode_that_does_not_end_ends_the_evaluation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "LONGEST_EPISODE", 5)
    line = r"Countdown: an episode of an evaluation has not ended in 5 steps -- .*task.max_episode_steps=1000"
    with pytest.raises(EnvFault, match=line):
        evaluated(length=6)


def test_the_longest_episodes_count_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "LONGEST_EPISODE", 5)
    result = evaluated(length=5)
    assert (result.episodes, result.return_mean, result.length_mean) == (4, 15.0, 5.0)  # 1 + 2 + 3 + 4 + 5


class Untold(SyncVecEnv):
    """Has masks and does not say so, as vector environments that modules register with rl_games."""

    def has_action_masks(self) -> bool:
        return False


class FirstAllowed:
    """Takes the first action that it may."""

    def __init__(self) -> None:
        self.masks: list[np.ndarray | None] = []

    def reset(self, rows: np.ndarray | None = None) -> None:
        pass

    def act(self, obs: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
        self.masks.append(mask)
        return np.zeros(len(obs), np.int64) if mask is None else mask.argmax(axis=1)


@pytest.mark.parametrize("asked", [True, False])
def test_a_policy_that_was_trained_with_masks_is_evaluated_with_them(asked: bool) -> None:
    config = composed("task=CartPole", f"{SETTINGS}.use_action_masks={asked}")
    with Untold(toy_factory("Masked"), 2, seed=0) as envs:
        policy = FirstAllowed()
        evaluate(policy, envs, episodes=2, seed=0, masked=shows_masks(config, envs))
    assert all((mask is not None) == asked for mask in policy.masks)


def test_masks_are_shown_where_environments_say_that_they_have_some() -> None:
    with SyncVecEnv(toy_factory("Masked"), 2, seed=0) as envs:
        assert shows_masks(composed("task=CartPole"), envs)
        assert shows_masks(composed("task=Pendulum", "train=SAC"), envs), "whose settings know no masks"
