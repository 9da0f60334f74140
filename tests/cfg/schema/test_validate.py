"""Types, ranges, unknown keys and code in a configuration: one line each, with the dotted key."""

import pytest

from algos.ppo.settings import PPOSettings
from algos.sac.settings import SACSettings
from cfg.errors import ConfigError
from cfg.schema import Config, validate, validate_task
from cfg.schema.aliases import ALIASES
from tests.cfg.composing import SETTINGS, composed, refused


@pytest.mark.parametrize(
    ("word", "line"),
    [
        (f"{SETTINGS}.gamma=7", f"{SETTINGS}.gamma=7 is not allowed -- give a number from 0 to 1"),
        (f"{SETTINGS}.gamma=nan", f"{SETTINGS}.gamma=nan is not allowed -- give a number from 0 to 1"),
        (f"{SETTINGS}.horizon_length=0", "horizon_length=0 is not allowed -- give an integer from 1 to"),
        (f"{SETTINGS}.mini_epochs=1.5", "mini_epochs=1.5 is not allowed -- give an integer from 1 to"),
        (f"{SETTINGS}.learning_rate=1e999", "learning_rate=inf is not allowed -- give a number above 0"),
        (
            f"{SETTINGS}.max_epochs=0",
            "max_epochs=0 is not allowed -- give a number of at least 1, or -1 for no limit",
        ),
        (f"{SETTINGS}.clip_value=1", "clip_value=1 is not allowed -- give True or False"),
        (f"{SETTINGS}.reward_shaper.min_val=nan", "min_val=nan is not allowed -- give a number; .inf"),
        ("num_envs=-1", "num_envs=-1 is not allowed -- give an integer from 1 to"),
        ("num_envs=true", "num_envs=True is not allowed -- give an integer"),
        ("num_envs=[1]", "num_envs=[1] is not allowed -- give an integer"),
        ("seed=-2", "seed=-2 is not allowed -- give an integer from -1 to 4294967295"),
        ("headless=maybe", "headless=maybe is not allowed -- give True or False or null"),
        ("max_iterations=0", "max_iterations=0 is not allowed -- give an integer of at least 1 or null"),
        ("device=gpu", "device=gpu is not allowed -- choose from: auto, cpu, cuda, cuda:N"),
        ("mode=trian", 'mode=trian is not known -- did you mean "train"? choose from: eval, play, train'),
        ("vec_env=rey", 'vec_env=rey is not allowed -- did you mean "ray"? choose from: native, process'),
        ("vec_env=isaaclab", "vec_env=isaaclab is not allowed -- it is not built yet; choose from: sync"),
        ("task.entry_point=nomodule", "task.entry_point=nomodule is not allowed -- write module:attribute"),
        ("task.wrappers=[x]", "task.wrappers.0.entry_point=x is not allowed -- write module:attribute"),
        ("env_kwargs=3", "env_kwargs=3 is not allowed -- give keys with values"),
        ("train.params.config=3", "train.params.config=3 is not allowed -- give keys with values"),
        ("test=yes", "test=yes is not allowed -- give True or False"),
        ("train.params.model.name=continuous_a2c", 'is not known -- did you mean "continuous_a2c_'),
        ("train.params.algo.name=sacc", 'train.params.algo.name=sacc is not known -- did you mean "sac"?'),
        ("train.params.network.mlp.activation=rely", 'did you mean "relu"?'),
        (
            "train.params.network.mlp.units=[a]",
            "train.params.network.mlp.units.0=a is not allowed -- give an integer",
        ),
        (
            "train.params.network.mlp.initializer.name=x",
            "name=x is not allowed -- choose from: const_initializer",
        ),
        ("+train.params.network.mlp.initializer.val=1", "default takes gain, scale, not val"),
        ("train=CartPoleSAC", "train=CartPoleSAC is not known"),
        ("task=Cartpole", 'task=Cartpole is not known -- did you mean "CartPole"?'),
        ("network=lstn", 'network=lstn is not known -- did you mean "lstm"?'),
        ("task=base/x", "task=base/x is not known"),
        ("task.name=x", "task.name is the name of its file -- choose with task=NAME"),
        ("ray.address=6379", "ray.address=6379 is not allowed -- "),
        (
            "ray.address=head",
            "ray.address=head is not allowed -- write auto, or host:port of the cluster's head",
        ),
        (
            "ray.address=ray://head:10001",
            "ray.address=ray://head:10001 is not allowed -- write auto, or host",
        ),
        ("ray.address=head:0", "ray.address=head:0 is not allowed -- write auto"),
        ("ray.address=head:65536", "ray.address=head:65536 is not allowed -- write auto"),
        (
            "ray.placement=packed",
            'ray.placement=packed is not known -- did you mean "pack"? choose from: pack',
        ),
        ("ray=auto", "ray=auto is not allowed -- give keys with values"),
        ("experiment=../x", "experiment=../x is not allowed -- give one directory name"),
        ("experiment=a/b", "experiment=a/b is not allowed -- give one directory name"),
        ("experiment=.x", "experiment=.x is not allowed -- give one directory name"),
        ("experiment=-x", "experiment=-x is not allowed -- give one directory name"),
        (f"experiment={'x' * 101}", "is not allowed -- give a name of 1 to 100 visible characters"),
        ("experiment=", "experiment= is not allowed -- give a name of 1 to 100 visible characters"),
    ],
)
def test_a_bad_value_is_told_with_what_is_allowed(word, line):
    assert line in refused(word)


@pytest.mark.parametrize(
    ("word", "key", "nearest"),
    [
        ("sede=1", "sede", '"seed"'),
        ("gamma=0.9", "gamma", f"{SETTINGS}.gamma"),
        ("learning_rate=1", "learning_rate", f"{SETTINGS}.learning_rate or {SETTINGS}.central_value_config"),
        ("task.num_env=1", "task.num_env", '"num_envs"'),
        ("train.nam=x", "train.nam", '"name"'),
        ("train.params.torch_thread=1", "train.params.torch_thread", '"torch_threads"'),
        (f"{SETTINGS}.gama=1", f"{SETTINGS}.gama", '"gamma"'),
        (f"{SETTINGS}.reward_shaper.scale=1", f"{SETTINGS}.reward_shaper.scale", '"scale_value"'),
        ("train.params.network.mlp.unit=[1]", "train.params.network.mlp.unit", '"units"'),
        ("task.wrappers=[{entry_point: a:b, kwarg: {}}]", "task.wrappers.0.kwarg", '"kwargs"'),
        ("ray.adress=x", "ray.adress", '"address"'),
    ],
)
def test_a_misspelt_key_is_refused_at_any_depth(word, key, nearest):
    line = refused(word)
    assert key in line
    assert nearest in line
    assert "not built yet" in line or line.startswith(f"unknown key {key} -- did you mean {nearest}")


@pytest.mark.parametrize(
    ("words", "ours"),
    [
        (["lr=1"], f"{SETTINGS}.learning_rate or {SETTINGS}.central_value_config.learning_rate"),
        ([f"{SETTINGS}.lr=1"], "learning_rate"),
        ([f"{SETTINGS}.clip_range=1"], "e_clip"),
        (["total_timesteps=1"], "max_frames"),
        (["task.n_envs=1"], "num_envs"),
        (["task=Pendulum", "train=PendulumSAC", "lr=1"], f"{SETTINGS}.actor_lr"),
        (["task=Pendulum", "train=PendulumSAC", f"{SETTINGS}.tau=1"], "critic_tau"),
    ],
)
def test_what_another_library_calls_a_key_leads_to_ours(words, ours):
    assert refused(*words) == f"unknown key {words[-1].split('=')[0]} -- did you mean {ours}?"


def test_every_name_of_another_library_leads_to_a_key_of_ours_and_is_none():
    ppo, sac, top = (set(model.model_fields) for model in (PPOSettings, SACSettings, Config))
    assert {name for names in ALIASES.values() for name in names} <= ppo | sac | top
    assert not set(ALIASES) & (ppo & sac | top)


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("multi_gpu=True", "multi_gpu=True"),
        ("wandb_activate=True", "wandb_activate=True"),
        ("wandb_project=x", "wandb_project=x"),
    ],
)
def test_a_key_to_come_is_refused_and_never_ignored(word, told):
    assert refused(word) == f"{told} is not built yet -- leave it out"


def test_resting_keys_to_come_are_fine():
    composed("multi_gpu=False", "wandb_name=null", "ray.address=null")


@pytest.mark.parametrize("path", ["_target_", "env_kwargs.a._target_", "train.params.network.mlp._target_"])
def test_no_configuration_names_a_callable_for_hydra(path):
    assert refused(f"+{path}=os.system").startswith(f"{path} is refused: no configuration runs code")


def test_numbers_in_text_and_whole_floats_are_numbers():
    config = composed("num_envs='16'", "max_frames=1e6", f"{SETTINGS}.learning_rate='8e-3'")
    assert (config.num_envs, config.max_frames, config.settings.learning_rate) == (16, 1_000_000, 0.008)


def test_a_configuration_is_read_only():
    with pytest.raises(ValueError, match="frozen"):
        composed().seed = 3


def test_a_run_is_named_by_its_task_or_by_the_env_it_was_given():
    assert composed("task=Pendulum").run_name == "Pendulum"
    assert composed("task=Gym", "env=ALE/Pong-v5").run_name == "ALE-Pong-v5"
    assert composed("task=Gym", "env=a:b/../c d").run_name == "a-b-..-c-d"
    assert composed("task=Gym", "env=../../etc").run_name == "etc"
    assert composed("task=Gym", "env=///").run_name == "run"


def test_the_env_id_is_the_given_one_or_the_tasks():
    assert composed("task=Gym", "env=ALE/Pong-v5").env_id == "ALE/Pong-v5"
    assert composed().env_id == "CartPole-v1"
    assert composed("task.env=null", "task.entry_point=my.envs:Pole").env_id == "my.envs:Pole"


def test_a_task_is_judged_by_itself():
    with pytest.raises(ConfigError, match=r"^unknown key task.num_env -- did you mean \"num_envs\""):
        validate_task({"name": "X", "num_env": 3})
    with pytest.raises(ConfigError, match=r"^task.num_envs is missing -- give an integer from 1"):
        validate_task({"name": "X"})


@pytest.mark.parametrize(
    "raw", [{}, {"task": 3}, {"task": {}, "train": {"params": []}}, {"train": {"params": {"config": []}}}]
)
def test_hopeless_values_are_one_line_too(raw):
    with pytest.raises(ConfigError):
        validate(raw)


def test_a_wrapper_named_by_text_is_a_wrapper_without_arguments():
    for wrapper in ("a.b:C", {"entry_point": "a.b:C"}):
        task = validate_task({"name": "X", "num_envs": 1, "wrappers": [wrapper]})
        assert task.wrappers == [{"entry_point": "a.b:C", "kwargs": {}}]
