"""Plain values out of a composed tree. Interpolation of other keys is all that it resolves."""

import re
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from cfg.errors import ConfigError


def plain_values(tree: DictConfig) -> dict[str, Any]:
    """Plain values. Raises ConfigError for a resolver, which could read the environment or run code."""
    _refuse_resolvers(OmegaConf.to_container(tree, resolve=False), "")
    try:
        values = OmegaConf.to_container(tree, resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        raise ConfigError(str(error).splitlines()[0], "give the value itself") from None
    except RecursionError:
        raise ConfigError("a value is made of itself", "give the value itself") from None
    assert isinstance(values, dict)
    return {str(key): value for key, value in values.items()}


def _refuse_resolvers(value: Any, path: str) -> None:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        _refuse_resolvers(inner, f"{path}.{key}".lstrip("."))
    if isinstance(value, str) and "${" in re.sub(r"\$\{[\w.]+\}", "", value):
        raise ConfigError(f"{path}={value} asks for a resolver, which is refused", "give the value itself")
