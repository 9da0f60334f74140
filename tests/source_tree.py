"""The repository's own files, as the tests about structure and documents see them. Knows no rule."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import tomllib

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("cfg", "tasks", "algos")


@cache
def files() -> tuple[str, ...]:
    """Paths, relative to the root, of all that is or will be committed (ignored files left out)."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return tuple(sorted(path for path in set(listed) if (ROOT / path).is_file()))


def python_files() -> list[str]:
    """Every Python file, tests and benchmarks included."""
    return [path for path in files() if path.endswith(".py")]


def shipped() -> list[str]:
    """The Python files a user installs: train.py and the three packages."""
    return [path for path in python_files() if path == "train.py" or path.split("/")[0] in PACKAGES]


@cache
def text(path: str) -> str:
    """What a file holds; a binary file reads as empty."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@cache
def tree(path: str) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(text(path), filename=path)


def imported(path: str) -> set[str]:
    """Full names of the modules a file imports anywhere, inside functions too."""
    names: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


def requirements(*extras: str) -> set[str]:
    """Names of the distributions that pyproject.toml asks for, in the core and in some extras."""
    project = tomllib.loads(text("pyproject.toml"))["project"]
    wanted = [
        *project["dependencies"],
        *(each for extra in extras for each in project["optional-dependencies"][extra]),
    ]
    return {plain(re.split(r"[^\w.-]", each)[0]) for each in wanted}


def plain(name: str) -> str:
    """A distribution's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()
