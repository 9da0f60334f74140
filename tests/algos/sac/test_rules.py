"""SAC's rules and what they settle."""

import pytest

from tests.cfg.composing import SETTINGS, composed, refused

SAC = ("task=Pendulum", "train=SAC", "num_envs=4")


def test_by_default_there_is_one_gradient_step_a_frame() -> None:
    for rows in (1, 64):
        settings = composed("task=Pendulum", "train=SAC", f"num_envs={rows}").settings
        assert settings.utd_ratio == 1.0 and settings.num_warmup_frames == 1000


def test_rl_games_older_names_count_in_steps_of_all_rows_and_in_epochs() -> None:
    older = (f"{SETTINGS}.num_updates_per_step=2", f"{SETTINGS}.num_warmup_steps=3")
    settings = composed(*SAC, *older, f"{SETTINGS}.num_steps_per_episode=5").settings
    assert settings.utd_ratio == 0.5 and settings.num_warmup_frames == 3 * 5 * 4
    assert settings.num_updates_per_step is None and settings.num_warmup_steps is None


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        ((f"{SETTINGS}.num_updates_per_step=2", f"{SETTINGS}.utd_ratio=1"), "give utd_ratio alone"),
        ((f"{SETTINGS}.num_warmup_steps=2", f"{SETTINGS}.num_warmup_frames=9"), "num_warmup_frames alone"),
        ((f"{SETTINGS}.replay_buffer_size=500",), "is less than num_warmup_frames=1000 -- use 1000 or more"),
        ((f"{SETTINGS}.replay_buffer_size=1000", f"{SETTINGS}.batch_size=2000"), "less than batch_size=2000"),
        (("network=cnn",), "train.params.network.cnn does not go with SAC"),
        (("network=lstm",), "train.params.network.rnn does not go with SAC"),
        (("network=mlp", "train.params.network.mlp.d2rl=True"), "mlp.d2rl does not go with SAC"),
        (
            ("network=mlp", "train.params.network.mlp.units=[]"),
            "mlp.units=[]: rl_games' SAC has one layer or more",
        ),
        (("network=mlp", "+train.params.network.value_activation=relu"), "network.value_activation does not"),
        (
            ("network=mlp", "+train.params.network.space.continuous.fixed_sigma=False"),
            "network.space.continuous",
        ),
        (("network=mlp", "train.params.network.separate=False"), "write separate: true"),
        (
            ("network=soft_actor_critic", "train.params.network.log_std_bounds=[2,-5]"),
            "log_std_bounds=[2.0, -5.0] is no range",
        ),
        (("multi_gpu=True",), "multi_gpu=True is not built yet"),
        (("sigma=0.5",), "sigma=0.5 does not go with SAC"),
        ((f"{SETTINGS}.tau=0.9",), f"{SETTINGS}.tau"),
        ((f"{SETTINGS}.exploration_correlation=1",), "from 0 to 0.9999"),
        ((f"{SETTINGS}.n_step=0",), "from 1 to 100"),
        (("train.params.model.name=discrete_a2c",), "soft_actor_critic"),
    ],
)
def test_what_contradicts_itself_is_refused_in_one_line(overrides: tuple[str, ...], line: str) -> None:
    assert line in refused(*SAC, *overrides)


def test_sacs_network_is_not_ppos() -> None:
    assert "is SAC's and not PPO's" in refused("task=CartPole", "network=soft_actor_critic")


def test_a_task_with_only_a_sac_of_its_own_takes_it() -> None:
    assert composed("task=MountainCarContinuous").train.name == "MountainCarContinuousSAC"
    assert composed("task=Pendulum").train.name == "PendulumPPO"


def test_the_network_of_rl_games_own_sac_yamls_is_taken() -> None:
    block = "{name: soft_actor_critic, separate: True, space: {continuous: null}, log_std_bounds: [-5, 2], "
    layers = "mlp: {units: [256, 256], activation: relu, initializer: {name: default}}}"
    assert composed(*SAC, f"train.params.network={block}{layers}").train.params.network["mlp"]["units"]
