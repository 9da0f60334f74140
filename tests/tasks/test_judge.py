"""Arguments of environments and wrappers are judged before anything is made."""

from dataclasses import replace
from typing import Any

import pytest

from cfg.errors import ConfigError
from tasks.factory import EnvFactory, WrapperRecipe
from tasks.judge import judge, opens_window
from tasks.lookup import find_spec
from tests.toy_envs import toy_factory


def gym_factory(env_id: str, **kwargs: Any) -> EnvFactory:
    return EnvFactory(name=env_id, source=find_spec(env_id), kwargs=kwargs)


def test_a_known_argument_passes() -> None:
    judge(gym_factory("LunarLander-v3", continuous=True))
    judge(toy_factory("Countdown", length=4))


def test_a_misspelt_argument_is_named_with_the_right_one() -> None:
    line = r'env_kwargs.continous=True: LunarLander-v3 has no such argument -- did you mean "continuous"'
    with pytest.raises(ConfigError, match=line):
        judge(gym_factory("LunarLander-v3", continous=True))


def test_arguments_behind_open_keywords_are_judged_by_the_base_class() -> None:
    class Base:
        def __init__(self, frame_skip: int) -> None: ...

    class Derived(Base):
        def __init__(self, height: float = 1.0, **kwargs: Any) -> None: ...

    from tasks.judge import _judge_kwargs

    _judge_kwargs("Derived", "env_kwargs", Derived, {"height": 2.0, "frame_skip": 3})
    with pytest.raises(ConfigError, match='did you mean "frame_skip"'):
        _judge_kwargs("Derived", "env_kwargs", Derived, {"frameskip": 3})


def test_frames_are_asked_only_of_what_can_draw_them() -> None:
    judge(replace(gym_factory("CartPole-v1"), render_mode="rgb_array"))
    judge(replace(toy_factory("Countdown"), render_mode="rgb_array"))
    line = r"OldGym has no render mode rgb_array \(it has: none\) -- leave capture_video out"
    with pytest.raises(ConfigError, match=line):
        judge(replace(toy_factory("OldGym"), render_mode="rgb_array"))
    texts = replace(gym_factory("CartPole-v1"), render_mode="ansi")
    with pytest.raises(
        ConfigError, match=r"CartPole-v1 has no render mode ansi \(it has: human, rgb_array\)"
    ):
        judge(texts)


def test_a_window_is_expected_of_what_takes_the_mode_human() -> None:
    assert opens_window(gym_factory("CartPole-v1"))
    assert not opens_window(toy_factory("Countdown"))  # draws frames, and nobody shows them
    assert not opens_window(toy_factory("OldGym"))  # takes no render_mode at all


def test_an_argument_that_is_missing_is_asked_for() -> None:
    with pytest.raises(ConfigError, match="Wrong needs env_kwargs.fault -- give it a value"):
        judge(toy_factory("Wrong"))


@pytest.mark.parametrize(
    ("wrapper", "line"),
    [
        (
            WrapperRecipe("gymnasium.wrappers:FrameStackObservation", {"stack": 4}),
            'did you mean "stack_size"',
        ),
        (WrapperRecipe("gymnasium.wrappers:FrameStackObservation"), "needs kwargs.stack_size"),
        (WrapperRecipe("gymnasium.wrappers:FrameStak"), "has no FrameStak"),
        (WrapperRecipe("tests.toy_envs:FAULTS"), "is a dict -- name a gymnasium.Wrapper class"),
        (WrapperRecipe("tests.toy_envs:Countdown"), "is a class, and no gymnasium.Wrapper -- derive it from"),
    ],
)
def test_wrappers_are_judged_likewise(wrapper: WrapperRecipe, line: str) -> None:
    with pytest.raises(ConfigError, match=line):
        judge(toy_factory("Countdown", wrappers=(wrapper,)))


def test_a_text_is_no_answer_to_yes_or_no() -> None:
    lake = gym_factory("FrozenLake-v1", is_slippery="no")
    with pytest.raises(
        ConfigError, match=r"env_kwargs.is_slippery=no: FrozenLake-v1 takes yes or no there -- give"
    ):
        judge(lake)
    judge(replace(lake, kwargs={"is_slippery": False}))


def test_an_object_is_no_environments_class() -> None:
    with pytest.raises(
        ConfigError, match='entry_point="tests.toy_envs:FAULTS" is a dict -- name a gymnasium.Env'
    ):
        judge(EnvFactory("tests.toy_envs:FAULTS", "tests.toy_envs:FAULTS"))


def test_compiled_code_that_tells_no_arguments_is_let_through() -> None:
    judge(EnvFactory("ale_py:ALEInterface", "ale_py:ALEInterface", {"anything": 1}))
