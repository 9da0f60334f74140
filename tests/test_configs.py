"""Every YAML composes and validates, says what it is, and lists only what differs from its base."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cfg.choices import ALGORITHMS
from cfg.compose import load_network
from cfg.errors import ConfigError
from cfg.folders import ROOT
from cfg.listing import group_names, top_level_keys
from cfg.schema import Config, Params, validate
from cfg.schema.settings import RewardShaper
from cfg.spec import find, resolve
from tests.cfg.composing import composed

TASKS, TRAINS, NETWORKS = (group_names(group) for group in ("task", "train", "network"))
YAMLS = sorted(ROOT.rglob("*.yaml"), key=str)
DIFFERENCES = [path for path in (ROOT / "train").glob("*.yaml")]


def words_for(task: str) -> list[str]:
    return [f"task={task}", "env=LunarLander-v3"] if composed_task_is_open(task) else [f"task={task}"]


def composed_task_is_open(task: str) -> bool:
    return load(ROOT / "task" / f"{task}.yaml").get("env", "inherited") is None


def load(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def leaves(values: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(values, dict) and values:
        for key, value in values.items():
            yield from leaves(value, f"{path}.{key}" if path else str(key))
    else:
        yield path, values


# All combinations of tasks and trains would be hundreds; those that somebody would type are these.
PAIRS = [
    (task, train)
    for task in TASKS
    for train in TRAINS
    if task in ("CartPole", "Gym") or train in ("PPO", "SAC") or train.startswith(task)
]


@pytest.mark.parametrize(("task", "train"), PAIRS)
def test_a_task_goes_with_a_train(task, train):
    config = composed(*words_for(task), f"train={train}")
    assert (config.task.name, config.train.name) == (task, train)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_a_train_by_default(task):
    config = composed(*words_for(task))
    own = [name for name in (f"{task}PPO", f"{task}SAC") if name in TRAINS]
    assert config.train.name == (own or ["PPO"])[0]


@pytest.mark.parametrize("network", NETWORKS)
def test_every_network_can_be_chosen_and_leaves_the_head_to_the_actions(network):
    train = "SAC" if network == "soft_actor_critic" else "PPO"
    block = composed("task=Pendulum", f"train={train}", f"network={network}").train.params.network
    assert block == load_network(network)
    assert "space" not in block


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("num_envs", [1, 3, 30, 100])
def test_every_task_runs_with_any_number_of_envs(task, num_envs):
    chosen = ("train=PPO", "network=lstm", f"num_envs={num_envs}")
    settings = composed(*words_for(task), *chosen).settings
    assert settings.horizon_length * num_envs % settings.minibatch_size == 0


def inherited(defaults: list[str]) -> dict[str, Any]:
    """What a train YAML starts from: the base of its algorithm, or another train YAML, perhaps a network."""
    parent, *networks, itself = defaults
    assert itself == "_self_"
    values = load(ROOT / "train" / f"{parent.removesuffix('@_here_')}.yaml")
    above = inherited(values.pop("defaults")) if "defaults" in values else {}
    start = merged(above, values)
    for network in networks:
        file, place = network.split("@")
        assert place == "params.network"
        start = merged(start, {"params": {"network": load(ROOT / f"{file[1:]}.yaml")}})
    return start


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    shared = below.keys() & above.keys()
    both = {key for key in shared if isinstance(below[key], dict) and isinstance(above[key], dict)}
    return {**below, **above, **{key: merged(below[key], above[key]) for key in both}}


@pytest.mark.parametrize("path", DIFFERENCES, ids=lambda path: path.stem)
def test_a_train_yaml_lists_only_differences(path):
    own = load(path)
    base = dict(leaves(inherited(own.pop("defaults"))))
    assert [key for key, value in leaves(own) if base.get(key, "no such key") == value] == []
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 25


@pytest.mark.parametrize("path", YAMLS, ids=lambda path: str(path.relative_to(ROOT)))
def test_yaml_holds_values_and_no_logic(path):
    text = path.read_text(encoding="utf-8")
    assert "${.." not in text
    assert "_target_" not in text
    assert text.startswith(("#", "description:", "defaults:"))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_base_explains_every_setting_of_the_schema(algorithm):
    params = load(ROOT / "train" / "base" / f"{algorithm}.yaml")["params"]
    mirrored = {"num_actors"}
    settings = resolve(find(algorithm).settings)
    assert set(params) == set(Params.model_fields)
    assert set(params["config"]) == set(settings.model_fields) - mirrored
    assert set(params["config"]["reward_shaper"]) == set(RewardShaper.model_fields)


def test_the_top_level_explains_every_key():
    assert set(Config.model_fields) <= set(top_level_keys())


def test_every_task_describes_itself():
    texts = {task: composed(*words_for(task)).task.description for task in TASKS}
    assert len(set(texts.values())) == len(TASKS)
    assert all(texts.values())


VALUES = {
    "ppo": composed("network=lstm").model_dump(),
    "sac": composed("task=Pendulum", "train=SAC", "network=soft_actor_critic").model_dump(),
}
FREE = ("env_kwargs", "task.env_kwargs")
KEYS = [(name, key) for name, values in VALUES.items() for key, _ in leaves(values) if key not in FREE]


@pytest.mark.parametrize(("algorithm", "key"), KEYS)
def test_a_key_misspelt_at_any_depth_is_refused_with_the_nearest(algorithm, key):
    values = copy.deepcopy(VALUES[algorithm])
    *sections, name = key.split(".")
    section = values
    for part in sections:
        section = section[part]
    section[f"{name}x"] = section.pop(name)
    with pytest.raises(ConfigError) as caught:
        validate(values)
    assert str(caught.value).startswith(f"unknown key {key}x -- did you mean")
    assert name in str(caught.value)


@pytest.mark.parametrize(("algorithm", "key"), KEYS)
@pytest.mark.parametrize("wrong", [{"a": 1}, [[]], object()], ids=["section", "list", "object"])
def test_a_value_of_the_wrong_kind_is_refused_with_its_key(algorithm, key, wrong):
    values = copy.deepcopy(VALUES[algorithm])
    *sections, name = key.split(".")
    section = values
    for part in sections:
        section = section[part]
    section[name] = wrong
    with pytest.raises(ConfigError) as caught:
        validate(values)
    assert key.split(".")[-1] in str(caught.value)
