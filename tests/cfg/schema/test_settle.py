"""What is said twice or left open is settled in one place."""

import pytest

from cfg.schema.settle import settle_numbers
from tests.cfg.composing import SETTINGS, composed, refused


def budget(*words: str) -> tuple[int | None, int | None]:
    config = composed("task=CartPole", "train=PPO", *words)
    mirrored = (config.settings.max_epochs, config.settings.max_frames)
    assert mirrored == (config.max_iterations or -1, config.max_frames or -1)
    return config.max_iterations, config.max_frames


def test_the_task_says_who_runs_how_many_where_nothing_else_does():
    config = composed("task=Pendulum")
    assert (config.vec_env, config.num_envs, config.settings.num_actors) == ("sync", 16, 16)


def test_a_trains_num_actors_comes_before_the_tasks_num_envs():
    assert composed(f"{SETTINGS}.num_actors=8").num_envs == 8
    assert composed("task.num_envs=4").num_envs == 4
    assert composed("num_envs=2").settings.num_actors == 2


def test_two_numbers_of_envs_that_differ_are_refused():
    line = refused("num_envs=2", f"{SETTINGS}.num_actors=8")
    assert line == f"num_envs=2 and {SETTINGS}.num_actors=8 differ -- give one of them"


def test_a_trains_seed_counts_until_the_command_line_names_one():
    assert composed("train.params.seed=7").seed == 7
    assert composed("seed=8").seed == 8
    assert composed("seed=0").seed == 0
    assert composed("train.params.seed=7").train.params.seed is None


def test_seed_minus_one_draws_another_each_time():
    seeds = {composed("seed=-1").seed for _ in range(3)}
    assert len(seeds) == 3
    assert min(seeds) >= 0


def test_the_trains_budget_holds_where_nothing_is_said():
    assert budget() == (250, None)


def test_one_budget_on_the_command_line_replaces_the_trains_defaults_of_both():
    assert budget("max_iterations=5") == (5, None)
    assert budget("max_frames=3e5") == (None, 300_000)
    assert budget("max_iterations=5", "max_frames=100") == (5, 100)


def test_the_trains_own_keys_can_be_given_as_well():
    assert budget(f"{SETTINGS}.max_epochs=7") == (7, None)
    assert budget(f"{SETTINGS}.max_epochs=-1", f"{SETTINGS}.lr_schedule=adaptive") == (None, None)
    assert budget("max_frames=100", f"{SETTINGS}.max_epochs=7") == (7, 100)
    assert budget(f"{SETTINGS}.max_steps=50", f"{SETTINGS}.max_epochs=-1") == (None, 50)


def test_num_envs_refits_the_default_minibatch():
    # 64 x 32 = 2048 steps hold the default of 256; 30 x 32 = 960 hold 240 at most; 1 x 32 all of them.
    rollout = ("train=PPO", f"{SETTINGS}.horizon_length=32")
    assert composed(*rollout).settings.minibatch_size == 256
    assert composed(*rollout, "num_envs=30").settings.minibatch_size == 240
    assert composed(*rollout, "num_envs=1").settings.minibatch_size == 32


def test_a_minibatch_per_env_is_a_minibatch():
    config = composed("train=PPO", f"{SETTINGS}.minibatch_size_per_env=4", "num_envs=10")
    assert (config.settings.minibatch_size, config.settings.minibatch_size_per_env) == (40, None)


def test_seq_len_is_seq_length():
    assert composed("network=lstm", f"{SETTINGS}.seq_len=8").settings.seq_length == 8
    assert "older name of seq_length" in refused(f"{SETTINGS}.seq_len=8", f"{SETTINGS}.seq_length=4")


def test_a_sequence_is_one_step_where_nothing_recurs():
    assert composed("network=mlp", f"{SETTINGS}.horizon_length=30", "num_envs=3").settings.seq_length == 1
    assert composed("network=gru").settings.seq_length == 4


@pytest.mark.parametrize("schedule", ["None", "null", "constant", "'None'"])
def test_rl_games_words_for_no_schedule_mean_constant(schedule):
    assert composed(f"{SETTINGS}.lr_schedule={schedule}").settings.lr_schedule == "constant"


def test_no_bounds_loss_is_zero():
    assert composed(f"{SETTINGS}.bounds_loss_coef=null").settings.bounds_loss_coef == 0.0


def test_rl_games_newer_word_for_legacy_is_understood():
    assert composed(f"{SETTINGS}.schedule_type=per_minibatch").settings.schedule_type == "legacy"


def test_the_policys_device_is_the_device_unless_it_has_its_own():
    assert composed("device=cpu").rl_device == "cpu"
    assert composed("device=cpu", "rl_device=cuda:1").rl_device == "cuda:1"
    assert composed().rl_device == "auto"


def test_a_central_values_minibatch_is_refitted_too():
    network = "{name: actor_critic, mlp: {units: [8], activation: elu, initializer: {name: default}}}"
    rest = "normalize_input: True, learning_rate: 1e-3, mini_epochs: 2, clip_value: True, minibatch_size: 512"
    horizon = f"{SETTINGS}.horizon_length=32"
    config = composed("train=PPO", horizon, f"{SETTINGS}.central_value_config={{network: {network}, {rest}}}")
    fewer = settle_numbers(config.model_copy(update={"num_envs": 30}), explicit=frozenset())
    assert fewer.settings.central_value_config["minibatch_size"] == 480


def test_a_budget_of_null_is_the_trains_own():
    config = composed("task=Ant", "max_iterations=null")
    assert (config.max_iterations, config.max_frames) == (2000, None)
    assert composed("task=Ant", "train.params.config.max_epochs=-1").max_iterations is None


@pytest.mark.parametrize(
    ("words", "device"),
    [
        (("sim_device=cpu",), "cpu"),
        (("sim_device=cuda", "device=auto"), "cuda"),
        (("device=cpu",), "cpu"),
    ],
)
def test_a_simulator_and_its_policy_share_the_device_that_is_named(words, device):
    assert composed("task=SimCartPole", *words).rl_device == device
