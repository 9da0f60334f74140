"""Episodes of simulators: same-step autoreset, time limits, statistics, seeds, and what is refused."""

import numpy as np
import pytest
import torch

from cfg.errors import ConfigError, NumericalFault, RlgxError
from tasks import make_vec_env
from tasks.simulators.rehearsal import LOOK_EVERY, any_action
from tasks.vec_env.contract import check_vec_env
from tests import toy_simulators
from tests.synchronising import Waits
from tests.toy_simulators import Counter, toy_simulator

GO = torch.ones(4, dtype=torch.int64)


@pytest.mark.parametrize("name", ["Counter", "Swapping", "Goals", "NeverSays"])
def test_a_right_simulator_keeps_the_contract(name: str) -> None:
    assert check_vec_env(toy_simulator(name), num_steps=30) == []


def test_a_row_that_is_done_begins_anew_in_the_same_step_and_shows_how_it_ended() -> None:
    vec = toy_simulator(num_envs=64, limit=5)
    offsets = vec.reset()[:, 1]
    ends_itself = offsets > 0.25
    actions = torch.ones(64, dtype=torch.int64)
    for _ in range(2):
        *_, done, infos = vec.step(actions)
        assert not done.any() and not infos["episode"]["ended"].any()
    obs, _, done, infos = vec.step(actions)
    assert torch.equal(done, ends_itself) and not infos["time_outs"].any()
    assert torch.equal(obs[done, 0], torch.zeros(int(done.sum()))) and (obs[~done, 0] == 3).all()
    assert (infos["final_observation"][:, 0] == 3).all()
    assert torch.equal(infos["final_observation"][:, 1], offsets)
    assert torch.equal(infos["episode"]["ended"], done)
    vec.step(actions)
    *_, done, infos = vec.step(actions)  # the fifth step of those that did not end at the third
    assert torch.equal(done, ~ends_itself) and torch.equal(infos["time_outs"], done)
    assert (infos["episode"]["length"][done] == 5).all() and (infos["episode"]["return"][done] == 5.0).all()
    assert (infos["episode"]["success"][done] == 1.0).all()


def test_an_end_at_the_limit_is_no_time_out() -> None:
    vec = toy_simulator("Goals", limit=3)
    vec.reset()
    for _ in range(3):
        *_, done, infos = vec.step(torch.ones(4, 2, dtype=torch.int64))
    assert done.all() and not infos["time_outs"].any()


def test_success_is_not_a_number_where_nobody_says() -> None:
    vec = toy_simulator("NeverSays")
    vec.reset()
    *_, infos = vec.step(GO)
    assert infos["episode"]["success"].isnan().all()


@pytest.mark.parametrize("task", ["SimCartPole", "SimPendulum"])
def test_no_step_waits_for_the_device_but_the_one_that_looks_for_what_is_not_finite(task: str) -> None:
    ranges = {"SimCartPole": {"half_length_m": [0.4, 0.6]}, "SimPendulum": {"mass_kg": [0.8, 1.2]}}[task]
    with make_vec_env(task, num_envs=32, env_kwargs={"randomise": ranges}) as vec:
        vec.reset()
        actions = any_action(vec.get_env_info()["action_space"], 32, torch.device("cpu"))
        ended = 0
        with Waits() as waits:
            for _ in range(LOOK_EVERY - 1):
                vec.step(actions)
        assert waits.seen == []
        with waits:
            vec.step(actions)
        assert set(waits.seen) == {"_local_scalar_dense"}
        for _ in range(200):
            ended += int(vec.step(actions)[2].sum())
        assert ended, "what is claimed was tried where episodes end"


def test_a_reset_by_hand_forgets_what_was_counted() -> None:
    vec = toy_simulator(limit=2)
    vec.reset()
    vec.step(GO)
    vec.reset()
    *_, infos = vec.step(GO)
    assert infos["episode"]["length"].tolist() == [1] * 4


def test_the_same_seed_gives_the_same_episodes_and_roles_differ() -> None:
    def history(seed: int) -> torch.Tensor:
        vec = toy_simulator(seed=seed, limit=3, randomise={"stride": [0.5, 1.5]})
        return torch.stack([vec.reset(), *(vec.step(GO)[0] for _ in range(10))])

    assert torch.equal(history(7), history(7))
    assert not torch.equal(history(7), history(8))


def test_what_the_agent_keeps_is_never_overwritten() -> None:
    vec = toy_simulator(limit=2)
    kept, copies = [], []
    vec.reset()
    for _ in range(6):
        obs, reward, done, infos = vec.step(GO)
        tensors = [
            obs,
            reward,
            done,
            infos["time_outs"],
            infos["final_observation"],
            *infos["episode"].values(),
        ]
        kept += tensors
        copies += [tensor.clone() for tensor in tensors]
    assert all(torch.equal(one, other) or one.isnan().all() for one, other in zip(kept, copies, strict=True))


def test_actions_beyond_the_bounds_are_clipped() -> None:
    class Pushed(Counter):
        action_space = toy_simulators.spaces.Box(-1.0, 1.0, (1,), np.float32)
        rewards = {"pay": lambda before, action, after: action[:, 0].clone()}

    toy_simulators.Pushed = Pushed
    vec = toy_simulator("Pushed")
    vec.reset()
    _, reward, *_ = vec.step(torch.full((4, 1), 5.0))
    assert reward.tolist() == [1.0] * 4


def test_arrays_are_refused() -> None:
    vec = toy_simulator()
    vec.reset()
    with pytest.raises(
        ConfigError, match="Counter takes actions as a torch tensor on cpu, not ndarray -- write"
    ):
        vec.step(np.ones(4, np.int64))


class Wrong(Counter):
    """A right simulator with one function replaced: `fault` is a pair of its name and the function."""

    fault: tuple = ()

    def __getattribute__(self, name):
        fault = object.__getattribute__(self, "fault")
        return (
            (lambda *args: fault[1](self, *args))
            if fault and fault[0] == name
            else super().__getattribute__(name)
        )


@pytest.mark.parametrize(
    ("name", "function", "line"),
    [
        ("start", lambda sim: {"time": torch.zeros(3)}, 'Wrong: start()["time"] is float32 (3,), not float3'),
        ("start", lambda sim: 1 / 0, "Wrong: start failed: ZeroDivisionError: division by zero"),
        ("derive", lambda sim, world: {"pace": world.mass}, "Wrong: derive failed: AttributeError: 'types.S"),
        ("derive", lambda sim, world: {"pace": 1.0}, 'Wrong: derive()["pace"] is a float, not a tensor'),
        ("derive", lambda sim, world: {"pace": torch.ones(3)}, 'derive()["pace"] is float32 (3,), not floa'),
        ("derive", lambda sim, world: {"stride": torch.ones(4)}, 'derive()["stride"] has the name of a par'),
        ("advance", lambda sim, state, action: {"time": GO}, "advance() gives ['time'] where start() gives "),
        ("advance", lambda sim, state, action: {**state, "time": GO}, 'advance()["time"] is int64 (4,), not'),
        ("advance", lambda sim, state, action: state["x"], "Wrong: advance failed: KeyError: 'x'"),
        ("observe", lambda sim, state: state["time"], "observe() is float32 (4,), not float32 (4, 2)"),
        ("observe", lambda sim, state: np.zeros((4, 2)), "observe() is a ndarray, not a tensor"),
        ("observe", lambda sim, state: torch.zeros(4, 2).double(), "observe() is float64 (4, 2), not float3"),
        ("observe", lambda sim, state: torch.zeros(4, 2, device="meta"), "observe() is on meta, not on cpu "),
        ("observe", lambda sim, state: state["time"][:, None].expand(4, 2), 'observe() is part of state["ti'),
        ("terminated", lambda sim, state: state["time"], "terminated() is float32 (4,), not bool (4,)"),
        ("terminated", lambda sim, state: torch.ones(4, 1) > 0, "terminated() is bool (4, 1), not bool (4,)"),
        ("succeeded", lambda sim, state: True, "succeeded() is a bool, not a tensor"),
        ("reward_terms", lambda sim, *rest: {"pay": GO}, "reward term pay is int64 (4,), not float32 (4,)"),
        ("reward_terms", lambda sim, state, *_: {"pay": state["time"]}, 'reward term pay is part of state["'),
    ],
)  # fmt: skip
def test_what_a_function_gives_wrong_is_told_when_it_is_made(name, function, line, monkeypatch) -> None:
    monkeypatch.setattr(toy_simulators, "Wrong", Wrong, raising=False)
    monkeypatch.setattr(Wrong, "fault", (name, function))
    with pytest.raises(RlgxError) as caught:
        toy_simulator("Wrong")
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_row_that_is_not_finite_is_named_though_no_step_looks_at_it() -> None:
    vec = toy_simulator("Diverging", limit=5)
    vec.reset()
    for _ in range(LOOK_EVERY - 1):
        vec.step(GO)  # the limit has reset the row by now
    line = f"Diverging, row 2: the observation is not finite, .* of the {LOOK_EVERY} steps up to step 16 --"
    with pytest.raises(NumericalFault, match=line):
        vec.step(GO)


def test_the_check_tells_what_is_not_finite_in_the_step_itself() -> None:
    complaints = check_vec_env(toy_simulator("Diverging"), num_steps=4)
    assert 'infos["final_observation"] is not finite in row 2' in complaints


@pytest.mark.parametrize("name", ["Counter", "Swapping"])
def test_a_simulator_goes_on_from_its_state_to_the_bit(name: str) -> None:
    vec, other = toy_simulator(name, limit=7), toy_simulator(name, limit=7, seed=5)
    actions = torch.zeros(vec.num_envs, dtype=torch.int64)
    vec.reset()
    for _ in range(10):
        vec.step(actions)
    state = vec.get_env_state()
    expected = [str(vec.step(actions)) for _ in range(200)]
    obs, is_new = other.set_env_state(state)
    assert str(obs) == str(state["obs"]) and not is_new.any()
    assert [str(other.step(actions)) for _ in range(200)] == expected


@pytest.mark.parametrize("name", ["Counter", "Hurrying"])
def test_a_simulators_drawn_parameters_go_on_with_it(name: str) -> None:
    drawn = {"randomise": {"stride": [0.5, 1.5]}}
    vec, other = toy_simulator(name, **drawn), toy_simulator(name, **drawn, seed=5)
    vec.reset()
    state = vec.get_env_state()
    expected = [str(vec.step(GO)) for _ in range(20)]
    other.set_env_state(state)
    assert [str(other.step(GO)) for _ in range(20)] == expected


def test_a_state_of_other_rows_has_all_of_them_begin_anew() -> None:
    vec, other = toy_simulator(num_envs=4), toy_simulator(num_envs=8)
    vec.reset()
    obs, is_new = other.set_env_state(vec.get_env_state())
    assert obs.shape == (8, 2) and is_new.all()
    assert other.notes == ("8 of 8 rows begin new episodes: there is no state of them",)
