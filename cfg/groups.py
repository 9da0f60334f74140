"""Single YAML choices composed with their bases by Hydra's compose API. Judges only that they can be read."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from cfg import folders
from cfg.errors import ConfigError, did_you_mean
from cfg.listing import group_names

Load = Callable[[str, str], DictConfig]


@contextmanager
def groups() -> Iterator[Load]:
    """Gives `load(group, name)`; Hydra's state of the process is restored at the end."""
    with initialize_config_dir(str(folders.ROOT.resolve()), version_base="1.3"):
        yield _load


def load_top() -> DictConfig:
    """The top-level keys with their defaults."""
    return read_yaml(str(folders.ROOT / "config.yaml"), OmegaConf.load)


def read_yaml(name: str, load: Callable[[str], object]) -> DictConfig:
    """A YAML file or choice as an open tree. Raises ConfigError naming file and line."""
    try:
        tree = load(name)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{name if '<' in mark.name else mark.name} line {mark.line + 1}" if mark else name
        raise ConfigError(f"{place}: {error.problem or 'no YAML'}", "mend the file") from None
    except (
        HydraException,
        OmegaConfBaseException,
        yaml.YAMLError,
        OSError,
        ValueError,
        RecursionError,
    ) as error:
        raise ConfigError(f"{name} cannot be read: {_first_line(error)}", "mend the file") from None
    if not isinstance(tree, DictConfig):
        raise ConfigError(f"{name} holds no keys", "write key: value lines")
    OmegaConf.set_struct(tree, False)
    return tree


def _load(group: str, name: str) -> DictConfig:
    names = group_names(group)
    if name not in names:
        raise _unknown(group, name, names)
    composed = read_yaml(f"{group}/{name}", lambda _name: hydra_compose(overrides=_asked(group, name)))
    section = composed[group]
    if not isinstance(section, DictConfig):
        raise ConfigError(f"{folders.choices(group)[name].path} holds no keys", "write key: value lines")
    return section


def _unknown(group: str, name: str, names: list[str]) -> ConfigError:
    for short in (folders.ROOT / group).glob("*.yml"):
        if short.stem == name:
            return ConfigError(f"{group}={name} is not known: {short} is not read", f"call it {name}.yaml")
    mine = Path("cfg", group, f"{name}.yaml")
    if os.path.isfile(mine):  # which answers for names, too, that no file can have
        return ConfigError(
            f"{group}={name} is not known: your {mine} is not read, since rlgx has a folder cfg of its own",
            f"put it into {folders.ROOT / group}, or make your folder a plug-in (docs/plugins.md)",
        )
    return ConfigError(f"{group}={name} is not known", did_you_mean(name, names))


def _asked(group: str, name: str) -> list[str]:
    """Hydra's words for one choice. As an override, because only so a plug-in's own file is found."""
    _own, *others = folders.folders()
    places = ", ".join(_quoted(f"file://{folder.resolve()}") for folder in others)
    return [f"+{group}={_quoted(name)}", f"hydra.searchpath=[{places}]"]


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _first_line(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
