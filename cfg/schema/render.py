"""Turns what pydantic found wrong into one line: the key, its value, what is allowed. Judges nothing."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from cfg.errors import ConfigError, did_you_mean
from cfg.schema.aliases import ALIASES
from cfg.schema.describe import (
    Place,
    allowed_at,
    annotation_at,
    has_any_names,
    keys_at,
    literals_at,
    paths_of,
)


def config_error(error: ValidationError, model: type[BaseModel], prefix: str = "") -> ConfigError:
    """The first mistake in `error`, in one line: what causes others goes first.

    That is a name that is not known, since it decides which keys there are; then an unknown key.

    Args:
        error: what pydantic raised for `model`.
        model: the model that was validated.
        prefix: dotted path, with its dot, of the model in the whole configuration.
    """
    first = min(error.errors(), key=_rank)
    tell = _TELLERS.get(first["type"], _tell_value)
    return tell(first, model, prefix)


def _rank(mistake: ErrorDetails) -> int:
    if mistake["loc"][-1:] == ("name",) and mistake["type"] in ("value_error", "literal_error"):
        return 0
    return 1 if mistake["type"] == "extra_forbidden" else 2


def shown(value: Any) -> str:
    """`value` as a user would write it, cut where it is long."""
    text = "null" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _tell_unknown(mistake: ErrorDetails, model: type[BaseModel], prefix: str) -> ConfigError:
    *section, key = mistake["loc"]
    keys = keys_at(model, tuple(section))
    theirs = ALIASES.get(str(key), ())
    here = [name for name in theirs if name in keys]
    below = [path for name in (str(key), *theirs) for path in paths_of(model, name) if path not in keys]
    remedy = did_you_mean(str(key), keys)
    if here:
        remedy = f"did you mean {here[0]}?"
    # Nobody misspells gamma as sigma: on the command line's first level, an exact key from below comes first.
    elif below and not (section and remedy.startswith("did you mean")):
        remedy = f"did you mean {' or '.join(prefix + path for path in below[:2])}?"
    return ConfigError(f"unknown key {prefix}{_dotted(mistake['loc'])}", remedy)


def _tell_missing(mistake: ErrorDetails, model: type[BaseModel], prefix: str) -> ConfigError:
    allowed = allowed_at(model, mistake["loc"])
    return ConfigError(f"{prefix}{_dotted(mistake['loc'])} is missing", f"give {allowed}")


def _tell_rule(mistake: ErrorDetails, model: type[BaseModel], prefix: str) -> ConfigError:
    place = _place(mistake["loc"], model)
    cause = mistake.get("ctx", {}).get("error", mistake["msg"])
    return ConfigError(f"{prefix}{_dotted(place)}={shown(mistake['input'])} is not allowed", str(cause))


def _tell_choice(mistake: ErrorDetails, model: type[BaseModel], prefix: str) -> ConfigError:
    place = _place(mistake["loc"], model)
    remedy = did_you_mean(str(mistake["input"]), literals_at(model, place))
    return ConfigError(f"{prefix}{_dotted(place)}={shown(mistake['input'])} is not known", remedy)


def _tell_value(mistake: ErrorDetails, model: type[BaseModel], prefix: str) -> ConfigError:
    place = _place(mistake["loc"], model)
    return ConfigError(
        f"{prefix}{_dotted(place)}={shown(mistake['input'])} is not allowed",
        f"give {allowed_at(model, place)}",
    )


_TELLERS: dict[str, Callable[[ErrorDetails, type[BaseModel], str], ConfigError]] = {
    "extra_forbidden": _tell_unknown,
    "missing": _tell_missing,
    "value_error": _tell_rule,
    "literal_error": _tell_choice,
}


def _place(loc: Place, model: type[BaseModel]) -> Place:
    """`loc` without the names of variants that pydantic appends to a union's place."""
    for end in range(len(loc)):
        part, before = loc[end], loc[:end]
        is_key = part in keys_at(model, before) or has_any_names(annotation_at(model, before))
        if isinstance(part, str) and not is_key:
            return before
    return loc


def _dotted(place: Place) -> str:
    return ".".join(str(part) for part in place)
