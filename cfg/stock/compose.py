"""Puts a translated stock YAML into the tree of keys that every configuration is composed from."""

from typing import Any

from omegaconf import DictConfig, OmegaConf

from cfg.errors import ConfigError
from cfg.groups import Load, load_top
from cfg.overrides import Overrides
from cfg.stock.reading import StockFile, read_stock
from cfg.stock.translate import Command, translate


def stock_file(overrides: Overrides) -> StockFile | None:
    """The file that `file=` names; None without one.

    Raises ConfigError for a file that cannot be read, or beside a choice that says the same otherwise.
    """
    path = overrides.last("file")
    if path is None:
        return None
    for group in ("task", "train"):
        if group in overrides.choices:
            said = f"{group}={overrides.choices[group]}"
            raise ConfigError(f"{said} does not go with file={path}, which says it", f"leave {group}= out")
    if overrides.last("resume") is not None:
        raise ConfigError(f"resume= does not go with file={path}: a run knows its own", "leave file= out")
    return read_stock(str(path))


def stock_tree(
    file: StockFile, mode: str, overrides: Overrides, load: Load
) -> tuple[DictConfig, tuple[str, ...]]:
    """The tree before overrides, and what differs from rl_games, a line each."""
    env, network = overrides.last("env"), overrides.choices.get("network", "auto")
    command = Command(mode, None if env is None else str(env), network, overrides.explicit)
    translation = translate(file, command)
    tree = load_top()
    tree.task = load("task", "Gym")
    tree.task.name = "Gym"
    values: dict[str, Any] = {**translation.values}
    tree.task.merge_with(OmegaConf.create(values.pop("task")))
    for key, value in values.items():
        tree[key] = value
    if network != "auto":
        tree.network = network
        block = load("network", network)
        OmegaConf.update(tree, "train.params.network", block, merge=False, force_add=True)
    return tree, translation.notes
