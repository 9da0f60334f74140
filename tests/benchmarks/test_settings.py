"""What was trained with then is compared with what would be now."""

from benchmarks.settings import settings_of, still_hold


def test_settings_are_those_of_yaml_and_words():
    settings = settings_of(["task=Pendulum", "train=PendulumSAC", "train.params.config.gamma=0.9"])
    assert settings["config"]["gamma"] == 0.9 and settings["config"]["actor_lr"] == 1e-3
    assert settings["network"]["mlp"]["units"] == [64, 64] and settings["num_envs"] == 16


def test_a_key_that_is_new_does_not_count_and_one_that_has_changed_does():
    then = {"num_envs": 4, "config": {"gamma": 0.9, "shaper": {"min": None}}, "network": None}
    assert still_hold(then, {**then, "config": {**then["config"], "new": 1}})
    assert not still_hold(then, {**then, "num_envs": 8})
    assert not still_hold(then, {**then, "config": {"gamma": 0.9, "shaper": {"min": 0}}})
    assert not still_hold(then, {**then, "config": None})
    assert not still_hold(then, {**then, "network": {"name": "mlp"}})
