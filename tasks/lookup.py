"""Finds environments and attributes by name, and says in one line what is missing. Makes no environment."""

import importlib
import os
import sys
from typing import Any

from cfg.errors import ConfigError


def load_attribute(entry_point: str) -> Any:
    """What "module:attribute" names; modules of the working directory count."""
    module_name, _, attribute = entry_point.partition(":")
    module = import_module(module_name)
    return getattr(module, attribute)


def import_module(name: str) -> Any:
    """A module, looked for in the working directory too."""
    make_cwd_importable()
    return importlib.import_module(name)


def make_cwd_importable() -> None:
    """Puts the working directory at the end of the search path, where it can hide nothing."""
    cwd = os.getcwd()
    if "" not in sys.path and cwd not in sys.path:
        sys.path.append(cwd)


def dependency_error(name: str, cause: BaseException) -> ConfigError:
    """A package that an environment needs and that is not installed."""
    return ConfigError(f"{name} needs a package that is missing: {cause}", "install it")
