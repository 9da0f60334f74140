"""Rules between keys, each a function that raises one ConfigError with a value that would work."""

from collections.abc import Callable

from cfg.errors import ConfigError
from cfg.schema.batch import working_sizes
from cfg.schema.config import Config
from cfg.schema.settle import SETTINGS, is_recurrent, sequence_multiple

Rule = Callable[[Config, frozenset[str]], None]

# Which models the agents that fix the kind of action can have.
_MODELS = {
    "a2c_discrete": ("auto", "discrete_a2c", "multi_discrete_a2c"),
    "a2c_continuous": ("auto", "continuous_a2c_logstd", "continuous_a2c_tanh"),
}


def check(config: Config, explicit: frozenset[str]) -> None:
    """Raise ConfigError for the first rule that is broken; `explicit` are the command line's dotted keys."""
    for rule in RULES:
        rule(config, explicit)


def _one_environment(config: Config, _explicit: frozenset[str]) -> None:
    task = config.task
    if task.env and task.entry_point:
        raise ConfigError(f"task {task.name} has both env and entry_point", "keep one of them in its YAML")
    if task.is_open and config.env is None:
        raise ConfigError(
            f"task={task.name} needs an environment", "write env=<Gymnasium id>, e.g. env=LunarLander-v3"
        )
    if not task.is_open and config.env is not None:
        raise ConfigError(
            f"env={config.env} does not go with task={task.name}, which has its own",
            f"write task=Gym env={config.env}",
        )


def _policy_has_a_mode(config: Config, _explicit: frozenset[str]) -> None:
    if config.mode == "train" and config.policy != "checkpoint":
        raise ConfigError(f"policy={config.policy} learns nothing", "add --eval or --play")
    if config.mode != "train" and config.policy == "checkpoint" and config.checkpoint is None:
        raise ConfigError(
            f"--{config.mode} needs a checkpoint",
            "add --checkpoint runs/<run>, or --policy random for a baseline",
        )


def _resume_only_trains(config: Config, _explicit: frozenset[str]) -> None:
    if config.resume is not None and config.mode != "train":
        raise ConfigError(
            f"--resume does not go with --{config.mode}", f"write --{config.mode} --checkpoint PATH"
        )


def _films_are_made(config: Config, explicit: frozenset[str]) -> None:
    for key in ("capture_video_freq", "capture_video_len"):
        if key in explicit and not config.capture_video:
            raise ConfigError(f"{key} is set, but nothing is filmed", "add capture_video=True")
    if "capture_video_freq" in explicit and config.mode != "train":
        raise ConfigError(
            f"capture_video_freq means nothing to --{config.mode}, which makes one film", "leave it out"
        )
    if config.capture_video and config.headless is False and config.mode == "play":
        raise ConfigError(
            "headless=False and capture_video=True: an environment draws a window or a film, not both",
            "give one of them",
        )


def _workers_have_envs(config: Config, _explicit: frozenset[str]) -> None:
    if config.num_workers is None:
        return
    if config.vec_env == "sync":
        raise ConfigError(
            f"num_workers={config.num_workers} means nothing to vec_env=sync", "add vec_env=ray"
        )
    if config.num_workers > config.num_envs:
        raise ConfigError(
            f"num_workers={config.num_workers} is more than num_envs={config.num_envs}",
            f"write num_workers={config.num_envs} or fewer",
        )


def _simulators_are_to_come(config: Config, _explicit: frozenset[str]) -> None:
    if config.sim_device not in ("auto", "cpu"):
        raise ConfigError(
            f"sim_device={config.sim_device} needs vec_env=simulator, which is not built yet",
            "leave it out: these environments run on the CPU",
        )


def _sequences_fit_the_rollout(config: Config, _explicit: frozenset[str]) -> None:
    horizon, length = config.settings.horizon_length, config.settings.seq_length
    if is_recurrent(config) and horizon % length:
        sizes = working_sizes(horizon, 1, near=length)
        raise ConfigError(
            f"{SETTINGS}.seq_length={length} must divide horizon_length={horizon}",
            f"use one of {_listed(sizes)}",
        )


def _minibatches_divide_the_batch(config: Config, _explicit: frozenset[str]) -> None:
    settings = config.settings
    _divides(config, settings.minibatch_size or 0, f"{SETTINGS}.minibatch_size")
    if settings.central_value_config is not None:
        size = settings.central_value_config["minibatch_size"]
        _divides(config, size, f"{SETTINGS}.central_value_config.minibatch_size")


def _divides(config: Config, size: int, key: str) -> None:
    horizon, multiple = config.settings.horizon_length, sequence_multiple(config)
    batch = horizon * config.num_envs
    if size and batch % size == 0 and size % multiple == 0:
        return
    product = f"horizon_length * num_envs = {horizon} * {config.num_envs} = {batch}"
    sequences = f" in whole sequences of {multiple}" if multiple > 1 else ""
    raise ConfigError(
        f"{key}={size} must divide {product}{sequences}",
        f"use one of {_listed(working_sizes(batch, multiple, near=size))}",
    )


def _adaptive_rate_has_a_target(config: Config, _explicit: frozenset[str]) -> None:
    settings = config.settings
    if settings.lr_schedule == "adaptive" and settings.kl_threshold is None:
        raise ConfigError(
            f"{SETTINGS}.lr_schedule=adaptive needs kl_threshold", "write kl_threshold: 0.008 beside it"
        )
    if settings.min_lr > settings.max_lr:
        raise ConfigError(
            f"{SETTINGS}.min_lr={settings.min_lr} is above max_lr={settings.max_lr}", "exchange the two"
        )


def _entropy_falls_with_the_rate(config: Config, _explicit: frozenset[str]) -> None:
    if config.settings.schedule_entropy and config.settings.lr_schedule != "linear":
        raise ConfigError(
            f"{SETTINGS}.schedule_entropy=True needs lr_schedule=linear, not {config.settings.lr_schedule}",
            "write lr_schedule: linear beside it",
        )


def _linear_rate_has_an_end(config: Config, _explicit: frozenset[str]) -> None:
    endless = config.max_iterations is None and config.max_frames is None
    if config.settings.lr_schedule == "linear" and endless:
        raise ConfigError(
            f"{SETTINGS}.lr_schedule=linear has no end to fall to", "add max_iterations= or max_frames="
        )
    central = config.settings.central_value_config or {}
    if central.get("lr_schedule") == "linear" and config.max_iterations is None:
        raise ConfigError(
            f"{SETTINGS}.central_value_config.lr_schedule=linear counts epochs", "add max_iterations="
        )


def _agent_and_model_agree(config: Config, _explicit: frozenset[str]) -> None:
    algo, model = config.train.params.algo.name, config.train.params.model.name
    models = _MODELS.get(algo, (model,))
    if model not in models:
        raise ConfigError(
            f"train.params.model.name={model} does not go with algo.name={algo}",
            f"choose from: {', '.join(models)}",
        )


def _checkpoint_has_one_door(config: Config, _explicit: frozenset[str]) -> None:
    if config.train.params.load_checkpoint:
        raise ConfigError(
            "train.params.load_checkpoint=True has no effect, in rl_games neither", "write checkpoint=PATH"
        )


def _network_has_its_layers(config: Config, _explicit: frozenset[str]) -> None:
    network = config.train.params.network or {}
    mlp = network.get("mlp", {})
    if network.get("normalization") and not (mlp.get("d2rl") or "cnn" in network):
        raise ConfigError(
            "train.params.network.normalization acts on convolutions and d2rl only, and there are neither",
            "leave it out",
        )
    needed = {"actor_critic": "convs", "resnet_actor_critic": "conv_depths"}.get(network.get("name", ""), "")
    if "cnn" in network and network["cnn"].get(needed) is None:
        raise ConfigError(f"train.params.network.cnn.{needed} is missing", f"{network['name']} needs it")


def _listed(sizes: list[int]) -> str:
    return ", ".join(str(size) for size in sizes)


RULES: tuple[Rule, ...] = (
    _one_environment,
    _policy_has_a_mode,
    _resume_only_trains,
    _films_are_made,
    _workers_have_envs,
    _simulators_are_to_come,
    _sequences_fit_the_rollout,
    _minibatches_divide_the_batch,
    _adaptive_rate_has_a_target,
    _entropy_falls_with_the_rate,
    _linear_rate_has_an_end,
    _agent_and_model_agree,
    _checkpoint_has_one_door,
    _network_has_its_layers,
)
