"""A command line, or a run's saved configuration with overrides, becomes one judged Config."""

from pathlib import Path

import pytest
import yaml

from cfg.compose import compose, dump, load_network, load_task
from cfg.errors import CheckpointError, ConfigError
from cfg.flags import parse
from cfg.schema import Config
from tests.cfg.composing import SETTINGS, composed, refused


@pytest.fixture
def in_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def saved_run(*words: str, name: str = "X") -> Config:
    """A run directory of the working directory, as a finished run leaves it."""
    config = composed(*words)
    run = Path("runs") / name
    (run / "nn").mkdir(parents=True)
    (run / "config.yaml").write_text(dump(config))
    (run / "nn" / "last.pth").write_bytes(b"")
    (run / "nn" / f"{config.run_name}.pth").write_bytes(b"")
    return config


def without_command(config: Config) -> dict:
    return config.model_dump(exclude={"mode", "checkpoint", "resume", "policy", "max_wall_s"})


def test_nothing_at_all_trains_cartpole():
    config = composed()
    assert (config.task.name, config.train.name, config.mode, config.seed) == (
        "CartPole",
        "CartPolePPO",
        "train",
        42,
    )


def test_train_defaults_to_the_tasks_own():
    assert composed("task=Pendulum").train.name == "PendulumPPO"


def test_train_falls_back_to_the_generic_one():
    assert composed("task=Gym", "env=LunarLander-v3").train.name == "PPO"


def test_a_train_yaml_changes_only_what_it_lists():
    pendulum, base = composed("task=Pendulum").settings, composed("task=Pendulum", "train=PPO").settings
    assert pendulum.gamma == 0.95
    assert pendulum.tau == base.tau


def test_a_named_network_replaces_the_trains_own_whole():
    block = composed("network=lstm").train.params.network
    assert block == load_network("lstm")
    assert composed("network=mlp").train.params.network == load_network("mlp")


def test_auto_keeps_the_trains_own_network():
    assert composed("task=CartPole").train.params.network["mlp"]["units"] == [64, 64]
    assert composed("train=PPO").train.params.network is None


def test_overrides_reach_below_the_network_put_in():
    assert (
        composed("network=lstm", "train.params.network.rnn.units=8").train.params.network["rnn"]["units"] == 8
    )


def test_env_kwargs_are_free():
    config = composed(
        "task=Gym", "env=LunarLander-v3", "env_kwargs.continuous=True", "env_kwargs.wind={power: 2}"
    )
    assert config.env_kwargs == {"continuous": True, "wind": {"power": 2}}


def test_test_true_is_play():
    assert composed("test=True", "policy=zero").mode == "play"
    assert "give one of them" in refused("test=True", "--eval", "--policy", "zero")


def test_interpolation_within_the_configuration_works():
    assert composed(f"{SETTINGS}.horizon_length=${{task.num_envs}}").settings.horizon_length == 64


@pytest.mark.parametrize("value", ["${oc.env:HOME}", "a${oc.env:HOME}", "${${experiment}:HOME}", "${now:%Y}"])
def test_resolvers_are_refused(value):
    line = refused("task=Gym", f"env={value}")
    assert "asks for a resolver, which is refused" in line


def test_the_dump_composes_to_the_same_configuration(in_tmp):
    first = saved_run("task=Gym", "env=ALE/Pong-v5", "network=gru", "seed=-1", "vec_env=ray", "num_workers=2")
    again = composed("--eval", "--checkpoint", "runs/X")
    assert without_command(again) == without_command(first)
    assert yaml.safe_load(dump(first))["seed"] == first.seed


@pytest.mark.parametrize(
    ("values", "says"), [("[" + "1, " * 2000 + "1]", "2,000 values"), ("[" + "x" * 2**20 + "]", "bytes")]
)
def test_a_configuration_that_could_not_be_read_again_is_refused_before_a_run_is_made(
    values, says, monkeypatch
):
    monkeypatch.setattr("cfg.foreign_yaml.MOST_VALUES", 2000)  # Hydra takes 50 s to parse 20,000
    config = composed("task=Gym", "env=CartPole-v1", f"env_kwargs.data={values}")
    with pytest.raises(ConfigError, match=f"the configuration .*{says}"):
        dump(config)


@pytest.mark.parametrize(
    "path", ["runs/X", "runs/X/", "runs/X/nn", "runs/X/nn/last.pth", "runs/X/nn/Pendulum.pth"]
)
def test_a_run_or_a_checkpoint_of_it_knows_its_task(in_tmp, path):
    saved_run("task=Pendulum", f"{SETTINGS}.gamma=0.8")
    config = composed("--play", "--checkpoint", path)
    assert (config.task.name, config.settings.gamma, config.mode) == ("Pendulum", 0.8, "play")
    assert config.checkpoint == path


def test_overrides_win_over_the_run(in_tmp):
    saved_run("task=Pendulum", "seed=5")
    config = composed("--eval", "--checkpoint", "runs/X", "seed=6", "episodes=3", "task.max_episode_steps=7")
    assert (config.seed, config.episodes, config.task.max_episode_steps) == (6, 3, 7)


def test_a_choice_that_equals_the_runs_keeps_its_content(in_tmp):
    saved_run("task=CartPole", "task.solve_at=400", f"{SETTINGS}.gamma=0.8", "network=gru")
    config = composed("task=CartPole", "train=CartPolePPO", "network=gru", "--play", "--checkpoint", "runs/X")
    assert (config.task.solve_at, config.settings.gamma) == (400, 0.8)


def test_another_choice_is_composed_anew_and_the_rest_kept(in_tmp):
    saved_run("task=CartPole", "network=gru", f"{SETTINGS}.gamma=0.8")
    other_task = composed("task=CartPoleNoVelocity", "--play", "--checkpoint", "runs/X")
    assert other_task.task == load_task("CartPoleNoVelocity")
    assert other_task.settings.gamma == 0.8
    other_train = composed("train=PPO", "--play", "--checkpoint", "runs/X")
    assert other_train.settings.gamma == 0.995
    assert other_train.train.params.network == load_network("gru")
    other_network = composed("network=mlp", "--play", "--checkpoint", "runs/X")
    assert other_network.train.params.network == load_network("mlp")
    assert other_network.settings.gamma == 0.8


def test_what_a_run_was_started_from_is_not_inherited(in_tmp):
    Path("start.pth").write_bytes(b"")
    saved_run("checkpoint=start.pth", "max_wall_s=5")
    config = composed("--eval", "--policy", "zero", "--checkpoint", "runs/X")
    assert (config.checkpoint, config.max_wall_s) == ("runs/X", None)
    assert composed("--resume", "runs/X").checkpoint is None


def test_a_warm_start_composes_afresh(in_tmp):
    saved_run("task=CartPole", f"{SETTINGS}.gamma=0.8")
    config = composed("task=CartPole", "checkpoint=runs/X")
    assert (config.mode, config.settings.gamma, config.checkpoint) == ("train", 0.99, "runs/X")


def test_resume_goes_on_with_the_runs_configuration(in_tmp):
    first = saved_run("task=Pendulum", f"{SETTINGS}.gamma=0.8", "max_iterations=10")
    config = composed("--resume", "runs/X", "max_iterations=20")
    assert (config.resume, config.mode, config.settings.gamma) == ("runs/X", "train", 0.8)
    assert (config.max_iterations, config.settings.max_epochs) == (20, 20)
    assert composed("--resume", "runs/X/nn/last.pth").resume == "runs/X"
    assert without_command(composed("--resume", "runs/X")) == without_command(first)


@pytest.mark.parametrize(
    "change",
    [
        "task=Pendulum",
        "network=lstm",
        "train.params.network.mlp.units=[8]",
        "train.params.algo.name=a2c_discrete",
        f"{SETTINGS}.normalize_input=False",
        "experiment=other",
        "sigma=-1",
    ],
)
def test_what_cannot_change_on_a_resume_is_refused(in_tmp, change):
    saved_run("task=CartPole")
    assert "cannot change on a resume: the run has" in refused("--resume", "runs/X", change)


@pytest.mark.parametrize(("before", "now"), [(8, None), (None, 8), (8, 16)])
def test_a_critic_of_its_own_stays_on_a_resume_as_it_was(in_tmp, before, now):
    words = [critic_of(units) for units in (before, now)]
    saved_run("task=CartPole", words[0])
    assert "central_value_config.network cannot change on a resume: the run has" in refused(
        "--resume", "runs/X", words[1]
    )


def critic_of(units: int | None) -> str:
    if units is None:
        return f"{SETTINGS}.central_value_config=null"
    network = (
        f"{{name: actor_critic, mlp: {{units: [{units}], activation: elu, initializer: {{name: default}}}}}}"
    )
    rest = "normalize_input: true, learning_rate: 0.001, mini_epochs: 1, clip_value: true"
    return f"{SETTINGS}.central_value_config={{{rest}, network: {network}}}"


@pytest.mark.parametrize("word", ["device=cuda", "rl_device=cuda", "sim_device=cuda"])
def test_a_simulators_run_goes_to_another_device_by_one_word(in_tmp, word):
    saved_run("task=SimCartPole", "sim_device=cpu")
    config = composed("--play", "--checkpoint", "runs/X", word)
    assert config.rl_device == "cuda" and config.sim_device in ("auto", "cuda")


def test_an_odd_key_of_a_modules_own_algorithm_is_left_to_it():
    words = ("task=CartPole", "imports=[json]", "train.params.algo.name=mine")
    sizes = (f"{SETTINGS}.horizon_length=8", f"{SETTINGS}.minibatch_size=64")
    for odd in (0, "many"):
        settings = composed(*words, *sizes, f"+{SETTINGS}.seq_length={odd}").settings
        assert settings.model_extra["seq_length"] == odd


def test_another_env_cannot_be_resumed_on(in_tmp):
    saved_run("task=Gym", "env=LunarLander-v3")
    line = refused("--resume", "runs/X", "env=Acrobot-v1")
    assert line.startswith("env cannot change on a resume: the run has LunarLander-v3, not Acrobot-v1")


def test_a_resume_from_any_but_the_last_checkpoint_is_refused(in_tmp):
    saved_run("task=CartPole")
    assert "goes on from last.pth only" in refused("--resume", "runs/X/nn/CartPole.pth")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--play", "--checkpoint", "runs/Y"], 'checkpoint=runs/Y does not exist -- did you mean "runs/X"?'),
        (["--play", "--checkpoint", "runs/X/nn/lost.pth"], 'did you mean "runs/X/nn/last.pth"?'),
        (["--play", "--checkpoint="], "checkpoint is empty"),
        (["--eval", "--checkpoint", "runs"], "is a directory without config.yaml, so it is no run"),
        (["--resume", "runs/Z"], "resume=runs/Z does not exist"),
        (["checkpoint=nowhere.pth"], "checkpoint=nowhere.pth does not exist"),
        (["--resume", "loose.pth"], "belongs to no run"),
    ],
)
def test_a_checkpoint_that_is_not_there_is_refused_as_one(in_tmp, words, says):
    saved_run("task=CartPole")
    Path("loose.pth").write_bytes(b"")
    with pytest.raises(CheckpointError) as caught:
        composed(*words)
    assert says in str(caught.value)


def test_a_loose_checkpoint_needs_its_task(in_tmp):
    Path("loose.pth").write_bytes(b"")
    assert refused("--play", "--checkpoint", "loose.pth").endswith("so its task is unknown -- add task=NAME")
    assert composed("task=Pendulum", "--play", "--checkpoint", "loose.pth").task.name == "Pendulum"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("task: [", "line "),
        ("task: {name: A}\ntask: {name: B}", "duplicate key"),
        ("- 1", "holds no keys"),
        ("", "no task.name"),
        ("task: 3", "no task.name"),
        ("a:\t- b: c: d", "line "),
        ("!!python/object/apply:os.system ['true']", "line "),
        ("\0", "config.yaml"),
    ],
)
def test_a_broken_saved_configuration_is_named_in_one_line(in_tmp, text, says):
    saved_run()
    Path("runs/X/config.yaml").write_text(text)
    line = refused("--play", "--checkpoint", "runs/X")
    assert "runs/X/config.yaml" in line
    assert says in line


def test_a_saved_configuration_runs_no_code(in_tmp):
    saved_run()
    path = Path("runs/X/config.yaml")
    path.write_text(
        path.read_text() + "\nenv_kwargs: {x: {_target_: os.system}}\n".replace("env_kwargs", "extra")
    )
    assert refused("--play", "--checkpoint", "runs/X").startswith("extra.x._target_ is refused")


def test_a_task_loads_by_itself():
    task = load_task("CartPoleNoVelocity")
    assert task.wrappers == [{"entry_point": "tasks.wrappers:HideVelocity", "kwargs": {"keep": [0, 2]}}]
    assert (task.name, task.env, task.num_envs) == ("CartPoleNoVelocity", "CartPole-v1", 64)


@pytest.mark.parametrize(("load", "group"), [(load_task, "task"), (load_network, "network")])
def test_an_unknown_name_gets_the_nearest(load, group):
    with pytest.raises(ConfigError, match=f"{group}=cartpol is not known -- "):
        load("cartpol")


def test_composing_leaves_no_trace(in_tmp):
    compose(parse(["task=Pendulum"]))
    assert list(in_tmp.iterdir()) == []
