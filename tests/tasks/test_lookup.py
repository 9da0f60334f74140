"""Environment names: found, or the one line says what to type instead."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cfg.errors import ConfigError
from tasks.lookup import find_spec, load_attribute, successor


@pytest.mark.parametrize(
    ("env_id", "line"),
    [
        ("CartPoel-v1", r'env="CartPoel-v1" is no Gymnasium id -- did you mean "CartPole-v1"'),
        ("LunarLander-v2", r'env="LunarLander-v2" is retired -- use env=LunarLander-v3'),
        ("CartPole-v9", r'env="CartPole-v9" does not exist -- use env=CartPole-v1'),
        ("zzz", r'env="zzz" is no Gymnasium id -- gymnasium.pprint_registry\(\)'),
        ("no_such_module:Env-v0", r"needs the package no_such_module, which is not installed -- pip install"),
    ],
)
def test_an_unknown_id_is_answered_with_what_to_type(env_id: str, line: str) -> None:
    with pytest.raises(ConfigError, match=line):
        find_spec(env_id)


@pytest.mark.parametrize(
    ("env_id", "install"),
    [
        ("minigrid:MiniGrid-Empty-5x5-v0", "pip install minigrid"),
        ("highway_env:highway-fast-v0", "pip install highway-env"),
        ("gymnasium_robotics:FetchReach-v4", "pip install gymnasium-robotics .mujoco"),
    ],
)
def test_a_missing_package_is_told_with_its_install_line(
    env_id: str, install: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = env_id.partition(":")[0]
    monkeypatch.setitem(sys.modules, module, None)
    line = f"^{env_id} needs the package {module}, which is not installed -- {install}"
    with pytest.raises(ConfigError, match=line):
        find_spec(env_id)


def test_an_id_without_a_version_means_the_newest() -> None:
    assert find_spec("LunarLander").id == "LunarLander-v3"


def test_a_namespace_brings_its_package_along() -> None:
    assert find_spec("ALE/Pong-v5").id == "ALE/Pong-v5"


def test_the_successor_of_a_retired_id_is_its_newest_version() -> None:
    assert successor("LunarLander-v2") == "LunarLander-v3"
    assert successor("CartPole-v1") is None
    assert successor("NoSuchThing-v1") is None


@pytest.mark.parametrize(
    ("entry_point", "line"),
    [
        (
            "no_such_module.env:Robot",
            "there is no module no_such_module -- run from the folder that holds it",
        ),
        ("tests.toy_envs:Countdwn", 'module tests.toy_envs has no Countdwn -- did you mean "Countdown"'),
        ("tests.toy_envs", "is not of the form module:attribute"),
    ],
)
def test_an_entry_point_that_is_not_there_is_named(entry_point: str, line: str) -> None:
    with pytest.raises(ConfigError, match=line):
        load_attribute(entry_point)


def test_modules_of_the_working_directory_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_robot_of_lookup.py").write_text("class Robot: ...\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path not in ("", ".")])
    assert load_attribute("my_robot_of_lookup:Robot").__name__ == "Robot"


def test_a_package_missing_inside_a_users_module_is_told_apart_from_the_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_needy_robot.py").write_text("import highway_env\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "highway_env", None)
    line = "my_needy_robot:Robot needs the package highway_env, which is not installed -- pip install high"
    with pytest.raises(ConfigError, match=line):
        load_attribute("my_needy_robot:Robot")


@pytest.mark.parametrize(
    ("mistake", "told"),
    [
        ("class Robot\n", r"SyntaxError: expected ':' \(my_{name}.py, line 1\)"),
        ("import math\nreach_m = mth.pi\n", "NameError: name 'mth' is not defined"),
    ],
)
@pytest.mark.parametrize(("find", "word"), [(load_attribute, "Robot"), (find_spec, "Robot-v0")])
def test_a_mistake_in_a_users_module_is_one_line(
    mistake: str,
    told: str,
    find: Callable[[str], object],
    word: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = f"robot_with_a_{told.partition(':')[0].lower()}"
    (tmp_path / f"my_{name}.py").write_text(mistake)
    monkeypatch.syspath_prepend(tmp_path)
    line = f"^my_{name}:{word} cannot be imported: {told.format(name=name)} -- mend it; RLGX_DEBUG=1 shows"
    with pytest.raises(ConfigError, match=line):
        find(f"my_{name}:{word}")


def test_a_folder_that_our_own_package_hides_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tasks").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="hides your folder tasks: rename yours"):
        load_attribute("tasks.my_robot:Robot")
