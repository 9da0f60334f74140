"""Overrides are read with Hydra's grammar; choices are told from values, and odd forms are refused."""

import pytest
from omegaconf import OmegaConf

from cfg.errors import ConfigError
from cfg.flags import parse
from cfg.overrides import read


def refusal(*words: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(words).apply(OmegaConf.create({"a": {"b": 1}, "c": 2}))
    return str(caught.value)


def test_choices_are_told_from_values():
    overrides = read(["task=CartPole", "train=PPO", "task.num_envs=3", "seed=1"])
    assert overrides.choices == {"task": "CartPole", "train": "PPO"}
    assert overrides.values == (("task.num_envs", 3), ("seed", 1))


def test_explicit_keys_reach_down_to_the_leaves():
    assert read(["a={b: 1, c: {d: 2}}", "e=[1]"]).explicit == {"a", "a.b", "a.c", "a.c.d", "e"}


def test_values_go_in_whether_or_not_a_yaml_lists_the_key():
    tree = OmegaConf.create({"a": {"b": 1}})
    read(["a.b=2", "x.y=3", "+z=4", "++z=5"]).apply(tree)
    assert tree == {"a": {"b": 2}, "x": {"y": 3}, "z": 5}


def test_a_tilde_leaves_a_key_to_its_default():
    tree = OmegaConf.create({"a": {"b": 1, "c": 2}})
    read(["~a.b"]).apply(tree)
    assert tree == {"a": {"c": 2}}


def test_the_last_of_two_values_holds():
    overrides = read(["seed=1", "seed=2"])
    assert overrides.last("seed") == 2
    assert overrides.last("mode", "train") == "train"


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("a=1,2", "a=1,2 has several values -- add -m to run each of them; a list is written in brackets"),
        ("a=range(1,3)", "has several values -- add -m"),
        ("train@x=PPO", "places a group"),
        ("task/env=x", "places a group"),
        ("hydra.run.dir=/tmp/x", "has no effect here"),
        ("task=[a]", "chooses nothing"),
        ("~task", "chooses nothing"),
        ("task=null", "chooses nothing"),
        ("a=[1", "cannot be read"),
        ("~a.x", "names nothing to leave out"),
        ("~c", "names nothing to leave out"),
    ],
)
def test_what_compose_has_no_use_for_is_refused(word, says):
    assert says in refusal(word)


@pytest.mark.parametrize(
    "value",
    [
        "ALE/Pong-v5",
        "a=b[1].pth",
        "{x: 1}",
        "a,b",
        "it's",
        'say "x"',
        "back\\slash",
        "end\\",
        "both\\'",
        "two\\\\'",
        "~x",
        "a b",
        "choice(1,2)",
        "123",
        "true",
        "",
    ],
)
@pytest.mark.parametrize("key", ["env", "checkpoint", "experiment", "resume"])
def test_a_literal_value_arrives_as_it_was_typed(key, value):
    assert read(parse([f"{key}={value}"]).overrides).last(key) == value
