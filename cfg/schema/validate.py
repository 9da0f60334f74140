"""The only judgement of a configuration: plain values in, a frozen Config or one ConfigError out."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from cfg.errors import ConfigError
from cfg.schema.config import Config
from cfg.schema.host_keys import without_host_keys
from cfg.schema.render import config_error
from cfg.schema.rules import check
from cfg.schema.settings import CommonSettings
from cfg.schema.settle import SETTINGS, section, settle_names, settle_numbers
from cfg.schema.task import TaskConfig
from cfg.schema.unbuilt import without_unbuilt_keys
from cfg.spec import find, resolve

Model = TypeVar("Model", bound=BaseModel)


def validate(raw: Mapping[str, Any], explicit: frozenset[str] = frozenset()) -> Config:
    """Judge a composed configuration.

    Args:
        raw: plain values with every top-level key; nothing in it is interpolated any more.
        explicit: dotted keys given on the command line; where a default refits, only those can be wrong.

    Raises:
        ConfigError: with the key, its value and a remedy.
    """
    refuse_targets(raw)
    built = _without_host_keys(without_unbuilt_keys(raw))
    settings: Any = _settings_of(built)
    config = _judged(
        Config[settings], settle_names(built, explicit), names_are_open=bool(built.get("imports"))
    )
    settled = settle_numbers(config, explicit)
    check(settled, explicit)
    return settled


def validate_task(raw: Mapping[str, Any]) -> TaskConfig:
    """Judge one task by itself. Raises ConfigError."""
    refuse_targets(raw, "task.")
    return _judged(TaskConfig, raw, prefix="task.")


def refuse_targets(raw: Any, prefix: str = "") -> None:
    """Raise ConfigError where a configuration names a callable for Hydra to run, at any depth."""
    pairs = raw.items() if isinstance(raw, Mapping) else enumerate(raw) if isinstance(raw, list) else ()
    for key, value in pairs:
        if str(key) in ("_target_", "_partial_", "_convert_", "_recursive_"):
            remedy = "name a class as module:attribute in entry_point or wrappers"
            raise ConfigError(f"{prefix}{key} is refused: no configuration runs code", remedy)
        refuse_targets(value, f"{prefix}{key}.")


def _judged(
    model: type[Model], raw: Mapping[str, Any], prefix: str = "", *, names_are_open: bool = False
) -> Model:
    """`names_are_open`: modules are still to be imported, and may register names that are not known yet."""
    try:
        return model.model_validate(raw, context={"names_are_open": names_are_open})
    except ValidationError as error:
        raise config_error(error, model, prefix) from None


def _settings_of(raw: Mapping[str, Any]) -> type[CommonSettings]:
    """The class of the learning settings: the algorithm's, where one is named at all."""
    name = section(section(section(raw, "train"), "params"), "algo").get("name")
    if not isinstance(name, str):
        return _NobodysSettings
    settings: type[CommonSettings] = resolve(find(name, bool(raw.get("imports"))).settings)
    return settings


class _NobodysSettings(CommonSettings):
    """For a configuration without an algorithm, whose judgement must name that and not its other keys."""

    model_config = ConfigDict(extra="allow")


def _without_host_keys(raw: Mapping[str, Any]) -> dict[str, Any]:
    params = section(section(raw, "train"), "params")
    settings = params.get("config")
    if not isinstance(settings, Mapping):
        return dict(raw)
    kept = {**params, "config": without_host_keys(settings, SETTINGS)}
    return {**raw, "train": {**raw["train"], "params": kept}}
