"""A script in the manner of CleanRL's, which is run as it is."""

import sys

import gymnasium
import pytest

from benchmarks.cleanrl import older_infos, race
from benchmarks.stopwatch import Finished

SCRIPT = """
import sys
import gymnasium as gym
import numpy as np
import torch

class Args:
    num_steps = 4

class Agent:
    def actor(self, obs):
        return torch.stack([torch.zeros(len(obs)), torch.ones(len(obs))], -1)

if __name__ == "__main__":
    args, agent = Args(), Agent()
    assert sys.argv[1:] == ["--env-id", "CartPole-v1", "--seed", "7", "--no-cuda"]
    envs = gym.vector.SyncVectorEnv(
        [lambda: gym.wrappers.RecordEpisodeStatistics(gym.make("CartPole-v1")) for _ in range(3)]
    )
    envs.reset(seed=1)
    for step in range(STEPS):
        obs, _, ended, _, infos = envs.step(np.ones(3, dtype=int))
        if "final_info" in infos:
            for row, info in enumerate(infos["final_info"]):
                assert (info is not None) == bool(ended[row])
                if info and "episode" in info:
                    assert 8 <= info["episode"]["r"] == info["episode"]["l"] <= 11
                    assert abs(infos["final_observation"][row][2]) > 0.2 > abs(obs[row][2])
    envs.close()
"""


@pytest.fixture
def script(tmp_path, monkeypatch):
    """Writes the script with a number of steps; what running it changes is put back."""
    for module, name in ((gymnasium.vector, "SyncVectorEnv"), (gymnasium.wrappers, "TransformObservation")):
        monkeypatch.setattr(module, name, getattr(module, name))
    monkeypatch.setattr(sys, "argv", sys.argv)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "cleanrl").mkdir()
    path = tmp_path / "cleanrl" / "ppo.py"

    def write(steps: int):
        path.write_text(SCRIPT.replace("STEPS", str(steps)))
        return path

    return write


class Heard:
    """A clock that notes what it is told, and ends a training after so many frames."""

    def __init__(self, last: int = 1_000_000) -> None:
        self.frames: list[int] = []
        self.starts = 0
        self._last = last

    def start(self):
        self.starts += 1

    def passed(self, frames, act):
        self.frames.append(frames)
        assert act(gymnasium.make("CartPole-v1").reset()[0][None]).tolist() == [1]  # the larger logit
        if frames >= self._last:
            raise Finished


def test_a_script_tells_of_each_rollout_that_it_has_learned_from(script):
    heard = Heard()
    race(script(14), "CartPole-v1", 7, heard)
    # Rollouts of 4 steps of 3 environments; the two steps after the third have taught nothing.
    assert (heard.starts, heard.frames) == (1, [12, 24, 36])


def test_the_last_update_counts_as_well(script):
    heard = Heard()
    race(script(8), "CartPole-v1", 7, heard)
    assert heard.frames == [12, 24]


def test_the_clock_ends_a_script(script):
    heard = Heard(last=24)
    with pytest.raises(Finished):
        race(script(1_000_000), "CartPole-v1", 7, heard)
    assert heard.frames == [12, 24]


def test_a_step_without_an_end_has_no_final_infos():
    infos = {"anything": 1}
    assert older_infos(infos, 3) is infos
