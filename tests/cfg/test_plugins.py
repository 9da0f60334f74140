"""Entry points of installed packages: what is found, what is left out and why, what is an error."""

import itertools
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cfg.compose import load_task
from cfg.errors import ConfigError
from cfg.listing import available, group_names, left_out
from cfg.plugins import GROUPS, plugins
from cfg.spec import find
from tests.cfg.composing import composed, refused
from train import main

Install = Callable[..., None]
NUMBERS = itertools.count()

TASK = "description: mine\nenv: CartPole-v1\nnum_envs: 3\n"
SPEC = """from cfg.spec import Algorithm
SPEC = Algorithm(name="{name}", description="d", agent="m:A", policy="m:p")
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a distribution on the search path: its entry points, and its files as path -> text."""

    def put(name: str, points: dict[str, str], files: dict[str, str]) -> None:
        place = tmp_path / f"site{next(NUMBERS)}"
        about = place / f"{name}-1.0.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        lines = [f"[rlgx.{group}]\n{point}" for group, point in points.items()]
        (about / "entry_points.txt").write_text("\n".join(lines))
        for path, text in files.items():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_text(text)
        monkeypatch.syspath_prepend(str(place))

    yield put
    for module in [name for name in sys.modules if name.startswith("outside_")]:
        del sys.modules[module]


def test_without_plugins_there_are_none():
    assert not any(plugins(group) for group in GROUPS)
    assert left_out() == []


def test_a_package_of_yamls_offers_choices_that_stand_on_our_bases(install):
    train = "defaults: [base/ppo@_here_, _self_]\nparams: {config: {gamma: 0.5}}\n"
    files = {"outside_a/task/Mine.yaml": TASK, "outside_a/train/MinePPO.yaml": train}
    install("mine", {"configs": "mine = outside_a"}, files)
    config = composed("task=Mine")
    assert (config.num_envs, config.train.name, config.settings.gamma) == (3, "MinePPO", 0.5)
    assert ("Mine", "mine (from mine 1.0)") in available("tasks")
    assert load_task("Mine").num_envs == 3


def test_a_package_of_yamls_is_found_without_being_imported(install):
    install("mine", {"configs": "mine = outside_b"}, {"outside_b/task/Mine.yaml": TASK})
    assert "Mine" in group_names("task")
    assert "outside_b" not in sys.modules


@pytest.mark.parametrize(
    ("group", "path"), [("task", "task/CartPole"), ("train", "train/base/ppo"), ("network", "network/mlp")]
)
def test_a_yaml_that_rlgx_has_too_is_an_error(install, group, path):
    install("thief", {"configs": "thief = outside_c"}, {f"outside_c/{path}.yaml": TASK})
    with pytest.raises(ConfigError, match="there twice: from rlgx itself and from thief 1.0 -- uninstall"):
        group_names(group)


def test_two_packages_with_one_task_are_an_error_that_names_both(install):
    install("one", {"configs": "one = outside_d"}, {"outside_d/task/Mine.yaml": TASK})
    install("two", {"configs": "two = outside_e"}, {"outside_e/task/Mine.yaml": TASK})
    line = refused("task=Mine")
    assert "task=Mine is there twice" in line and "one 1.0" in line and "two 1.0" in line


def test_two_packages_with_one_observer_are_an_error_that_names_both(install):
    install("one", {"observers": "seen = outside_f:O"}, {})
    install("two", {"observers": "seen = outside_g:O"}, {})
    line = refused("observers=[seen]")
    assert "rlgx.observers seen is there twice" in line and "one 1.0" in line and "two 1.0" in line


def test_a_vec_env_cannot_take_the_name_of_ours(install):
    install("thief", {"vec_envs": "sync = outside_h:make"}, {})
    assert "rlgx.vec_envs sync is there twice: from rlgx itself and from thief 1.0" in refused("vec_env=ray")


def test_an_algorithm_joins_the_table_by_its_own_name(install):
    install("mine", {"algorithms": "x = outside_i:SPEC"}, {"outside_i.py": SPEC.format(name="mine_algo")})
    assert find("mine_algo").agent == "m:A"
    assert ("mine_algo", "d (from mine 1.0)") in available("algos")


def test_an_algorithm_cannot_take_the_name_of_ours(install):
    install("thief", {"algorithms": "x = outside_j:SPEC"}, {"outside_j.py": SPEC.format(name="ppo")})
    with pytest.raises(
        ConfigError, match="the algorithm ppo is there twice: from rlgx itself and from thief"
    ):
        find("ppo")


@pytest.mark.parametrize(
    ("points", "files", "cause"),
    [
        (
            {"configs": "x = outside_k.cfg"},
            {"outside_k/__init__.py": "import gone"},
            "No module named 'gone'",
        ),
        ({"configs": "x = outside_l"}, {}, "outside_l is no package with YAML files"),
        ({"algorithms": "x = outside_m:SPEC"}, {"outside_m.py": "1 / 0"}, "ZeroDivisionError"),
        ({"algorithms": "x = outside_n:SPEC"}, {"outside_n.py": ""}, "has no attribute 'SPEC'"),
        ({"algorithms": "x = outside_o:SPEC"}, {"outside_o.py": "SPEC = 3"}, "is a int, not a cfg.spec.Algo"),
    ],
)
def test_a_plugin_that_cannot_be_imported_is_told_and_leaves_the_rest_working(install, points, files, cause):
    install("broken", points, files)
    install("good", {"configs": "good = outside_p"}, {"outside_p/task/Mine.yaml": TASK})
    (line,) = left_out()
    assert cause in line and "of broken 1.0" in line and line.endswith("-- mend or uninstall broken")
    assert "\n" not in line
    assert composed("task=Mine").num_envs == 3
    assert find("ppo").name == "ppo"


def test_the_command_line_tells_of_a_broken_plugin_and_goes_on(install, capsys):
    install("broken", {"algorithms": "x = outside_u:SPEC"}, {"outside_u.py": "1 / 0"})
    assert main(["--list", "algos"]) == 0
    shown = capsys.readouterr()
    assert shown.err.startswith(
        "note: plug-in x (outside_u:SPEC of broken 1.0) cannot be used: ZeroDivisionError"
    )
    assert shown.err.count("\n") == 1 and "ppo" in shown.out


def test_the_command_line_ends_with_a_name_taken_twice(install, capsys):
    install("thief", {"algorithms": "x = outside_v:SPEC"}, {"outside_v.py": SPEC.format(name="ppo")})
    assert main(["task=CartPole"]) == 2
    shown = capsys.readouterr().err
    assert "the algorithm ppo is there twice" in shown and shown.count("\n") == 1


def test_what_a_spec_names_and_cannot_be_imported_is_one_line(install):
    spec = SPEC.format(name="mine").replace('policy="m:p"', 'policy="m:p", settings="outside_gone:S"')
    install("mine", {"algorithms": "x = outside_q:SPEC"}, {"outside_q.py": spec})
    line = refused("train.params.algo.name=mine")
    assert "outside_gone:S cannot be imported: ModuleNotFoundError" in line


def test_a_network_of_a_plugin_is_judged_by_its_builder_alone(install):
    points = {"networks": "mine_net = outside_r:Net", "configs": "mine = outside_t"}
    install("mine", points, {"outside_t/network/mine.yaml": "name: mine_net\nanything: [1, 2]\n"})
    network = composed("network=mine").train.params.network
    assert network == {"name": "mine_net", "anything": [1, 2]}
    assert 'did you mean "mine_net"' in refused("train.params.network={name: mine_nett, mlp: {}}")


def test_a_plugins_vec_env_and_observer_are_legal_values(install):
    install("mine", {"vec_envs": "fleet = outside_s:make", "observers": "seen = outside_s:O"}, {})
    config = composed("vec_env=fleet", "observers=[seen, my_module:Observer]")
    assert (config.vec_env, config.observers) == ("fleet", ["seen", "my_module:Observer"])
    assert 'did you mean "fleet"' in refused("vec_env=fleed")
    assert 'did you mean "seen"' in refused("observers=[sean]")


def test_an_observer_that_nobody_brings_is_told_how_to_be_named():
    assert refused("observers=[gait]").endswith("no plug-in brings one; or write module:attribute")


def test_imports_name_modules_not_files():
    assert composed("imports=[my_package.my_module]").imports == ["my_package.my_module"]
    assert "name a module as Python imports it" in refused("imports=[./my_module.py]")
