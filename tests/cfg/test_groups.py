"""A YAML file that cannot be read is named with its line; Hydra's own state is left as it was."""

import shutil
from pathlib import Path

import pytest
from hydra.core.global_hydra import GlobalHydra

from cfg import folders, listing
from cfg.compose import load_task
from cfg.errors import ConfigError


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the YAML files that a test may damage."""
    root = tmp_path / "cfg"
    shutil.copytree(folders.ROOT, root, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    monkeypatch.setattr(folders, "ROOT", root)
    return root


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("env: [1, 2", "Mine.yaml line "),
        ("env: A\nnum_envs: 1\nenv: B", "Mine.yaml line 3: found duplicate key env"),
        ("defaults: [Missing, _self_]\nnum_envs: 1", "Missing"),
        ("", "unknown key|is missing"),
        ("- 1\n- 2", "task/Mine.yaml holds no keys"),
        ("env: ${oc.env:HOME}\nnum_envs: 1", "task.env=.* asks for a resolver"),
        ("env: {_target_: os.system}\nnum_envs: 1", "task.env._target_ is refused"),
        ("nmu_envs: 1", 'unknown key task.nmu_envs -- did you mean "num_envs"'),
    ],
)
def test_a_broken_yaml_is_told_in_one_line(tree, text, says):
    (tree / "task" / "Mine.yaml").write_text(text)
    with pytest.raises(ConfigError, match=says) as caught:
        load_task("Mine")
    assert "\n" not in str(caught.value)


def test_a_new_file_is_a_new_choice(tree):
    (tree / "task" / "Mine.yaml").write_text("# mine\nenv: CartPole-v1\nnum_envs: 3\n")
    assert load_task("Mine").num_envs == 3
    assert ("Mine", "mine") in listing.available("tasks")


def test_a_file_of_the_other_ending_is_told_how_to_be_called(tree):
    (tree / "task" / "Mine.yml").write_text("env: CartPole-v1\nnum_envs: 3\n")
    with pytest.raises(
        ConfigError, match="task=Mine is not known: .*Mine.yml is not read -- call it Mine.yaml"
    ):
        load_task("Mine")


def test_hydra_is_left_as_it_was():
    load_task("CartPole")
    assert not GlobalHydra.instance().is_initialized()
