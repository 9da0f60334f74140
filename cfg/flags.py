"""Dashed flags into Hydra overrides, before Hydra sees the command line. Knows no key's meaning.

A flag is sugar for an override, e.g. `--checkpoint P` for `checkpoint=P`. What only looks like a flag is
refused with the right spelling, because Hydra would take `-p` and `-c` for its own.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from cfg.errors import ConfigError, did_you_mean
from cfg.listing import group_names, top_level_keys

LITERAL_KEYS = ("env", "file", "checkpoint", "resume", "experiment", "run_dir")
"""Keys whose values are names and paths: "=", ":", "/" and "[" in them mean themselves."""


@dataclass(frozen=True)
class Request:
    """A command line, read but not judged.

    Attributes:
        command: run, sweep, check, help, version or list.
        overrides: Hydra overrides in the order given, flags included.
        kind: what `--list` is to show; None for everything.
        is_bare: nothing was said at all, so the default task is trained.
    """

    command: str = "run"
    overrides: tuple[str, ...] = ()
    kind: str | None = None
    is_bare: bool = False


@dataclass(frozen=True)
class Flag:
    """A flag, its help, and what it stands for: an override to which a value is put, or a command.

    Attributes:
        beside_file: it is a flag of rl_games' runner.py, and taken beside --file only.
        keeps: the value with which runner.py keeps what the file says.
    """

    help: str
    override: str = ""
    value: str = ""
    command: str = ""
    beside_file: bool = False
    keeps: str | None = None


FLAGS = {
    "--play": Flag(
        "watch a trained policy: greedy, in a window where there is a display", override="mode=play"
    ),
    "--eval": Flag(
        "measure a trained policy without rendering: a table, and eval.json", override="mode=eval"
    ),
    "--train": Flag("train, which is the default", override="mode=train"),
    "--resume": Flag("go on in a run where it stopped", override="resume=", value="RUN"),
    "--checkpoint": Flag("a .pth file, or a run directory (its best)", override="checkpoint=", value="PATH"),
    "--file": Flag("a stock rl_games YAML, unchanged, instead of a task", override="file=", value="PATH"),
    "--num_actors": Flag(
        "beside --file: num_envs=N; 0 keeps the file's", "num_envs=", "N", beside_file=True, keeps="0"
    ),
    "--sigma": Flag("beside --file: sigma=S", "sigma=", "S", beside_file=True),
    "--seed": Flag("beside --file: seed=N; 0 keeps the file's", "seed=", "N", beside_file=True, keeps="0"),
    "--policy": Flag("checkpoint, or a baseline without one: random, zero", override="policy=", value="NAME"),
    "--multirun": Flag("run every combination of values, as in seed=1,2,3", command="sweep"),
    "--check": Flag("whether a task keeps the contract, on each of its vec envs", command="check"),
    "--list": Flag("show what there is to choose from", command="list", value="[KIND]"),
    "--help": Flag("show this text", command="help"),
    "--version": Flag("show the version", command="version"),
}
SHORT = {"-h": "--help", "-m": "--multirun"}
# Of several commands on a line, the first of these counts.
_COMMANDS = ("help", "version", "list", "check", "sweep", "run")
RESPELT = {
    "-p": "--play",
    "-c": "--checkpoint PATH",
    "-f": "--file PATH",
    "-t": "--train, or no flag at all: training is the default",
    "-s": "sigma=VALUE",
    "-na": "num_envs=N",
    "--num_actors": "num_envs=N",
    "--track": "wandb_activate=True (not built yet)",
    "--wandb-project-name": "wandb_project=NAME (not built yet)",
    "--wandb-entity": "wandb_project=NAME (not built yet)",
    "-tf": "nothing: rl_games has no TensorFlow any more",
    "--tf": "nothing: rl_games has no TensorFlow any more",
    "--profile": "nothing: use a profiler such as py-spy",
}


def parse(argv: Sequence[str]) -> Request:
    """Read a command line (without the program's name).

    Raises:
        ConfigError: for an unknown flag, one without its value, or a word that is neither flag nor key=value.
    """
    words = _Words(list(argv))
    request = _Draft()
    for word in words:
        if word.startswith("-"):
            _read_flag(word, words, request)
        else:
            request.overrides.append(word)
    command = min(request.commands, key=_COMMANDS.index)
    if {"check", "sweep"} <= set(request.commands):
        raise ConfigError("--check does not go with -m", "check one task at a time")
    overrides = [_override(word, command == "sweep") for word in request.overrides]
    modes = {override for override in overrides if override.startswith("mode=")}
    if len(modes) > 1:
        raise ConfigError(
            f"{' and '.join(sorted(modes))} were both asked for", "give one of --train, --play and --eval"
        )
    if request.beside_file and not any(each.startswith("file=") for each in overrides):
        raise _unknown_flag(request.beside_file)
    return Request(command, tuple(overrides), request.kind, is_bare=not argv)


@dataclass
class _Draft:
    commands: list[str] = field(default_factory=lambda: ["run"])
    overrides: list[str] = field(default_factory=list)
    kind: str | None = None
    beside_file: str = ""


class _Words:
    """The words of a command line, of which a flag may take the next one."""

    def __init__(self, words: list[str]) -> None:
        self._words = words
        self._position = 0

    def __iter__(self) -> Iterator[str]:
        while self._position < len(self._words):
            yield self._take()

    def take_if(self, wanted: Callable[[str], bool]) -> str | None:
        """The next word where it is wanted, else None."""
        there = self._position < len(self._words) and wanted(self._words[self._position])
        return self._take() if there else None

    def _take(self) -> str:
        self._position += 1
        return self._words[self._position - 1]


def _read_flag(word: str, words: _Words, request: _Draft) -> None:
    spelling, has_value, value = word.partition("=")
    name = SHORT.get(spelling, spelling)
    flag = FLAGS.get(name)
    if flag is None:
        raise _unknown_flag(name)
    if has_value and not flag.value:
        raise ConfigError(f"{name} takes no value, not {value!r}", f"write {name}")
    if flag.command:
        request.commands.append(flag.command)
        if flag.value:
            request.kind = value or words.take_if(
                lambda following: re.fullmatch(r"\w+", following) is not None
            )
        return
    if flag.beside_file:
        request.beside_file = name
    if flag.value:
        following = value if has_value else words.take_if(lambda following: not following.startswith("--"))
        if following is None:
            raise ConfigError(f"{name} needs a value", f"write {name} {flag.value}")
        if following != flag.keeps:
            request.overrides.append(flag.override + following)
    else:
        request.overrides.append(flag.override)


def _unknown_flag(name: str) -> ConfigError:
    if name in RESPELT:
        return ConfigError(f"{name} is no flag of rlgx", f"write {RESPELT[name]}")
    key = name.lstrip("-").replace("-", "_")
    if key in top_level_keys():
        return ConfigError(f"{name} is no flag of rlgx", f"write {key}=VALUE: keys take no dashes")
    return ConfigError(f"unknown flag {name}", did_you_mean(name, FLAGS))


def _override(word: str, is_swept: bool) -> str:
    if word.startswith("~"):
        return word
    key, equals, value = word.partition("=")
    if not equals:
        raise ConfigError(f'"{word}" is neither a flag nor key=value', _meant(word))
    if key.lstrip("+") not in LITERAL_KEYS:
        return word
    # In a sweep, a comma parts such values; one that holds a comma is quoted by who writes it.
    if is_swept and (inner := re.fullmatch(r"choice\((.*)\)", value)):
        value = inner.group(1)
    values = value.split(",") if is_swept and value[:1] not in ("'", '"') else [value]
    return f"{key}={','.join(_quoted(one) for one in values)}"


def _meant(word: str) -> str:
    """Remedy for a bare word: the flag, key or task that it is the name of, else an example."""
    flag = FLAGS.get(f"--{word}")
    if flag and not flag.beside_file:
        return f"write --{word} {flag.value}".rstrip()
    if word in top_level_keys():
        return f"write {word}=VALUE, without a space"
    task = next((task for task in group_names("task") if task.lower() == word.lower()), None)
    return f"write task={task}" if task else "write key=value, e.g. task=CartPole"


def _quoted(value: str) -> str:
    """`value` as one quoted string of Hydra's grammar; null, and what is quoted already, stay."""
    if value == "null" or (len(value) > 1 and value[0] == value[-1] and value[0] in "'\""):
        return value
    return "'" + re.sub(r"(\\*)'", r"\1\1\\'", re.sub(r"(\\+)$", r"\1\1", value)) + "'"
