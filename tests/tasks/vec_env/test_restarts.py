"""Workers that die or hang are started anew; what happens to their rows, worked by hand. Real signals."""

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cfg.errors import EnvFault
from cfg.schema import FaultsConfig
from tasks.factory import EnvFactory
from tasks.make import VecEnvPlan, build_vec_env
from tasks.seeding import env_seed
from tasks.vec_env.channel import ask_all
from tasks.vec_env.signals import KEEPS_ORDER
from tasks.vec_env.sync import SyncVecEnv
from tests.faulty_envs import FaultEnv, faulty, order, processes
from tests.tasks.vec_env.playing import play, same

ACTIONS = np.zeros(4, np.int64)
ACTIONS_OF_SIX = np.zeros(6, np.int64)

Make = Callable[..., Any]


@pytest.fixture(params=["process", pytest.param("ray", marks=pytest.mark.ray)])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Makes four FaultEnvs in two workers, or other numbers of them."""
    if request.param == "ray":
        request.getfixturevalue("ray_session")

    def build(num_envs: int = 4, num_workers: int = 2, length: int = 20, **faults: Any) -> Any:
        factory = faulty(tmp_path, length)
        plan = VecEnvPlan(factory, num_envs, 0, num_workers=num_workers, faults=FaultsConfig(**faults))
        return build_vec_env(request.param, plan)

    return build


def worker_of(vec: Any, index: int) -> int:
    return int(ask_all(vec._channels[index : index + 1], "render")[0])


def first_seen(folder: Path, row: int, incarnation: int) -> list[float]:
    """What row `row` sees first, made anew `incarnation` times, as its seed says."""
    env = FaultEnv(str(folder))
    return env.reset(seed=env_seed(0, "train", row, incarnation))[0].tolist()


def test_rows_of_a_killed_worker_are_cut_off_and_begin_anew_while_the_others_go_on(
    make: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with make() as vec:
        vec.reset()
        before = vec.step(ACTIONS)[0]
        os.kill(worker_of(vec, 1), signal.SIGKILL)
        began = time.monotonic()
        obs, reward, done, infos = vec.step(ACTIONS)
        assert time.monotonic() - began < 20
        assert (
            done.tolist() == infos["time_outs"].tolist() == infos["lost"].tolist() == [False] * 2 + [True] * 2
        )
        assert reward.tolist() == [1.0, 1.0, 0.0, 0.0]
        assert infos["restarts"] == 1
        assert "episode" not in infos
        assert obs[:2, 0].tolist() == [2.0, 2.0]
        assert infos["final_observation"][:2].tolist() == obs[:2].tolist()
        assert infos["final_observation"][2:].tolist() == before[2:].tolist(), "the last that was seen"
        assert obs[2:].tolist() == [first_seen(tmp_path, row, 1) for row in (2, 3)]
        for _ in range(17):
            obs, reward, done, infos = vec.step(ACTIONS)
            assert "lost" not in infos
        obs, reward, done, infos = vec.step(ACTIONS)
        assert infos["episode"]["row"].tolist() == [0, 1]
        assert infos["episode"]["length"].tolist() == [20, 20]
        vec.step(ACTIONS)
        _, _, _, infos = vec.step(ACTIONS)
        assert infos["episode"]["length"].tolist() == [20, 20], "counted from the new beginning"
    (line,) = [record.getMessage() for record in caplog.records if record.name == "rlgx.faults"]
    assert line.startswith("restarted after ")
    assert "FaultEnv: the worker of rows 2 to 3 died (" in line


def test_who_replaces_a_worker_rings_only_where_that_one_is_known_to_have_ended(
    make: Make, request: pytest.FixtureRequest
) -> None:
    with make() as vec:
        vec.reset()
        ring_at_first = [channel.bells is not None for channel in vec._channels]
        os.kill(worker_of(vec, 1), signal.SIGKILL)
        vec.step(ACTIONS)
        ring = [channel.bells is not None for channel in vec._channels]
    is_ray = "ray" in request.node.callspec.id  # it does not wait for the end of whom it kills
    assert ring == [ring_at_first[0], ring_at_first[1] and not is_ray]
    assert is_ray or ring_at_first == 2 * [KEEPS_ORDER and sys.platform == "linux"]


def test_with_ignore_another_worker_takes_the_rows_over_until_none_is_left(
    make: Make, tmp_path: Path
) -> None:
    with make(num_envs=6, num_workers=3, mode="ignore") as vec:
        vec.reset()
        vec.step(ACTIONS_OF_SIX)
        os.kill(worker_of(vec, 1), signal.SIGKILL)
        obs, _, done, infos = vec.step(ACTIONS_OF_SIX)
        assert done.tolist() == infos["lost"].tolist() == [False] * 2 + [True] * 2 + [False] * 2
        assert obs[2:4].tolist() == [first_seen(tmp_path, row, 1) for row in (2, 3)]
        assert worker_of(vec, 1) == worker_of(vec, 0), "one process for both"
        assert vec.step(ACTIONS_OF_SIX)[0][:, 0].tolist() == [3.0, 3.0, 1.0, 1.0, 3.0, 3.0]
        # The process that has two workers' rows dies: the last one has all.
        os.kill(worker_of(vec, 0), signal.SIGKILL)
        _, _, done, infos = vec.step(ACTIONS_OF_SIX)
        assert done.tolist() == [True] * 4 + [False] * 2
        assert infos["restarts"] == 3
        assert len({worker_of(vec, index) for index in range(3)}) == 1
        assert vec.step(ACTIONS_OF_SIX)[0][:, 0].tolist() == [1.0] * 4 + [5.0] * 2
        os.kill(worker_of(vec, 2), signal.SIGKILL)
        with pytest.raises(EnvFault, match="no worker on this machine is left that could take over rows"):
            vec.step(ACTIONS_OF_SIX)


@pytest.mark.parametrize(("fault", "lost"), [("exit", 3), ("hang", 3)])
def test_with_ignore_rows_go_from_a_worker_that_took_them_over_to_the_one_that_is_left(
    tmp_path: Path, fault: str, lost: int
) -> None:
    """Where its own row ends it, the row that it took over has stepped already; where that hangs, both go."""
    factory = EnvFactory("Guarded", "tests.faulty_envs:Guarded", {"folder": str(tmp_path)})
    faults = FaultsConfig(mode="ignore", step_timeout_s=2.0)
    plan = VecEnvPlan(factory, 3, 0, num_workers=3, faults=faults)
    actions = np.zeros(3, np.int64)
    with build_vec_env("process", plan) as vec:
        vec.reset()
        os.kill(worker_of(vec, 1), signal.SIGKILL)
        vec.step(actions)
        (tmp_path / f"{fault}-{worker_of(vec, 1)}").touch()
        told = [vec.step(actions)[3] for _ in range(4)]
        assert max(infos.get("restarts", 0) for infos in told) == lost, "the first, and then both rows of one"
        assert "lost" not in told[-1], "all rows go on"
        assert len({worker_of(vec, index) for index in range(3)}) == 1


def test_all_workers_killed_at_once_are_back_in_one_step(make: Make) -> None:
    with make() as vec:
        vec.reset()
        vec.step(ACTIONS)
        for index in (0, 1):
            os.kill(worker_of(vec, index), signal.SIGKILL)
        _, _, done, infos = vec.step(ACTIONS)
        assert done.all()
        assert infos["restarts"] == 2
        obs, reward, done, _ = vec.step(ACTIONS)
        assert reward.tolist() == [1.0] * 4
        assert obs[:, 0].tolist() == [1.0] * 4


def test_a_worker_that_dies_while_it_resets_is_started_anew(make: Make, tmp_path: Path) -> None:
    with make() as vec:
        order(tmp_path, "reset", "exit")
        obs = vec.reset()
        assert obs[:, 0].tolist() == [0.0] * 4
        _, _, done, infos = vec.step(ACTIONS)
        assert not done.any()
        assert (infos["restarts"], infos["lost"].any()) == (1, False)


def test_over_budget_the_fault_is_told_with_what_died(make: Make) -> None:
    with make(budget=1) as vec:
        vec.reset()
        os.kill(worker_of(vec, 1), signal.SIGKILL)
        vec.step(ACTIONS)
        os.kill(worker_of(vec, 1), signal.SIGKILL)
        line = r"^FaultEnv: the worker of rows 2 to 3 died \(.*\); faults.budget=1 is used up -- "
        with pytest.raises(EnvFault, match=line):
            vec.step(ACTIONS)


def test_where_nothing_fails_restarting_changes_no_result(make: Make, tmp_path: Path) -> None:
    actions = np.zeros((50, 4), np.int64)
    expected = play(SyncVecEnv(faulty(tmp_path), 4, seed=0), actions)
    assert same(expected, play(make(4, 3), actions))


class TestInProcesses:
    """What is the same whoever hosts the workers, with those that start fastest."""

    @pytest.fixture
    def vec(self, tmp_path: Path) -> Any:
        faults = FaultsConfig(step_timeout_s=1.0, reset_timeout_s=4)
        plan = VecEnvPlan(faulty(tmp_path), 2, 0, num_workers=2, faults=faults)
        with build_vec_env("process", plan) as vec:
            vec.reset()
            vec.step(ACTIONS[:2])
            yield vec

    @pytest.mark.parametrize(
        ("fault", "why"),
        [
            ("exit", "died (exit code 3)"),
            ("segfault", "died (signal SIGSEGV)"),
            ("sysexit", "step failed: SystemExit: 0"),  # which its process survives
        ],
    )
    def test_an_environment_that_ends_its_process_is_told_how(
        self, vec: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture, fault: str, why: str
    ) -> None:
        order(tmp_path, "step", fault)
        _, _, done, infos = vec.step(ACTIONS[:2])
        assert infos["lost"].sum() == 1
        assert done.sum() == 1
        assert why in caplog.text

    @pytest.mark.parametrize("fault", ["hang", "freeze"])
    def test_one_that_hangs_is_back_after_its_time(self, vec: Any, tmp_path: Path, fault: str) -> None:
        order(tmp_path, "step", fault)
        began = time.monotonic()
        _, _, _, infos = vec.step(ACTIONS[:2])
        assert 1.0 <= time.monotonic() - began < 30.0
        assert infos["lost"].sum() == 1

    def test_a_stopped_worker_is_back_after_its_time(self, vec: Any, tmp_path: Path) -> None:
        number = worker_of(vec, 0)
        os.kill(number, signal.SIGSTOP)
        _, _, _, infos = vec.step(ACTIONS[:2])
        assert infos["lost"].tolist() == [True, False]
        with pytest.raises(ProcessLookupError):
            os.kill(number, 0)

    def test_two_that_hang_take_the_time_of_one(self, tmp_path: Path) -> None:
        faults = FaultsConfig(step_timeout_s=6.0)
        plan = VecEnvPlan(faulty(tmp_path), 2, 0, num_workers=2, faults=faults)
        with build_vec_env("process", plan) as vec:
            vec.reset()
            for index in (0, 1):
                os.kill(worker_of(vec, index), signal.SIGSTOP)
            began = time.monotonic()
            _, _, _, infos = vec.step(ACTIONS[:2])
            assert time.monotonic() - began < 12.0, "one after the other they take 12 s before any restart"
        assert infos["lost"].all()

    def test_a_late_answer_is_not_taken_for_the_next_one(self, vec: Any) -> None:
        number = worker_of(vec, 0)
        os.kill(number, signal.SIGSTOP)
        first, second = vec.get_env_state()["rows"]
        assert first is None and second is not None
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGCONT)
        _, _, _, infos = vec.step(ACTIONS[:2])
        assert infos["lost"].tolist() == [True, False]

    def test_rows_that_were_made_anew_in_a_reset_never_play_a_stream_twice(
        self, vec: Any, tmp_path: Path
    ) -> None:
        order(tmp_path, "reset", "raise")
        vec.reset()
        order(tmp_path, "reset", "raise")
        vec.reset()
        before = vec._incarnations.tolist()
        assert sum(before) == 2
        os.kill(worker_of(vec, 0), signal.SIGKILL)
        vec.step(ACTIONS[:2])
        assert vec._incarnations.tolist() == [before[0] + 1, before[1]]

    def test_a_worker_lost_while_it_takes_a_state_begins_its_rows_anew(self, vec: Any) -> None:
        state = vec.get_env_state()
        os.kill(worker_of(vec, 1), signal.SIGKILL)
        vec.set_env_state(state)
        _, reward, done, infos = vec.step(ACTIONS[:2])
        assert reward.tolist() == [1.0, 1.0]
        assert infos["restarts"] == 1

    def test_a_signal_without_a_name_is_told_by_its_number(
        self, vec: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        os.kill(worker_of(vec, 0), signal.SIGRTMIN + 6)
        vec.step(ACTIONS[:2])
        assert f"died (signal {signal.SIGRTMIN + 6})" in caplog.text

    def test_a_hanging_reset_has_the_time_of_a_reset(self, vec: Any, tmp_path: Path) -> None:
        order(tmp_path, "reset", "hang")
        began = time.monotonic()
        obs = vec.reset()
        assert 4.0 <= time.monotonic() - began < 30.0
        assert obs[:, 0].tolist() == [0.0, 0.0]

    def test_an_environment_that_cannot_be_made_again_ends_it_with_its_own_error(
        self, vec: Any, tmp_path: Path
    ) -> None:
        order(tmp_path, "make", "raise", always=True)
        os.kill(worker_of(vec, 0), signal.SIGKILL)
        with pytest.raises(EnvFault, match="FaultEnv cannot be made with .*: the robot fell off"):
            vec.step(ACTIONS[:2])
        assert len(processes(tmp_path)) == 5, "two at first, and three attempts"

    def test_closing_ends_what_hangs(self, vec: Any) -> None:
        number = worker_of(vec, 1)
        os.kill(number, signal.SIGSTOP)
        vec.close()
        with pytest.raises(ProcessLookupError):
            os.kill(number, 0)


def test_a_worker_that_dies_while_it_makes_its_environments_is_started_again(tmp_path: Path) -> None:
    order(tmp_path, "make", "segfault")
    plan = VecEnvPlan(faulty(tmp_path), 2, 0, num_workers=1, faults=FaultsConfig())
    with build_vec_env("process", plan) as vec:
        assert vec.reset()[:, 0].tolist() == [0.0, 0.0]


def test_one_that_always_dies_there_ends_it(tmp_path: Path) -> None:
    order(tmp_path, "make", "exit", always=True)
    plan = VecEnvPlan(faulty(tmp_path), 2, 0, num_workers=1, faults=FaultsConfig())
    with pytest.raises(EnvFault, match=r"the worker of rows 0 to 1 died \(exit code 3\)"):
        build_vec_env("process", plan)
