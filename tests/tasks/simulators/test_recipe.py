"""What a task's YAML says of a simulator is judged before anything starts, in one line each."""

from typing import Any

import pytest

from cfg.errors import ConfigError
from cfg.schema import TaskConfig
from tasks import make_vec_env

HERE = "tests.toy_simulators"


def made(simulator: str = f"{HERE}:Counter", vec_env: str | None = None, **more: Any) -> None:
    task = TaskConfig(name="Toy", simulator=simulator, num_envs=2, **more)
    make_vec_env(task, vec_env=vec_env).close()


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ({"simulator": f"{HERE}:Countr"}, 'module tests.toy_simulators has no Countr -- did you mean "Count'),
        ({"simulator": f"{HERE}:toy_simulator"}, 'simulator "tests.toy_simulators:toy_simulator" is no Simu'),
        ({"simulator": "tests.toy_envs:Countdown"}, 'simulator "tests.toy_envs:Countdown" is no Simulator -'),
        ({"simulator": f"{HERE}:Unpaid"}, 'simulator "tests.toy_simulators:Unpaid" has no rewards -- docs/s'),
        ({"simulator": "tasks.simulators.base:Simulator"}, "has no action_space -- docs/simulators.md shows"),
        ({"env_kwargs": {"gravity": 1.0}}, "env_kwargs.gravity=1.0: Counter has no such argument -- "),
        ({"env_kwargs": {"rewards": {"pai": 1.0}}}, 'env_kwargs.rewards.pai: Counter has no such name -- di'),
        ({"env_kwargs": {"rewards": {"pay": "much"}}}, "env_kwargs.rewards.pay=much is no number -- give a "),
        ({"env_kwargs": {"rewards": 3}}, "env_kwargs.rewards=3 is no section -- write rewards: {name: value"),
        ({"env_kwargs": {"parameters": {"stride": float("nan")}}}, "env_kwargs.parameters.stride=nan is no "),
        ({"env_kwargs": {"randomise": {"strid": [0, 1]}}}, "env_kwargs.randomise.strid: Counter has no such"),
        ({"env_kwargs": {"randomise": {"stride": 1}}}, "env_kwargs.randomise.stride=1 is no range -- write "),
        ({"env_kwargs": {"randomise": {"stride": [2, 1]}}}, "randomise.stride=[2, 1] is no range -- write ["),
        ({"vec_env": "sync"}, "is a simulator, which steps all rows itself -- leave vec_env out"),
        ({"wrappers": [{"entry_point": "tasks.wrappers:HideVelocity", "kwargs": {"keep": [0]}}]}, "wraps si"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_one_line(asked: dict[str, Any], line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        made(**asked)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_gymnasium_task_is_no_simulator() -> None:
    with pytest.raises(
        ConfigError, match="vec_env=simulator: CartPole-v1 is no simulator -- leave vec_env out"
    ):
        make_vec_env("CartPole", vec_env="simulator")


def test_a_section_of_the_call_leaves_the_tasks_other_entries_as_they_are() -> None:
    with make_vec_env("SimPendulum", num_envs=1, env_kwargs={"rewards": {"spin": 9.0}}) as vec:
        assert vec._simulator.weights == {"lean": 1.0, "spin": 9.0, "effort": 0.001}
