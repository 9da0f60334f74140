"""Single YAML choices composed with their bases by Hydra's compose API. Judges only that they can be read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import yaml
from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from cfg.errors import ConfigError, did_you_mean
from cfg.listing import ROOT, group_names

Load = Callable[[str, str], DictConfig]


@contextmanager
def groups() -> Iterator[Load]:
    """Gives `load(group, name)`; Hydra's state of the process is restored at the end."""
    with initialize_config_dir(str(ROOT.resolve()), version_base="1.3"):
        yield _load


def load_top() -> DictConfig:
    """The top-level keys with their defaults."""
    return read_yaml(str(ROOT / "config.yaml"), OmegaConf.load)


def read_yaml(name: str, load: Callable[[str], object]) -> DictConfig:
    """A YAML file or choice as an open tree. Raises ConfigError naming file and line."""
    try:
        tree = load(name)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{mark.name} line {mark.line + 1}" if mark else name
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
        raise ConfigError(f"{group}={name} is not known", did_you_mean(name, names))
    composed = read_yaml(f"{group}/{name}", hydra_compose)
    section = composed[group]
    if not isinstance(section, DictConfig):
        raise ConfigError(f"cfg/{group}/{name}.yaml holds no keys", "write key: value lines")
    return section


def _first_line(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
