"""Environments that fail are made anew within their process, in this one as in workers; numbers by hand."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cfg.errors import EnvFault, NumericalFault, RlgxError
from cfg.schema import FaultsConfig
from tasks.factory import EnvFactory, WrapperRecipe
from tasks.make import VecEnvPlan, build_vec_env
from tasks.seeding import env_seed
from tests.faulty_envs import FaultEnv, faulty, order
from tests.toy_envs import toy_factory

ACTIONS = np.zeros(3, np.int64)


@pytest.fixture(params=["sync", "process"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def make(kind: str, folder: Path, length: int = 20, **faults: Any) -> Any:
    """Three FaultEnvs that have made a step."""
    plan = VecEnvPlan(faulty(folder, length), 3, 0, faults=FaultsConfig(**faults))
    vec = build_vec_env(kind, plan)
    vec.reset()
    return vec


@pytest.fixture(autouse=True)
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.WARNING, "rlgx.faults"):
        yield caplog


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("raise", "step failed: ZeroDivisionError: the robot fell off"),
        ("nan", "the observation[0] is nan, not a finite number"),
        ("inf", "the reward is inf, not a finite number"),
        ("huge", "the reward is 1e+39, not a finite number"),
    ],
)
def test_a_row_that_fails_is_cut_off_and_the_others_go_on(
    kind: str, tmp_path: Path, lines: pytest.LogCaptureFixture, fault: str, told: str
) -> None:
    with make(kind, tmp_path, on_nonfinite="reset") as vec:
        before = vec.step(ACTIONS)[0]
        order(tmp_path, "step", fault)  # the first row that looks for it, of whichever worker
        obs, reward, done, infos = vec.step(ACTIONS)
        (row,) = np.flatnonzero(infos["lost"])
        others = [other for other in range(3) if other != row]
        assert done.tolist() == infos["time_outs"].tolist() == infos["lost"].tolist()
        assert (reward[row], reward[others].tolist(), infos["restarts"]) == (0.0, [1.0, 1.0], 1)
        assert infos["final_observation"][row].tolist() == before[row].tolist()
        assert infos["final_observation"][others].tolist() == obs[others].tolist()
        assert obs[others, 0].tolist() == [2.0, 2.0]
        first = FaultEnv(str(tmp_path)).reset(seed=env_seed(0, "train", int(row), 1))[0]
        assert obs[row].tolist() == first.tolist()
        assert "episode" not in infos
        ends = [vec.step(ACTIONS)[3].get("episode") for _ in range(20)]
        assert ends[17]["row"].tolist() == others
        assert ends[17]["return"].tolist() == [20.0, 20.0]
        assert (ends[19]["row"].tolist(), ends[19]["length"].tolist()) == ([row], [20])
    (line,) = [record.getMessage() for record in lines.records if record.name == "rlgx.faults"]
    assert f"FaultEnv, row {row}, step 2: {told}" in line


def test_what_is_not_finite_ends_it_as_a_numerical_fault_unless_said_otherwise(
    kind: str, tmp_path: Path
) -> None:
    with make(kind, tmp_path) as vec:
        order(tmp_path, "step", "nan")
        with pytest.raises(NumericalFault, match=r"row \d, step 1: the observation\[0\] is nan"):
            vec.step(ACTIONS)


def test_a_reset_that_fails_is_made_up_for(kind: str, tmp_path: Path) -> None:
    with make(kind, tmp_path, length=2) as vec:
        order(tmp_path, "reset", "raise")
        obs = vec.reset()
        assert obs[:, 0].tolist() == [0.0] * 3
        assert vec.step(ACTIONS)[3]["restarts"] == 1
        order(tmp_path, "reset", "raise")
        obs, _, done, infos = vec.step(ACTIONS)
        assert done.all()
        assert infos["episode"]["length"].tolist() == [2, 2, 2], "the episodes had ended by themselves"
        assert not infos["time_outs"].any()
        assert (infos["restarts"], infos["lost"].any()) == (2, False)
        assert obs[:, 0].tolist() == [0.0] * 3


def test_an_environment_that_always_fails_ends_it_once_the_budget_is_used_up(
    kind: str, tmp_path: Path
) -> None:
    with make(kind, tmp_path, budget=4) as vec:
        order(tmp_path, "step", "raise", always=True)
        line = r"row \d, step 2: step failed: .*: the robot fell off; faults.budget=4 is used up"
        assert vec.step(ACTIONS)[3]["restarts"] == 3
        with pytest.raises(EnvFault, match=line):
            vec.step(ACTIONS)


def test_one_that_cannot_be_reset_again_is_not_tried_for_ever(kind: str, tmp_path: Path) -> None:
    with make(kind, tmp_path) as vec:
        order(tmp_path, "reset", "raise", always=True)
        line = "reset failed: ZeroDivisionError: the robot fell off; made anew, it failed 3 times running: "
        with pytest.raises(EnvFault, match=line):
            vec.reset()


def test_a_fault_is_raised_at_once_where_nothing_is_mended(kind: str, tmp_path: Path) -> None:
    with make(kind, tmp_path, mode="fatal") as vec:
        order(tmp_path, "step", "raise")
        with pytest.raises(EnvFault, match="step failed: ZeroDivisionError: the robot fell off -- mend"):
            vec.step(ACTIONS)


def test_a_breach_of_the_contract_is_no_fault_that_passes(kind: str) -> None:
    plan = VecEnvPlan(toy_factory("Wrong", fault="shape"), 3, 0, faults=FaultsConfig())
    with build_vec_env(kind, plan) as vec:
        vec.reset()
        vec.step(ACTIONS)
        with pytest.raises(RlgxError, match="the observation has shape"):
            vec.step(ACTIONS)


@pytest.mark.parametrize("name", ["Masked", "InfoMasked", "TwoRewards", "Asymmetric", "Rich"])
def test_every_kind_of_environment_can_be_made_anew(kind: str, name: str, tmp_path: Path) -> None:
    """One row of three fails once; all that is told of it has the same shapes as ever."""
    breaking = WrapperRecipe("tests.faulty_envs:Breaking", {"folder": str(tmp_path)})
    plan = VecEnvPlan(toy_factory(name, (breaking,)), 3, 0, num_workers=1, faults=FaultsConfig())
    heads = (2,) if name == "InfoMasked" else ()
    with build_vec_env(kind, plan) as vec:
        vec.reset()
        has_masks = vec.has_action_masks()
        shapes = None
        for time in range(3):
            if time == 1:
                (tmp_path / "break").touch()
            obs, reward, done, infos = vec.step(np.zeros((3, *heads), np.int64))
            masks = vec.get_action_masks().shape if has_masks else None
            now = (shape_of(obs), reward.shape, masks)
            assert shapes in (None, now)
            shapes = now
            assert ("lost" in infos) == (time == 1)


def shape_of(obs: Any) -> Any:
    return {key: shape_of(part) for key, part in obs.items()} if isinstance(obs, dict) else obs.shape


@pytest.mark.parametrize(
    ("what", "kind_of_fault", "line"),
    [
        ("space", EnvFault, "made anew, it failed 3 times running: .* action_space of row 0 is not that of"),
        ("nan", NumericalFault, "is nan, not a finite number, made anew as well"),
    ],
)
def test_what_is_made_anew_is_judged_each_time(
    tmp_path: Path, what: str, kind_of_fault: type[RlgxError], line: str
) -> None:
    factory = EnvFactory(
        "SecondDiffers", "tests.faulty_envs:SecondDiffers", kwargs={"folder": str(tmp_path), "what": what}
    )
    plan = VecEnvPlan(factory, 1, 0, faults=FaultsConfig(on_nonfinite="reset"))
    with build_vec_env("sync", plan) as vec:
        vec.reset()
        with pytest.raises(kind_of_fault, match=line):
            vec.step(ACTIONS[:1])
