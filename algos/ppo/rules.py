"""Rules between PPO's keys, each a function that raises one ConfigError with a value that would work."""

import math

from algos.ppo.geometry import is_recurrent, sequence_multiple
from algos.ppo.settings import PPOSettings
from cfg.errors import ConfigError
from cfg.schema import Config
from cfg.schema.batch import working_sizes
from cfg.schema.network_rules import judge_network
from cfg.schema.settle import SETTINGS

# Which models the agents that fix the kind of action can have.
_MODELS = {
    "a2c_discrete": ("auto", "discrete_a2c", "multi_discrete_a2c"),
    "a2c_continuous": ("auto", "continuous_a2c_logstd"),
}
# Builders of rl_games' that make no critic without a policy.
_POLICIES = ("resnet_actor_critic", "soft_actor_critic")


def _sequences_fit_the_rollout(config: Config[PPOSettings], _explicit: frozenset[str]) -> None:
    horizon, length = config.settings.horizon_length, config.settings.seq_length
    if is_recurrent(config) and horizon % length:
        sizes = working_sizes(horizon, 1, near=length)
        raise ConfigError(
            f"{SETTINGS}.seq_length={length} must divide horizon_length={horizon}",
            f"use one of {_listed(sizes)}",
        )


def _minibatches_divide_the_batch(config: Config[PPOSettings], _explicit: frozenset[str]) -> None:
    settings = config.settings
    _divides(config, settings.minibatch_size or 0, f"{SETTINGS}.minibatch_size")
    if settings.central_value_config is not None:
        size = settings.central_value_config["minibatch_size"]
        _divides(config, size, f"{SETTINGS}.central_value_config.minibatch_size")


def _advantages_have_a_spread(config: Config[PPOSettings], _explicit: frozenset[str]) -> None:
    settings = config.settings
    if settings.normalize_advantage and settings.horizon_length * config.num_envs == 1:
        raise ConfigError(
            f"{SETTINGS}.horizon_length=1 with num_envs=1: one advantage has no deviation to normalise it by",
            "use horizon_length=16, or more environments",
        )


def _divides(config: Config[PPOSettings], size: int, key: str) -> None:
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


def _rates_are_in_order(config: Config[PPOSettings], _explicit: frozenset[str]) -> None:
    settings = config.settings
    if settings.lr_schedule == "adaptive" and settings.kl_threshold is None:
        raise ConfigError(
            f"{SETTINGS}.lr_schedule=adaptive needs kl_threshold", "write kl_threshold: 0.008 beside it"
        )
    if settings.lr_schedule == "linear" and settings.min_lr > settings.learning_rate:
        raise ConfigError(
            f"{SETTINGS}.min_lr={settings.min_lr} is above learning_rate={settings.learning_rate}, "
            "and a linear rate falls to it",
            f"write {SETTINGS}.min_lr={settings.learning_rate} or less",
        )
    if settings.min_lr > settings.max_lr:
        raise ConfigError(
            f"{SETTINGS}.min_lr={settings.min_lr} is above max_lr={settings.max_lr}", "exchange the two"
        )


def _entropy_falls_with_the_rate(config: Config[PPOSettings], _explicit: frozenset[str]) -> None:
    if config.settings.schedule_entropy and config.settings.lr_schedule != "linear":
        raise ConfigError(
            f"{SETTINGS}.schedule_entropy=True needs lr_schedule=linear, not {config.settings.lr_schedule}",
            "write lr_schedule: linear beside it",
        )


def _linear_rate_has_an_end(config: Config[PPOSettings], _explicit: frozenset[str]) -> None:
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


def _sigma_has_room(config: Config[PPOSettings], _explicit: frozenset[str]) -> None:
    if config.settings.max_sigma is None:
        return
    key = f"{SETTINGS}.max_sigma={config.settings.max_sigma}"
    start, end = config.settings.max_sigma
    if start != end and config.max_iterations is None and config.max_frames is None:
        raise ConfigError(f"{key} has no end to get to", "add max_iterations= or max_frames=")
    # Of a resumed run sigma says where it began, and the noise may have come down since.
    if config.sigma is not None and config.resume is None and config.sigma > math.log(start):
        raise ConfigError(
            f"{key} is below sigma={config.sigma}, which is a logarithm",
            f"use sigma={math.floor(math.log(start) * 100.0) / 100.0}",
        )
    head = ((config.train.params.network or {}).get("space") or {}).get("continuous") or {}
    least = head.get("min_sigma", 0.0)
    if bounds := head.get("logstd_bounds"):
        least += math.exp(bounds[0])
    if min(start, end) <= least:
        raise ConfigError(
            f"{key} is not above the least sigma of train.params.network.space.continuous, {least:.3g}",
            f"keep both above {least:.3g}",
        )


def _agent_and_model_agree(config: Config[PPOSettings], _explicit: frozenset[str]) -> None:
    algo, model = config.train.params.algo.name, config.train.params.model.name
    models = _MODELS.get(algo, (model,))
    if model not in models:
        raise ConfigError(
            f"train.params.model.name={model} does not go with algo.name={algo}",
            f"choose from: {', '.join(models)}",
        )


def _network_is_an_actor_critic(config: Config[PPOSettings], _explicit: frozenset[str]) -> None:
    network = config.train.params.network or {}
    if network.get("name") == "soft_actor_critic":
        raise ConfigError(
            "network soft_actor_critic is SAC's and not PPO's", "use network=auto, or train=SAC"
        )
    if network.get("central_value"):
        raise ConfigError("train.params.network.central_value=True leaves out the policy", "leave it out")
    if "log_std_bounds" in network:
        raise ConfigError("train.params.network.log_std_bounds is read by SAC only", "leave it out")


def _critic_reads_its_network(config: Config[PPOSettings], _explicit: frozenset[str]) -> None:
    network = (config.settings.central_value_config or {}).get("network", {})
    path = f"{SETTINGS}.central_value_config.network"
    if network.get("name") in _POLICIES:
        raise ConfigError(
            f"{path}.name={network['name']} builds no critic by itself", f"write {path}.name=actor_critic"
        )
    judge_network(network, path)
    if network.get("space"):
        raise ConfigError(f"{path}.space: a critic alone takes no actions", "leave it out")
    if network.get("separate"):
        raise ConfigError(f"{path}.separate=True: a critic alone has nobody to part from", "leave it out")


def _critic_reads_where_episodes_end(config: Config[PPOSettings], _explicit: frozenset[str]) -> None:
    """rl_games misreads the marks of a sequence that is alone in its minibatch; the policy's are mended."""
    settings = config.settings
    central = settings.central_value_config or {}
    is_recurrent = "rnn" in central.get("network", {})
    size = central.get("minibatch_size")
    if is_recurrent and settings.zero_rnn_on_done and size == settings.seq_length:
        raise ConfigError(
            f"{SETTINGS}.central_value_config.minibatch_size={size} is a single sequence "
            f"of seq_length={settings.seq_length}, and rl_games' critic needs two or more",
            "give it more, or seq_length less",
        )


def _listed(sizes: list[int]) -> str:
    return ", ".join(str(size) for size in sizes)


RULES = (
    _advantages_have_a_spread,
    _sequences_fit_the_rollout,
    _minibatches_divide_the_batch,
    _rates_are_in_order,
    _entropy_falls_with_the_rate,
    _linear_rate_has_an_end,
    _sigma_has_room,
    _agent_and_model_agree,
    _network_is_an_actor_critic,
    _critic_reads_its_network,
    _critic_reads_where_episodes_end,
)
