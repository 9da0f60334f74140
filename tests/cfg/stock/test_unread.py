"""Keys that the schema does not know are left out, at any depth, and named."""

from algos.ppo.settings import PPOSettings
from cfg.schema import Params
from cfg.stock.unread import without_unread


def test_unread_keys_are_left_out_at_any_depth_and_named():
    conv = {"filters": 1, "kernel": 2}
    values = {
        "algo": {"name": "ppo", "speed": 9},
        "network": {"name": "actor_critic", "rnn1": {}, "cnn": {"convs": [conv, {"filters": 2}]}},
        "config": {"gamma": 0.9, "reward_shaper": {"scale": 1}, "player": {"x": 1}, "gama": 1},
    }
    kept, unread = without_unread(values, Params[PPOSettings], frozenset({"config.player"}))
    assert kept == {
        "algo": {"name": "ppo"},
        "network": {"name": "actor_critic", "cnn": {"convs": [{"filters": 1}, {"filters": 2}]}},
        "config": {"gamma": 0.9, "reward_shaper": {}, "player": {"x": 1}},
    }
    assert unread == [
        "algo.speed",
        "network.rnn1",
        "network.cnn.convs.0.kernel",
        "config.reward_shaper.scale",
        "config.gama",
    ]


def test_values_of_free_keys_and_of_the_wrong_kind_stay_for_the_judgement():
    values = {"network": {"space": {"discrete": {"any": 1}}, "mlp": 3}, "config": []}
    assert without_unread(values, Params[PPOSettings], frozenset()) == (values, [])
