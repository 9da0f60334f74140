"""Settles what a configuration leaves open or says twice, so that everybody else reads one place.

`settle_names` works on the raw values before the types are judged, `settle_numbers` on typed ones after.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from cfg.choices import WITHOUT_WORKERS, default_vec_env
from cfg.errors import ConfigError
from cfg.schema.config import Config
from cfg.schema.ray import RayConfig
from cfg.spec import algorithm_of, resolve

SETTINGS = "train.params.config"
OLDER_NAMES = {"seq_len": "seq_length", "max_steps": "max_frames"}
"""What rl_games called some of its keys before."""


def settle_names(raw: Mapping[str, Any], explicit: frozenset[str]) -> dict[str, Any]:
    """Fill vec_env, num_envs and seed from the task and the train where the command line is silent.

    Args:
        raw: the composed configuration; sections may be of the wrong type, which is judged later.
        explicit: dotted keys given on the command line.
    """
    task, params = section(raw, "task"), section(section(raw, "train"), "params")
    settings = section(params, "config")
    # What a module registers is known once it is imported: then `rl_games` is kept or becomes sync.
    unsaid = "rl_games" if raw.get("imports") else default_vec_env(str(task.get("env") or raw.get("env")))
    unsaid = "simulator" if task.get("simulator") else unsaid
    vec_envs = {"vec_env": raw.get("vec_env"), "task.vec_env": task.get("vec_env") or unsaid}
    num_envs = {
        "num_envs": raw.get("num_envs"),
        f"{SETTINGS}.num_actors": settings.get("num_actors"),
        "task.num_envs": task.get("num_envs"),
    }
    seeds = {"train.params.seed": params.get("seed"), "seed": raw.get("seed")}
    settled = {
        **raw,
        "vec_env": _first(vec_envs, explicit),
        "num_envs": _first(num_envs, explicit),
        "seed": _first(seeds, explicit),
    }
    if isinstance(params.get("config"), Mapping):
        newest = {**settings, **_newer_names(settings, explicit)}
        settled["train"] = {**raw["train"], "params": {**params, "config": newest, "seed": None}}
    return settled


def settle_numbers(config: Config, explicit: frozenset[str]) -> Config:
    """Draw the seed, settle budget and device, and let the algorithm fit what nobody asked for."""
    budget = _budget(config, explicit)
    changes: dict[str, Any] = dict(budget)
    if config.seed == -1:
        changes["seed"] = secrets.randbelow(2**31)
    if config.rl_device == "auto" or ("device" in explicit and "rl_device" not in explicit):
        changes["rl_device"] = config.device
    if config.vec_env == "simulator":
        changes |= _shared_device(config, changes.get("rl_device", config.rl_device), explicit)
    if config.vec_env in WITHOUT_WORKERS and "num_workers" not in explicit:
        changes["num_workers"] = None
    if config.vec_env != "ray" and not any(key.split(".")[0] == "ray" for key in explicit):
        changes["ray"] = RayConfig()  # a run on a cluster, played or resumed elsewhere
    mirrored = {
        "num_actors": config.num_envs,
        "max_epochs": budget["max_iterations"] or -1,
        "max_frames": budget["max_frames"] or -1,
        **dict.fromkeys(OLDER_NAMES.keys() & type(config.settings).model_fields.keys()),
        **resolve(algorithm_of(config).settle)(config, explicit),
    }
    settings = config.settings.model_copy(update=mirrored)
    params = config.train.params.model_copy(update={"config": settings})
    changes["train"] = config.train.model_copy(update={"params": params})
    return config.model_copy(update=changes)


def _shared_device(config: Config, rl_device: str, explicit: frozenset[str]) -> dict[str, str]:
    """A simulator and what learns from it share one: that which is named alone names it for both."""
    is_named = bool({"device", "rl_device"} & explicit)
    if is_named and "sim_device" not in explicit:
        return {"sim_device": "auto"}  # whatever a saved run says
    if config.sim_device != "auto" and (rl_device == "auto" or ("sim_device" in explicit and not is_named)):
        return {"rl_device": config.sim_device}
    return {}


def section(raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The keys below `key`; none where something else stands there, which is judged later."""
    value = raw.get(key)
    return value if isinstance(value, Mapping) else {}


def _first(values: Mapping[str, Any], explicit: frozenset[str]) -> Any:
    """Of one thing said under several keys: the value from the command line, else the first there is."""
    given = {key: value for key, value in values.items() if value is not None}
    asked = {key: value for key, value in given.items() if key in explicit}
    if len(set(map(str, asked.values()))) > 1:
        said = " and ".join(f"{key}={value}" for key, value in asked.items())
        raise ConfigError(f"{said} differ", "give one of them")
    return next(iter((asked or given).values()), None)


def _newer_names(settings: Mapping[str, Any], explicit: frozenset[str]) -> dict[str, Any]:
    """Values given under a name that rl_games has since changed (and 1.6.5 drops or trips over)."""
    newer: dict[str, Any] = {}
    for old, new in OLDER_NAMES.items():
        if settings.get(old) is not None:
            if {f"{SETTINGS}.{old}", f"{SETTINGS}.{new}"} <= explicit:
                raise ConfigError(f"{SETTINGS}.{old} is an older name of {new}", f"give {new} alone")
            if f"{SETTINGS}.{new}" not in explicit:
                newer[new] = settings[old]
    return newer


def _budget(config: Config, explicit: frozenset[str]) -> dict[str, int | None]:
    """Epochs and frames in force. One given on the command line replaces the train's defaults of both.

    null is what they are where nobody says anything: -1 for the train's own key lifts a limit.
    """
    settings = config.settings
    own = {"max_iterations": settings.max_epochs, "max_frames": settings.max_frames}
    own_keys = {"max_iterations": f"{SETTINGS}.max_epochs", "max_frames": f"{SETTINGS}.max_frames"}
    given = {"max_iterations": config.max_iterations, "max_frames": config.max_frames}
    asked = {key for key, value in given.items() if key in explicit and value is not None}
    budget: dict[str, int | None] = {}
    for key, limit in own.items():
        unlimited = None if limit == -1 else limit
        if key in asked:
            budget[key] = given[key]
        elif own_keys[key] in explicit:
            budget[key] = unlimited
        else:
            budget[key] = None if asked else given[key] or unlimited
    return budget
