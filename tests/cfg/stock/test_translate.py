"""A stock file in rlgx's keys: what each key of rl_games' becomes, and the line that says what differs."""

import ast
from typing import Any

import pytest

from cfg.errors import ConfigError
from cfg.stock.reading import StockFile
from cfg.stock.translate import PLAYER_WITHOUT_EFFECT, Command, Translation, translate
from tests.cfg.schema.test_host_keys import HOST

TRAIN = Command("train", None, "auto", frozenset())
PLAY = Command("play", None, "auto", frozenset())
UNSEEDED = "no seed is given: rl_games would take the clock's, here it is seed=42"


def translated(command: Command = TRAIN, *, seed: int | None = 1, **config: Any) -> Translation:
    params = {"seed": seed, "algo": {"name": "a2c_discrete"}, "config": {"env_name": "CartPole-v1", **config}}
    return translate(StockFile("cartpole", params, (), ()), command)


def test_a_plain_file_differs_in_nothing():
    result = translated(gamma=0.9)
    assert result.notes == ()
    assert result.values["env"] == "CartPole-v1"
    assert result.values["train"]["name"] == "cartpole"
    assert result.values["train"]["params"]["config"]["gamma"] == 0.9


def test_where_a_file_is_silent_rl_games_defaults_hold():
    settings = translated().values["train"]["params"]["config"]
    assert settings["shuffle_minibatches"] is False
    assert "value_bootstrap" not in settings, "rl_games and the schema agree"
    given = translated(shuffle_minibatches=True).values["train"]["params"]["config"]
    assert given["shuffle_minibatches"] is True


@pytest.mark.parametrize(
    ("said", "held"),
    [
        ({}, {"num_updates_per_step": 1, "num_warmup_steps": 1000}),
        ({"num_warmup_frames": 5000}, {"num_updates_per_step": 1, "num_warmup_frames": 5000}),
        (
            {"num_warmup_frames": 5000, "num_warmup_steps": 9},
            {"num_updates_per_step": 1, "num_warmup_frames": 5000},
        ),
        ({"num_warmup_steps": 9, "utd_ratio": 0.5}, {"num_warmup_steps": 9, "utd_ratio": 0.5}),
    ],
)
def test_where_a_sac_file_is_silent_rl_games_defaults_hold(said, held):
    """One gradient step for a step of all rows, and a thousand epochs of random play."""
    params = {"seed": 1, "algo": {"name": "sac"}, "config": {"env_name": "Pendulum-v1", **said}}
    settings = translate(StockFile("x", params, (), ()), TRAIN).values["train"]["params"]["config"]
    names = ("num_updates_per_step", "utd_ratio", "num_warmup_steps", "num_warmup_frames")
    assert {name: settings[name] for name in names if name in settings} == held
    assert (settings["num_actors"], settings["save_best_after"]) == (1, 500)


def test_of_an_older_and_a_newer_name_the_newer_holds_and_the_older_alone_is_told():
    both = translated(seq_len=8, seq_length=16)
    assert both.values["train"]["params"]["config"]["seq_length"] == 16
    assert both.notes == ("keys that no code reads: config.seq_len",)
    assert translated(seq_len=8).notes == (
        "seq_len=8 is read as seq_length, which rl_games 1.6.5 does not do",
    )


def test_a_network_of_another_builder_keeps_its_keys():
    network = {"name": "mine", "depth": 3}
    file = StockFile("x", {"algo": {"name": "ppo"}, "seed": 1, "network": network,
                           "config": {"env_name": "CartPole-v1"}}, (), ())  # fmt: skip
    assert translate(file, TRAIN).values["train"]["params"]["network"] == network


def network_of(**said: Any) -> tuple[dict, tuple[str, ...]]:
    """What a file's network block becomes, and the notes on it."""
    block = {"name": "actor_critic", "mlp": {"units": [8], "norm_only_first_layer": True}, **said}
    params = {"algo": {"name": "ppo"}, "seed": 1, "network": block, "config": {"env_name": "CartPole-v1"}}
    result = translate(StockFile("x", params, (), ()), TRAIN)
    return result.values["train"]["params"]["network"], result.notes


def test_a_norm_of_the_first_layer_that_nothing_asks_for_is_told_and_left_out():
    network, notes = network_of()
    assert network["mlp"] == {"units": [8]}
    assert notes == ("keys that no code reads: network.mlp.norm_only_first_layer",)


def test_a_norm_that_rl_games_leaves_out_is_told_and_acts():
    network, notes = network_of(normalization="layer_norm")
    assert network["normalization"] == "layer_norm"
    assert notes == (
        "network.normalization acts on every layer; rl_games 1.6.5 leaves plain ones as they are",
    )


@pytest.mark.parametrize(
    ("config", "note"),
    [
        ({"score_to_win": 400}, "score_to_win=400 is judged by evaluation, not by episodes of training"),
        ({"device": "cuda"}, "device=cuda yields to device=, which is auto unless the command line says"),
        ({"use_diagnostics": True}, "use_diagnostics is not built: there are no curves diagnostics/*"),
        ({"multi_gpu": True}, "multi_gpu is not built: one process learns"),
        ({"train_dir": "here"}, "train_dir=here yields to ./runs"),
        ({"lr_schedule": "polynom_decay"},
         "lr_schedule=polynom_decay is none of rl_games', which keeps the rate constant"),
        ({"env_config": {"seed": 3}},
         "env_config.seed=3 has no effect: every environment's seed is made from seed"),
        ({"gama": 1, "bptt_length": 2}, "keys that no code reads: config.bptt_length, config.gama"),
        ({"player": {"determenistic": True}}, "keys that no code reads: config.player.determenistic"),
        ({"env_name": "LunarLander-v2"}, "LunarLander-v2 is retired: LunarLander-v3 takes its place"),
    ],
)  # fmt: skip
def test_a_difference_is_said_in_one_line(config, note):
    assert translated(**config).notes == (note,)


@pytest.mark.parametrize(
    "config",
    [
        {"use_diagnostics": False},
        {"multi_gpu": False},
        {"score_to_win": None},
        {"lr_schedule": "none"},
        {"env_config": {"seed": 1}},
        {"player": None},
    ],
)
def test_what_changes_nothing_is_not_worth_a_line(config):
    assert translated(**config).notes == ()


def test_a_goal_becomes_the_tasks():
    assert translated(score_to_win=400).values["task"]["solve_at"] == 400


def test_a_missing_seed_is_said_unless_the_command_line_has_one():
    assert translated(seed=None).notes == (UNSEEDED,)
    assert translated(Command("train", None, "auto", frozenset({"seed"})), seed=None).notes == ()


@pytest.mark.parametrize(
    ("config", "experiment"),
    [
        ({"name": "walker"}, "walker"),
        ({"name": "walker", "full_experiment_name": "long walk"}, "long-walk"),
        ({"name": "../../etc/ALE/Pong-v5"}, "etc-ALE-Pong-v5"),
        ({"name": ".."}, None),
        ({}, None),
    ],
)
def test_the_name_becomes_the_run_directorys_first_part(config, experiment):
    assert translated(**config).values["experiment"] == experiment


def test_the_players_keys_count_when_it_plays(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    player = {"render": True, "games_num": 20, "deterministic": False, "render_sleep": 0.1, "n_game_life": 1}
    result = translated(PLAY, player=player)
    assert {key: result.values[key] for key in ("episodes", "deterministic", "headless")} == {
        "episodes": 20,
        "deterministic": False,
        "headless": None,
    }
    assert [note.split(" ")[0] for note in result.notes] == ["player.render_sleep=0.1"]
    trained = translated(TRAIN, player=player)
    assert trained.notes == () and "episodes" not in trained.values


def test_render_yields_to_a_missing_display(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    notes = translated(PLAY, player={"render": True, "games_num": 1}).notes
    assert notes == ("player.render=True yields to the missing display",)
    assert translated(PLAY, player={"games_num": 1}).values["headless"] is True


def test_an_env_of_the_command_line_replaces_the_files():
    result = translate(
        StockFile("x", {"algo": {"name": "ppo"}, "seed": 1, "config": {"env_name": "smac"}}, (), ()),
        Command("train", "CartPole-v1", "auto", frozenset({"env"})),
    )
    assert "env" not in result.values
    assert result.notes == ("env=CartPole-v1 replaces the file's env_name=smac",)


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"env_name": None}, "params.config.env_name is missing"),
        ({"env_config": 3}, "params.config.env_config=3 is not allowed"),
        ({"player": 3}, "params.config.player=3 is not allowed"),
        ({"_target_": "os.system"}, "params.config._target_ is refused: no configuration runs code"),
        ({"env_config": {"_target_": "x"}}, "_target_ is refused"),
    ],
)
def test_what_cannot_be_translated_is_named(config, problem):
    with pytest.raises(ConfigError, match=problem):
        translated(**config)


def test_the_file_is_left_as_it_was_read():
    params = {"algo": {"name": "ppo"}, "network": {"space": {"continuous": {"sigma_init": {"value": 0}}}},
              "config": {"env_name": "CartPole-v1", "name": "x"}}  # fmt: skip
    file = StockFile("x", params, (), ())
    first = translate(file, TRAIN)
    assert translate(file, TRAIN) == first
    assert "sigma_init.value=0 is read as val: rl_games fails on it" in first.notes


def test_every_key_that_rl_games_players_read_is_known():
    tree = ast.parse((HOST / "common/player.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    read = {
        node.args[0].value
        for node in calls
        if ast.unparse(node.func) == "self.player_config.get" and isinstance(node.args[0], ast.Constant)
    }
    assert read == {"games_num", "deterministic", "render", *PLAYER_WITHOUT_EFFECT} - {"device_name"}
