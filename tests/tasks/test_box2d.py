"""A walker's episodes follow from their seeds, whatever was played before."""

import gymnasium as gym
import numpy as np
import pytest

from tasks.box2d import NewWorld

pytest.importorskip("Box2D")


def episode(env: gym.Env, seed: int, steps: int = 60) -> list[bytes]:
    obs, _ = env.reset(seed=seed)
    actions = np.random.default_rng(seed).uniform(-1, 1, (steps, 4)).astype(np.float32)
    return [obs.tobytes(), *(env.step(action)[0].tobytes() for action in actions)]


def test_an_episode_follows_from_its_seed_whatever_was_played_before():
    fresh, used = (NewWorld(gym.make("BipedalWalker-v3")) for _ in range(2))
    for seed in (5, 6):
        episode(used, seed)
    assert episode(used, 7) == episode(fresh, 7) == episode(used, 7)
    assert episode(used, 8) != episode(used, 7)
