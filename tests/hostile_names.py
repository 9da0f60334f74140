"""Names that try to get out of `runs/`, to break a line or a file system; and what a tree looks like.

`tests/algos/test_hostile_names.py` gives them to every key that takes a name, and so does the fault suite.
"""

import os
import stat
from collections.abc import Iterator
from itertools import product
from pathlib import Path

COUNT = 500

_UPWARDS = ("..", "../..", "../../../../../../../../tmp", "a/../../..", "./..", "x/../../y", "..//..")
_ABSOLUTE = ("/", "//", "/tmp", "/etc/passwd", "/dev/null", "/proc/self/cwd", "~", "~root", "file:///etc")
_SLASHES = ("/", "\\", "\uff0f", "\u2215", "\u2044", "\u29f8", "%2f", "%252f", "\uff3c", "\u2025", "\uff0e")
_CONTROL = tuple(chr(number) for number in (*range(32), 127, *range(128, 160)))
_TRICKS = (
    *("\u202e", "\u202d", "\u2066", "\u200b", "\u200d", "\u2028", "\u2029", "\ufeff", "\u00ad", "\u0000"),
    *("\ud800", "\udcff", "\U000e0041", "\u0301" * 30, "\u1f469" * 40, "\U0001f600" * 99, "\u00e9" * 99),
)
_LENGTHS = tuple("x" * number for number in (99, 100, 101, 200, 255, 256, 300, 4096, 70_000))
_SHELL = (
    "$HOME",
    "${HOME}",
    "$(id)",
    "`id`",
    ";id",
    "|id",
    "&id",
    ">x",
    "<x",
    "*",
    "?",
    "!",
    "'",
    '"',
    "\\'",
)
_MARKUP = ("[/red]", "[bold]", "[link=x]", "[/]", "[", "]", "{x}", "%s", "%n", "{0.__class__}", "<b>", "&lt;")
_DASHES = ("-", "--", "-rf", "--checkpoint", "-m", "--help")
_DOTS = (".", "...", ".hidden", "x.", "x..", "x ", " x", " ", "", "\t", "\n", "con", "nul", "aux.pth", "last")
_HYDRA = (
    "${seed}",
    "${oc.env:HOME}",
    "${x:y}",
    "???",
    "null",
    "[a]",
    "{a: b}",
    "a,b",
    "a=b",
    "~a",
    "+a",
    "@a",
)
_OURS = (
    "nn",
    "config.yaml",
    "runs",
    "runs/..",
    "runs/../x",
    "runs/./x",
    "runs//x",
    "runs/",
    "/runs/x",
    "Runs/x",
)


def hostile_names(count: int = COUNT) -> list[str]:
    """So many different names, always the same; the plain tricks first, then two of them together."""
    return [name for _, name in zip(range(count), _distinct(_all()), strict=False)]


def _all() -> Iterator[str]:
    tricks = (_UPWARDS, _ABSOLUTE, _SLASHES, _CONTROL, _TRICKS, _LENGTHS)
    more = (_SHELL, _MARKUP, _DASHES, _DOTS, _HYDRA, _OURS)
    for group in (*tricks, *more):
        yield from group
    yield from (f"a{slash}..{slash}b" for slash in _SLASHES)
    yield from (f"..{slash}..{slash}escaped" for slash in _SLASHES)
    yield from (f"runs/{name}" for group in tricks for name in group)
    yield from (f"{upward}/{name}" for upward, name in product(_UPWARDS, (*_SHELL, *_MARKUP, *_DOTS)))


def _distinct(names: Iterator[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name not in seen:
            seen.add(name)
            yield name


def can_be_a_word(name: str) -> bool:
    """Whether the operating system lets a command line hold it."""
    return "\0" not in name and not any("\ud800" <= sign < "\udc80" for sign in name)


def snapshot(place: Path, but: str = "runs") -> dict[str, tuple[int, int, int]]:
    """Path -> mode, size, time of change (ns) of all below `place` without `place/but`; links stay links."""
    found = {}
    for folder, folders, files in os.walk(place):
        if Path(folder) == place and but in folders:
            folders.remove(but)
        for name in (*folders, *files):
            status = os.lstat(os.path.join(folder, name))
            size = 0 if stat.S_ISDIR(status.st_mode) else status.st_size
            found[os.path.relpath(os.path.join(folder, name), place)] = (
                status.st_mode,
                size,
                status.st_mtime_ns,
            )
    return found
