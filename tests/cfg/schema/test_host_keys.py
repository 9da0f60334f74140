"""The schema knows every key that the installed rl_games reads; the keys are read off its sources."""

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from algos.ppo.settings import CentralValue, PPOSettings
from algos.sac.settings import SACSettings
from cfg.errors import ConfigError
from cfg.schema import Params
from cfg.schema.fields import Frozen
from cfg.schema.host_keys import HOST_KEYS, without_host_keys
from cfg.schema.network import Cnn, Continuous, Conv, Mlp, Network, Rnn
from cfg.schema.settings import RewardShaper

HOST = Path(importlib.util.find_spec("rl_games").submodule_search_locations[0])
AGENTS = [
    "common/a2c_common.py",
    "algos_torch/a2c_continuous.py",
    "algos_torch/a2c_discrete.py",
    "algos_torch/sac_agent.py",
    "algos_torch/players.py",
    "common/player.py",
    "torch_runner.py",
]
CONFIG = (
    "config",
    "self.config",
    "params['config']",
    "params.get('config', {})",
    "self.params.get('config', {})",
)
PARAMS = ("params", "self.params", "self.default_config")
WHOLE_FILE = {"params"}  # Runner.load calls the whole file config
NETWORK_OF_OTHERS = {"encoding", "network", "value_shape"}  # tcnn


def reads(file: str, names: tuple[str, ...]) -> Iterator[str]:
    """Keys read of the dicts called `names`: d.get("k"), d["k"] and "k" in d."""
    for node in ast.walk(ast.parse((HOST / file).read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(value=of, attr="get"), args=[ast.Constant(value=str(key)), *_]):
                pass
            case ast.Subscript(value=of, slice=ast.Constant(value=str(key))):
                pass
            case ast.Compare(
                left=ast.Constant(value=str(key)), ops=[ast.In() | ast.NotIn()], comparators=[of]
            ):
                pass
            case _:
                continue
        if ast.unparse(of) in names:
            yield key


def known(model: type[Frozen]) -> set[str]:
    return set(model.model_fields)


def test_every_key_of_the_agents_is_taken_or_refused():
    read = {key for file in AGENTS for key in reads(file, CONFIG)}
    assert len(read) >= 90
    assert read - known(PPOSettings) - known(SACSettings) - set(HOST_KEYS) - WHOLE_FILE == set()


def test_no_key_is_both_taken_and_refused():
    assert (known(PPOSettings) | known(SACSettings)) & set(HOST_KEYS) == set()


def test_every_key_of_params_is_taken():
    read = {key for file in [*AGENTS, "algos_torch/model_builder.py"] for key in reads(file, PARAMS)}
    assert {"algo", "config", "seed", "torch_threads", "model", "network"} <= read
    # `name` is the network block's, and `params` the whole file's.
    assert read - known(Params) - {"name", "params"} == set()


def test_every_key_of_the_central_value_is_taken_or_refused():
    read = set(reads("algos_torch/central_value.py", CONFIG))
    set_by_multi_gpu = {"device", "print_stats"}
    assert len(read) > 10
    assert read - known(CentralValue) - set(HOST_KEYS) - set_by_multi_gpu == set()


@pytest.mark.parametrize(
    ("names", "model"),
    [
        (("params",), Network),
        (("params['mlp']",), Mlp),
        (("params['rnn']",), Rnn),
        (("params['cnn']", "self.cnn"), Cnn),
        (("conv",), Conv),
        (("self.space_config",), Continuous),
    ],
)
def test_every_key_of_a_network_is_taken(names, model):
    read = set(reads("algos_torch/network_builder.py", names))
    assert read
    assert read - known(model) - NETWORK_OF_OTHERS == set()


def test_every_argument_of_the_reward_shaper_is_taken():
    tree = ast.parse((HOST / "common/tr_helpers.py").read_text(encoding="utf-8"))
    shaper = next(
        node for node in tree.body if isinstance(node, ast.ClassDef) and "RewardsShaper" in node.name
    )
    init = next(node for node in shaper.body if isinstance(node, ast.FunctionDef))
    assert [argument.arg for argument in init.args.args[1:]] == list(RewardShaper.model_fields)


@pytest.mark.parametrize(
    ("key", "value", "remedy"),
    [
        ("env_name", "CartPole-v1", "task= and env= name the environment"),
        ("score_to_win", 0, "task.solve_at=SCORE"),
        ("torch_compile", True, "networks run uncompiled"),
        ("normalize_rms_advantage", True, "rl_games 1.6.5 crashes"),
        ("ppo", False, "algo.name names the agent"),
    ],
)
def test_a_key_that_would_change_something_is_refused_with_what_to_write(key, value, remedy):
    with pytest.raises(ConfigError, match=f"^c.{key} has no place here -- .*{remedy}"):
        without_host_keys({key: value}, "c")


def test_a_key_that_changes_nothing_is_dropped():
    harmless = {"multi_gpu": False, "print_stats": True, "self_play_config": None, "player": {}, "gamma": 0.9}
    assert without_host_keys(harmless, "c") == {"gamma": 0.9}
