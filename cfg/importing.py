"""Imports the user's own modules by name. Those of the working directory count, but hide nothing of ours."""

import importlib
import os
import sys
from pathlib import Path
from types import ModuleType

from cfg.errors import FOREIGN, ConfigError, RlgxError

OWN_PACKAGES = frozenset({"algos", "cfg", "tasks", "train"})
OWN_ROOT = Path(__file__).resolve().parents[1]


def import_module(name: str, key: str) -> ModuleType:
    """The module that `key` names. Raises ConfigError with the cause where it cannot be imported."""
    make_cwd_importable()
    try:
        return importlib.import_module(name)
    except RlgxError:
        raise
    except ModuleNotFoundError as cause:
        if cause.name is None or not f"{name}.".startswith(f"{cause.name}."):
            raise _failed(name, key, cause) from cause
        remedy = "run from the folder that holds it, or install the package that does"
        raise ConfigError(f"{key}={name}: there is no module {cause.name}", hidden(name) or remedy) from cause
    except FOREIGN as cause:  # foreign code, which may raise anything
        raise _failed(name, key, cause) from cause


def hidden(module: str) -> str:
    """What to do about a folder of the working directory that a package of ours hides; "" where none is."""
    root = module.partition(".")[0]
    if root in OWN_PACKAGES and Path(root).exists() and Path(root).resolve() != OWN_ROOT / root:
        return f"rlgx has a package {root} of its own, which hides your folder {root}: rename yours"
    return ""


def make_cwd_importable() -> None:
    """Puts the working directory at the end of the search path, where it can hide nothing."""
    cwd = os.getcwd()
    if "" not in sys.path and cwd not in sys.path:
        sys.path.append(cwd)


def _failed(name: str, key: str, cause: BaseException) -> ConfigError:
    return ConfigError(
        f"{key}={name} cannot be imported: {type(cause).__name__}: {cause}",
        "mend it; RLGX_DEBUG=1 shows where it fails",
    )
