"""What only tensors can do wrong is told in plain words."""

from typing import Any

import numpy as np
import pytest
import torch

from tasks.vec_env.contract import check_vec_env
from tasks.vec_env.simulator_env import SimulatorVecEnv
from tests.toy_simulators import toy_simulator


class Spoilt:
    """A right simulator with what it gives spoilt afterwards."""

    def __init__(self, spoil: Any) -> None:
        self._vec: SimulatorVecEnv = toy_simulator()
        self._spoil = spoil

    def __getattr__(self, name: str) -> Any:
        return getattr(self._vec, name)

    def step(self, actions: Any) -> Any:
        return self._spoil(*self._vec.step(actions))


def put(**more: Any) -> Any:
    def spoil(obs, reward, done, infos):
        return obs, reward, done, {**infos, **more}

    return spoil


def drop(key: str) -> Any:
    def spoil(obs, reward, done, infos):
        return obs, reward, done, {name: value for name, value in infos.items() if name != key}

    return spoil


def late(obs, reward, done, infos):
    return (
        obs,
        reward,
        done,
        {**infos, "episode": {**infos["episode"], "length": infos["episode"]["length"] + 1}},
    )


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (lambda obs, *rest: (obs.numpy(), *rest), "step(): obs is ndarray, not a tensor on cpu"),
        (lambda obs, reward, *rest: (obs, reward.tolist(), *rest), "step(): reward is list, not a tensor on"),
        (lambda obs, reward, *rest: (obs, reward.double(), *rest), "a reward that is float64 (4,), not a fl"),
        (lambda obs, reward, done, infos: (obs, reward, done, [infos]), "infos that are list, not one dicti"),
        (lambda *result: result[:3], "does not return four values"),
        (drop("time_outs"), 'infos["time_outs"] is NoneType'),
        (drop("final_observation"), 'infos["final_observation"] is missing: as tensors it comes with every '),
        (drop("episode"), 'infos["episode"] is missing: as tensors it comes with every step'),
        (put(episode={}), "infos[\"episode\"] is not a dictionary of ['ended', 'length', 'return', 'success"),
        (put(time_outs=np.zeros(4, bool)), 'infos["time_outs"] is ndarray, not a tensor on cpu'),
        (put(extra=torch.zeros(4)), "infos that the contract does not know: extra"),
        (late, "tells of an episode of"),
    ],
)  # fmt: skip
def test_a_spoilt_step_is_told_in_plain_words(spoil: Any, line: str) -> None:
    complaints = check_vec_env(Spoilt(spoil), num_steps=8)
    assert any(line in complaint for complaint in complaints), complaints


class Elsewhere(Spoilt):
    """Says that it is on a device on which its tensors are not."""

    def get_env_info(self) -> Any:
        return {**self._vec.get_env_info(), "device": "meta"}

    def step(self, actions: Any) -> Any:
        return self._vec.step(torch.zeros(4, dtype=torch.int64))


def test_tensors_on_another_device_are_told() -> None:
    complaints = check_vec_env(Elsewhere(None), num_steps=2)
    assert "step(): reward is on cpu, not on meta" in complaints
    assert 'infos["episode"]["return"] is on cpu, not on meta' in complaints
