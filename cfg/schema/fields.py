"""The kinds of values a configuration holds. Knows no key.

Types are strict (a truth value is no number, text is no list) with two mercies: "16" is 16 and 1e6 is an
integer, because YAML files and command lines are full of both.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from cfg.choices import VEC_ENVS, VEC_ENVS_TO_COME
from cfg.errors import did_you_mean
from cfg.plugins import plugins

MANY = 2**20
"""More envs, steps or samples than this are a slip of the finger."""
NAME_BYTES = 100
"""Of a directory's name as UTF-8: what is put before and behind it still has to fit into 255."""
LONGEST_PATH = 1000


class Frozen(BaseModel):
    """A part of the configuration: read-only, strict, without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


@dataclass(frozen=True)
class Within:
    """A number's range; None is no limit on that side. `above` leaves its own value out."""

    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None

    def __str__(self) -> str:
        if self.at_least is not None and self.at_most is not None:
            return f"from {self.at_least} to {self.at_most}"
        return f"above {self.above}" if self.above is not None else f"of at least {self.at_least}"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Judge the range once the type is judged."""
        return core_schema.no_info_after_validator_function(self._judge, handler(source))

    def _judge(self, value: float) -> float:
        reaches = self.at_least is None or value >= self.at_least
        stays_below = self.at_most is None or value <= self.at_most
        exceeds = self.above is None or value > self.above
        if reaches and stays_below and exceeds:
            return value
        raise PydanticCustomError("out_of_range", "out of range")


def _read_number(value: object) -> object:
    """Reads text as a number where it is one; leaves all else to the type's own judgement."""
    if not isinstance(value, str):
        return value
    try:
        # YAML writes .inf where Python and Hydra write inf.
        return int(value) if re.fullmatch(r"[+-]?\d+", value) else float(value.replace(".inf", "inf"))
    except ValueError:
        return value


def _read_whole(value: object) -> object:
    number = _read_number(value)
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _not_nan(value: float) -> float:
    if math.isnan(value):
        raise ValueError("give a number; .inf and -.inf mean no bound")
    return value


def _limit(value: int) -> int:
    if value == 0 or value < -1:
        raise ValueError("give a number of at least 1, or -1 for no limit")
    return value


def _import_path(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", value):
        raise ValueError("write module:attribute, e.g. tasks.wrappers:HideVelocity")
    return value


def _device(value: str) -> str:
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", value):
        raise ValueError("choose from: auto, cpu, cuda, cuda:N")
    return value


def _vec_env(value: str) -> str:
    if value in VEC_ENVS_TO_COME:
        raise ValueError(f"it is not built yet; choose from: {', '.join(VEC_ENVS)}")
    known = {*VEC_ENVS, *plugins("vec_envs", VEC_ENVS)}
    if value not in known:
        raise ValueError(did_you_mean(value, known))
    return value


def _module(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", value):
        raise ValueError("name a module as Python imports it, e.g. my_module: no path, no .py")
    return value


def _observer(value: str) -> str:
    if ":" in value:
        return _import_path(value)
    installed = plugins("observers")
    if value not in installed:
        hint = did_you_mean(value, installed) if installed else "no plug-in brings one"
        raise ValueError(f"{hint}; or write module:attribute")
    return value


def _directory_name(value: str) -> str:
    if not value.isprintable() or not value.strip() or len(value.encode()) > NAME_BYTES:
        raise ValueError(f"give a name of 1 to {NAME_BYTES} visible characters (bytes of UTF-8)")
    if "/" in value or "\\" in value or ".." in value or value[0] in ".-":
        raise ValueError('give one directory name: no "/", no "..", no leading "." or "-"')
    return value


def _run_path(value: str) -> str:
    root, *names = value.split("/")
    if root != "runs" or not names:
        raise ValueError("give a path below runs/, e.g. runs/mine")
    if len(value) > LONGEST_PATH:
        raise ValueError(f"give a path of at most {LONGEST_PATH} characters")
    for name in names:
        _directory_name(name or ".")
    return value


Whole = Annotated[int, BeforeValidator(_read_whole)]
Natural = Annotated[Whole, Within(at_least=0)]
Count = Annotated[Whole, Within(at_least=1, at_most=MANY)]
Steps = Annotated[Whole, Within(at_least=1)]
Seed = Annotated[Whole, Within(at_least=-1, at_most=2**32 - 1)]
Limit = Annotated[Whole, AfterValidator(_limit)]
Real = Annotated[float, BeforeValidator(_read_number)]
Positive = Annotated[Real, Within(above=0)]
Patience = Annotated[Real, Within(at_least=0.001, at_most=10**6)]
NonNegative = Annotated[Real, Within(at_least=0)]
Fraction = Annotated[Real, Within(at_least=0, at_most=1)]
Bound = Annotated[float, Field(allow_inf_nan=True), BeforeValidator(_read_number), AfterValidator(_not_nan)]
ImportPath = Annotated[str, AfterValidator(_import_path)]
Device = Annotated[str, AfterValidator(_device)]
VecEnv = Annotated[str, AfterValidator(_vec_env)]
Module = Annotated[str, AfterValidator(_module)]
Observer = Annotated[str, AfterValidator(_observer)]
DirectoryName = Annotated[str, AfterValidator(_directory_name)]
RunPath = Annotated[str, AfterValidator(_run_path)]


@dataclass(frozen=True)
class JudgedBy:
    """Marks a dict that a model judges but that stays a dict, as rl_games reads it.

    It keeps the keys that were given; one that is null is left out, because rl_games asks `"rnn" in params`.

    Attributes:
        model: judges it.
        unless: says of a dict, and of the names left open (`validate`), that somebody else judges it.
    """

    model: type[BaseModel]
    unless: Callable[[Mapping[str, Any], bool], bool] | None = None

    def __get_pydantic_core_schema__(self, _source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Judge with the model, then give back a dict."""

        def judge(
            section: Any, by_model: ValidatorFunctionWrapHandler, info: ValidationInfo
        ) -> dict[str, Any]:
            names_are_open = bool(info.context and info.context["names_are_open"])
            if self.unless and isinstance(section, Mapping) and self.unless(section, names_are_open):
                given = {str(key): value for key, value in section.items()}
            else:
                given = by_model(section).model_dump(exclude_unset=True)
            return {key: value for key, value in given.items() if value is not None}

        return core_schema.with_info_wrap_validator_function(
            judge,
            handler.generate_schema(self.model),
            serialization=core_schema.plain_serializer_function_ser_schema(dict),
        )
