"""What a stock rl_games YAML says, in rlgx's own keys, and every difference in a line. Judges no value.

The result is composed into a configuration like any other and judged by the same schema.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from cfg.display import has_display
from cfg.errors import ConfigError
from cfg.schema import Config, Params
from cfg.schema.host_keys import SET_ELSEWHERE, TO_COME, is_harmless
from cfg.schema.network import BUILDERS
from cfg.schema.network_rules import unread_keys, without_keys
from cfg.schema.settle import OLDER_NAMES
from cfg.schema.validate import refuse_targets
from cfg.spec import find, resolve
from cfg.stock.reading import StockFile
from cfg.stock.unread import without_unread
from cfg.stock.world import World
from cfg.stock.worlds import world_of

# Read by rl_games' players and without a counterpart here.
PLAYER_WITHOUT_EFFECT = (
    *("balance_env_rewards", "device_name", "dir_to_monitor", "env_config", "evaluation", "n_game_life"),
    *("print_stats", "render_sleep", "update_checkpoint_freq", "use_vecenv"),
)
_PLAYER = ("games_num", "deterministic", "render", *PLAYER_WITHOUT_EFFECT)

_WITHOUT_EFFECT = {
    "use_diagnostics": "use_diagnostics is not built: there are no curves diagnostics/*",
    "multi_gpu": "multi_gpu is not built: one process learns",
    "torch_compile": "torch_compile={value} has no effect: networks run uncompiled",
    **dict.fromkeys(("train_dir", "network_path", "log_path"), "{key}={value} yields to ./runs"),
    "print_stats": "print_stats has no effect: rlgx prints its own progress",
    "capability_manifest": "capability_manifest is not kept in checkpoints",
}
_READ_BY_NOBODY = ("bptt_length",)
# By algorithm, where rl_games differs from the schema when a file is silent: the names of a key, the newest
# last, and the value of the first that holds where none is given.
_HOST_DEFAULTS: dict[str, dict[tuple[str, ...], Any]] = {
    "ppo": {("shuffle_minibatches",): False},
    "sac": {
        ("num_updates_per_step", "utd_ratio"): 1,
        ("num_warmup_steps", "num_warmup_frames"): 1000,
        ("save_best_after",): 500,
        ("num_actors",): 1,
    },
}
_UNBUILT_NETWORKS = {
    "tcnnnet": "needs tiny-cuda-nn, which is not built",
    **dict.fromkeys(("connect4net", "testnet", "testnet_aux_loss"), "belongs to an environment of rl_games'"),
}
_SCHEDULES = ("adaptive", "linear", "constant", "identity", "None", "none", "null", None)


@dataclass(frozen=True)
class Command:
    """What the command line says beside the file: its mode, env and network, and its dotted keys."""

    mode: str
    env: str | None
    network: str
    explicit: frozenset[str]


@dataclass(frozen=True)
class Translation:
    """Values under rlgx's top-level keys, and the differences to rl_games, a line each."""

    values: dict[str, Any]
    notes: tuple[str, ...]


def translate(file: StockFile, command: Command) -> Translation:
    """A stock file in rlgx's words.

    Raises:
        ConfigError: for an environment that cannot run here, an algorithm that is not known, or code.
    """
    refuse_targets(file.params, "params.")
    draft = _Draft(file, command)
    draft.translate_environment()
    draft.translate_settings()
    draft.translate_names()
    draft.translate_player()
    draft.translate_params()
    return Translation(draft.values, tuple(draft.notes()))


def refitted(file: StockFile, config: Config) -> Iterator[str]:
    """Differences that only the judged configuration shows: minibatches that had to be fitted."""
    said, now = file.params["config"], config.settings.model_dump()
    places = [("minibatch_size", said, now)]
    if said.get("central_value_config") and now.get("central_value_config"):
        inner = (said["central_value_config"], now["central_value_config"])
        places.append(("central_value_config.minibatch_size", *inner))
    for key, before, after in places:
        size = before.get("minibatch_size")
        if size is not None and after["minibatch_size"] != size:
            batch = f"{now['horizon_length']} * {config.num_envs}"
            yield f"{key}={size} does not divide the batch of {batch}: {after['minibatch_size']} does"


class _Draft:
    """A file on its way: what is translated leaves `settings`, and is put into `values` or told."""

    def __init__(self, file: StockFile, command: Command) -> None:
        self.values: dict[str, Any] = {"restore": "all"}
        self._file = file
        self._command = command
        self._params = deepcopy(file.params)
        self._settings: dict[str, Any] = self._params["config"]
        self._unread = list(file.outside)
        self._told: list[str] = []

    def notes(self) -> Iterator[str]:
        """All differences, those of the reading first."""
        yield from self._file.notes
        yield from dict.fromkeys(self._told)
        if self._unread:
            yield f"keys that no code reads: {', '.join(dict.fromkeys(self._unread))}"

    def translate_environment(self) -> None:
        """env_name and env_config; an `env=` of the command line replaces both."""
        name, config = self._settings.pop("env_name", None), self._settings.pop("env_config", None) or {}
        self._settings.pop("vecenv_type", None)
        if self._command.env is not None:
            self.values["task"] = {}
            self._tell(f"env={self._command.env} replaces the file's env_name={name}")
            return
        if name is None:
            raise ConfigError("params.config.env_name is missing", "name the environment with env=")
        if not isinstance(config, Mapping):
            raise ConfigError(f"params.config.env_config={config} is not allowed", "give keys with values")
        world = world_of(name, config)
        self._put_world(world)
        seed = config.get("seed")
        if seed is not None and seed != self._params.get("seed"):
            self._tell(f"env_config.seed={seed} has no effect: every environment's seed is made from seed")

    def _put_world(self, world: World) -> None:
        self.values["env"] = world.env
        self.values["env_kwargs"] = dict(world.env_kwargs)
        self.values["task"] = {
            "wrappers": [dict(wrapper) for wrapper in world.wrappers],
            "max_episode_steps": world.max_episode_steps,
        }
        self._told.extend(world.notes)
        self._unread.extend(world.unread)

    def translate_settings(self) -> None:
        """Keys of rl_games' that mean something else here, or nothing."""
        settings = self._settings
        score = settings.pop("score_to_win", None)
        if score is not None:
            self.values["task"]["solve_at"] = score
            self._tell(f"score_to_win={score} is judged by evaluation, not by episodes of training")
        for key in ("device", "device_name"):
            device = settings.pop(key, None)
            if device is not None:
                self._tell(f"{key}={device} yields to device=, which is auto unless the command line says")
        for key in [*_WITHOUT_EFFECT, *_READ_BY_NOBODY]:
            value = settings.pop(key, None)
            if key in _READ_BY_NOBODY and value is not None:
                self._unread.append(f"config.{key}")
            elif value is not None and not is_harmless(key, value):
                self._tell(_WITHOUT_EFFECT[key].format(key=key, value=value))
        schedule = settings.get("lr_schedule")
        if schedule not in _SCHEDULES:
            settings["lr_schedule"] = "constant"
            self._tell(f"lr_schedule={schedule} is none of rl_games', which keeps the rate constant")
        self._translate_older_names()
        if settings.pop("use_experimental_cv", True) and settings.get("central_value_config"):
            self._tell("beside the central value, the policy's network learns no value of its own")

    def _translate_older_names(self) -> None:
        for older, newer in OLDER_NAMES.items():
            if self._settings.get(newer) is not None:
                self._drop_older(older)
            elif (value := self._settings.get(older)) is not None:
                self._tell(f"{older}={value} is read as {newer}, which rl_games 1.6.5 does not do")

    def translate_names(self) -> None:
        """The experiment's name, which becomes the first part of the run directory's."""
        short, full = (self._settings.pop(key, None) for key in ("name", "full_experiment_name"))
        name = re.sub(r"[^\w.+-]+", "-", str(full or short or "")).lstrip(".-")[:100]
        self.values["experiment"] = re.sub(r"\.\.+", ".", name) or None

    def translate_player(self) -> None:
        """How a policy is played; what only playing needs is said only there."""
        player = self._settings.pop("player", None) or {}
        if not isinstance(player, Mapping):
            raise ConfigError(f"params.config.player={player} is not allowed", "give keys with values")
        self._unread.extend(f"config.player.{key}" for key in player if key not in _PLAYER)
        self.values["deterministic"] = player.get("deterministic", True)
        if self._command.mode != "play":
            return
        if "games_num" in player:
            self.values["episodes"] = player["games_num"]
        elif "episodes" not in self._command.explicit:
            self._tell("player.games_num is not given: rl_games would play on and on, here episodes=10")
        self.values["headless"] = None if player.get("render") else True
        if player.get("render") and not has_display():
            self._tell("player.render=True yields to the missing display")
        for key in PLAYER_WITHOUT_EFFECT:
            if player.get(key) is not None and player[key] != _AT_REST.get(key):
                self._tell(f"player.{key}={player[key]} has no effect: {_PLAYED_HERE}")

    def translate_params(self) -> None:
        """The rest of `params`, without what no code reads."""
        params = {**self._params, "config": self._settings}
        if self._command.network != "auto":
            params.pop("network", None)
        _refuse_unbuilt(_name_of(params.get("network")))
        algo = params["algo"].get("name")
        for key in ("load_checkpoint", "load_path"):
            if params.pop(key, None) is not None:
                self._unread.append(key)
        if isinstance(algo, str):
            spec = find(algo)
            settings: Any = resolve(spec.settings)
            self._put_defaults(_HOST_DEFAULTS.get(spec.name, {}))
            known = {f"config.{key}" for key in (*SET_ELSEWHERE, *TO_COME)}
            if _name_of(params.get("network")) not in BUILDERS:
                known.add("network")
            _mend_sigma(params, self._tell)
            params, unread = without_unread(params, Params[settings], frozenset(known))
            self._unread.extend(unread)
        network = params.get("network")
        if isinstance(network, Mapping):
            params["network"] = self._translate_network(network)
        if params.get("seed") is None and not {"seed", "train.params.seed"} & self._command.explicit:
            self._tell("no seed is given: rl_games would take the clock's, here it is seed=42")
        self.values["train"] = {"name": self._file.name, "params": params}

    def _put_defaults(self, defaults: Mapping[tuple[str, ...], Any]) -> None:
        for (older, *newer), value in defaults.items():
            if self._settings.get(older) is None and all(self._settings.get(key) is None for key in newer):
                self._settings[older] = value
            elif any(self._settings.get(key) is not None for key in newer):
                self._drop_older(older)

    def _drop_older(self, older: str) -> None:
        """rl_games reads the newer name of two that say the same."""
        if self._settings.pop(older, None) is not None:
            self._unread.append(f"config.{older}")

    def _translate_network(self, network: Mapping[str, Any]) -> Mapping[str, Any]:
        unread = list(unread_keys(network))
        self._unread.extend(f"network.{key}" for key in unread)
        network = without_keys(network, unread)
        if network.get("normalization"):
            self._tell(
                "network.normalization acts on every layer; rl_games 1.6.5 leaves plain ones as they are"
            )
        return network

    def _tell(self, note: str) -> None:
        self._told.append(note)


_AT_REST = {"n_game_life": 1, "print_stats": True, "use_vecenv": True, "evaluation": False}
_PLAYED_HERE = "whole games are played, in vector environments, and a table is printed"


def _name_of(network: Any) -> str:
    return str(network.get("name")) if isinstance(network, Mapping) else ""


def _refuse_unbuilt(network: str) -> None:
    if network in _UNBUILT_NETWORKS:
        raise ConfigError(
            f"params.network.name={network} {_UNBUILT_NETWORKS[network]}",
            "write network=NAME, e.g. network=mlp",
        )


def _mend_sigma(params: Mapping[str, Any], tell: Callable[[str], None]) -> None:
    """sigma_init.value, which some stock files have and rl_games trips over, as sigma_init.val."""
    try:
        sigma = params["network"]["space"]["continuous"]["sigma_init"]
        value = sigma.pop("value")
    except (KeyError, TypeError, AttributeError):
        return
    sigma.setdefault("val", value)
    tell(f"sigma_init.value={value} is read as val: rl_games fails on it")
