"""Composes what a command line asks for: YAML choices, or a run's saved configuration, then overrides.

Choices are composed by Hydra (`cfg.groups`), put together here, and judged once by `cfg.schema.validate`.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from cfg.choices import ALGORITHMS
from cfg.errors import ConfigError
from cfg.flags import Request
from cfg.foreign_yaml import judge_plain, require_readable, text_of
from cfg.groups import Load, groups, load_top, read_yaml
from cfg.listing import group_names
from cfg.overrides import NOTHING, Overrides, read
from cfg.plain import plain_values
from cfg.runs import CONFIG, find, find_run
from cfg.schema import Config, TaskConfig, validate, validate_task
from cfg.schema.render import shown
from cfg.stock.compose import stock_file, stock_tree
from cfg.stock.reading import StockFile
from cfg.stock.translate import refitted

# What a run says about itself and its successors do not inherit.
_OWN_TO_A_COMMAND = (
    *("mode", "checkpoint", "restore", "resume", "file", "policy", "test", "max_wall_s", "run_dir", "jobs"),
)
# What only a resumed run inherits: playing a run that was filmed makes no film unasked.
_OWN_TO_TRAINING = ("capture_video",)
# What a resumed run must keep, because its checkpoint and its metrics depend on it.
_FIXED_ON_RESUME = (
    "task.name",
    "task.env",
    "task.entry_point",
    "task.wrappers",
    "env",
    "experiment",
    "network",
    "train.params.network",
    "train.params.algo.name",
    "train.params.model.name",
    "train.params.config.normalize_input",
    "train.params.config.normalize_value",
)
# Likewise, but no part of the fingerprint, which older runs have: where a run started, which a resume has
# left behind, and the critic that it has or has not.
_FIXED_SINCE = (
    "sigma",
    "train.params.config.central_value_config.network",
    "train.params.config.central_value_config.normalize_input",
)


def _keep_quiet(_note: str) -> None:
    """For those who only want the configuration."""


def compose(request: Request, tell: Callable[[str], None] = _keep_quiet) -> Config:
    """The judged configuration of a command line.

    Args:
        request: the command line.
        tell: is given what a stock rl_games YAML says and rlgx does otherwise, a line at a time.

    Raises:
        ConfigError: for a mistake in it.
        CheckpointError: for a checkpoint or run that is not there.
    """
    overrides = read(request.overrides)
    stock = stock_file(overrides)
    if stock is not None:
        return _from_stock(stock, overrides, tell)
    saved = _saved(overrides)
    with groups() as load:
        tree = _fresh(overrides, load) if saved is None else _from_run(saved, overrides, load)
        before = None if saved is None else _from_run(saved, NOTHING, load)
    overrides.apply(tree)
    config = _judged(tree, overrides)
    if before is not None and config.resume is not None:
        _refuse_changes(config, _judged(before, NOTHING))
    return config


def load_task(name: str) -> TaskConfig:
    """The task of a YAML file by itself. Raises ConfigError."""
    return validate_task(_resolved_section("task", name))


def load_network(name: str) -> dict[str, Any]:
    """The block of a network's YAML file, as rl_games reads it. Raises ConfigError."""
    return _resolved_section("network", name)


def dump(config: Config) -> str:
    """YAML text from which `compose` makes the same configuration again.

    Raises ConfigError for one that it would refuse to read: no run is begun that could not be resumed.
    """
    text = OmegaConf.to_yaml(OmegaConf.create(config.model_dump()))
    require_readable(text, "the configuration")
    return text


def fingerprint(config: Config) -> str:
    """Checksum of what a resumed run must keep, to be told from another run's."""
    values = config.model_dump()
    kept = [_value_at(values, key) for key in _FIXED_ON_RESUME]
    return hashlib.sha256(json.dumps(kept, sort_keys=True, default=str).encode()).hexdigest()


def _saved(overrides: Overrides) -> DictConfig | None:
    """The configuration of the run that is played, evaluated or resumed; None for a fresh start."""
    checkpoint, resume = overrides.last("checkpoint"), overrides.last("resume")
    if resume is not None and checkpoint is not None:
        raise ConfigError(
            "resume and checkpoint name two starts", "give --resume to go on, checkpoint= to start anew"
        )
    if resume is not None:
        return _read_run(str(find_run(str(resume))))
    if checkpoint is None:
        return None
    run = find(str(checkpoint), "checkpoint").run
    if _mode(overrides) == "train" or (run is None and "task" in overrides.choices):
        return None
    if run is None:
        raise ConfigError(
            f"checkpoint={checkpoint} belongs to no run, so its task is unknown", "add task=NAME"
        )
    return _read_run(str(run))


def _read_run(run: str) -> DictConfig:
    name = f"{run}/{CONFIG}"
    text = text_of(Path(name), name)
    saved = read_yaml(name, lambda _name: _plain_tree(text, name))
    for group in ("task", "train"):
        if not isinstance(saved.get(group), DictConfig) or not isinstance(saved[group].get("name"), str):
            raise ConfigError(f"{name} has no {group}.name, so it is no run's", "name another run")
    if not isinstance(saved.get("network", "auto"), str):
        raise ConfigError(f"{name}: network is no name", "name another run")
    return saved


def _plain_tree(text: str, name: str) -> Any:
    judge_plain(text, name)
    return OmegaConf.create(text)


def _mode(overrides: Overrides) -> str:
    return "play" if overrides.last("test") is True else str(overrides.last("mode", "train"))


def _from_stock(stock: StockFile, overrides: Overrides, tell: Callable[[str], None]) -> Config:
    with groups() as load:
        tree, notes = stock_tree(stock, _mode(overrides), overrides, load)
    overrides.apply(tree)
    config = _judged(tree, overrides)
    for note in (*notes, *refitted(stock, config)):
        tell(note)
    return config


def _fresh(overrides: Overrides, load: Load) -> DictConfig:
    tree = load_top()
    task = overrides.choices.get("task", str(tree.task))
    choices = {
        "task": task,
        "train": overrides.choices.get("train") or tree.train or _default_train(task),
        "network": overrides.choices.get("network", tree.network),
    }
    _put(tree, choices, load)
    return tree


def _from_run(saved: DictConfig, overrides: Overrides, load: Load) -> DictConfig:
    """The run's own content; a choice that differs from the run's is composed anew."""
    tree = load_top()
    own = _OWN_TO_A_COMMAND if _mode(overrides) == "train" else (*_OWN_TO_A_COMMAND, *_OWN_TO_TRAINING)
    for key in saved:
        if key not in own:
            tree[key] = saved[key]
    names = {"task": saved.task.name, "train": saved.train.name, "network": saved.get("network", "auto")}
    choices = {group: name for group, name in overrides.choices.items() if name != names[group]}
    if "train" in choices:
        choices.setdefault("network", names["network"])
    _put(tree, choices, load)
    return tree


def _put(tree: DictConfig, choices: dict[str, str], load: Load) -> None:
    """Put chosen groups into `tree`.

    A network replaces the block whole: groups that merge would leave an LSTM's `rnn` behind an MLP.
    """
    for group in ("task", "train"):
        if group in choices:
            tree[group] = load(group, choices[group])
            tree[group].name = choices[group]
    if "network" not in choices:
        return
    tree.network = choices["network"]
    if tree.network != "auto":
        block = load("network", tree.network)
    elif "train" in choices:
        return  # it has its own network, or none
    else:
        block = OmegaConf.select(load("train", tree.train.name), "params.network")
    OmegaConf.update(tree, "train.params.network", block, merge=False, force_add=True)


def _default_train(task: str) -> str:
    """The task's own train, of the first algorithm that has one; else the generic PPO."""
    names = group_names("train")
    own = (f"{task}{algorithm.upper()}" for algorithm in ALGORITHMS)
    return next((name for name in own if name in names), "PPO")


def _judged(tree: DictConfig, overrides: Overrides) -> Config:
    return validate(_named(plain_values(tree), overrides), overrides.explicit)


def _named(raw: dict[str, Any], overrides: Overrides) -> dict[str, Any]:
    """`raw` with IsaacGymEnvs' `test` as a mode, and with `resume` as the run's directory."""
    for group in ("task", "train"):
        if f"{group}.name" in overrides.explicit:
            raise ConfigError(f"{group}.name is the name of its file", f"choose with {group}=NAME")
    named = {key: value for key, value in raw.items() if key not in ("test", "file")}
    if not isinstance(raw["test"], bool):
        raise ConfigError(f"test={raw['test']} is not allowed", "give True or False")
    if raw["test"]:
        if overrides.last("mode", "play") != "play":
            raise ConfigError(f"test=True means --play, and mode={raw['mode']} was given", "give one of them")
        named["mode"] = "play"
    if raw["resume"] is not None:
        named["resume"] = str(find_run(str(raw["resume"])))
    return named


def _resolved_section(group: str, name: str) -> dict[str, Any]:
    with groups() as load:
        tree = OmegaConf.create({group: load(group, name)})
    section: dict[str, Any] = plain_values(tree)[group]
    return {**section, "name": name} if group == "task" else section


def _refuse_changes(config: Config, saved: Config) -> None:
    now, before = config.model_dump(), saved.model_dump()
    for key in (*_FIXED_ON_RESUME, *_FIXED_SINCE):
        new, old = _value_at(now, key), _value_at(before, key)
        if new != old:
            raise ConfigError(
                f"{key} cannot change on a resume: the run has {shown(old)}, not {shown(new)}",
                "leave it out, or start a new run from this one's weights with checkpoint=",
            )


def _value_at(values: Any, key: str) -> Any:
    """The value at a dotted key; None where the algorithm has no such setting."""
    for part in key.split("."):
        values = values.get(part) if isinstance(values, dict) else None
    return values
