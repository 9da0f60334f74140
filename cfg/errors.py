"""The errors a user can cause, one line each, with the exit code of the process. Ignores who raises them."""

import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import ClassVar

FOREIGN = (Exception, SystemExit)
"""What code that is not ours may raise: an environment that calls `sys.exit()` has failed like any other."""
LISTED_CHOICES = 12
"""How many names a "choose from" shows before it is cut."""
LONGEST = 1500
"""Characters of a problem or a remedy: a value that somebody gave may be of any length."""


class RlgxError(Exception):
    """A mistake or fault told in one line: what is wrong and where, then how to mend it.

    Attributes:
        exit_code: what the process returns when the error ends it.
        problem: what is wrong, where, with the value.
        remedy: what to do about it.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem = _one_line(problem)
        self.remedy = _one_line(remedy)
        super().__init__(self.problem, self.remedy)

    def __str__(self) -> str:
        return f"{self.problem} -- {self.remedy}"


class ConfigError(RlgxError):
    """Bad input or configuration."""

    exit_code = 2


class CheckpointError(RlgxError):
    """A checkpoint that is missing, damaged, foreign or of another shape."""

    exit_code = 3


class EnvFault(RlgxError):
    """An environment that failed beyond its budget or broke its contract."""

    exit_code = 4


class StorageError(RlgxError):
    """A disk that is full, read-only or gone."""

    exit_code = 5


class NumericalFault(RlgxError):
    """NaN or infinity where a finite number has to be."""

    exit_code = 6


class ClusterError(RlgxError):
    """Ray or a cluster that does not answer or has not enough room."""

    exit_code = 7


@contextmanager
def foreign_code(problem: str, remedy: str, kind: type[RlgxError] = ConfigError) -> Iterator[None]:
    """Runs code that is not ours and may raise anything: whatever it is comes out as one error of `kind`.

    It is one line, even where the foreign error has several.

    An error of ours passes as it is.
    """
    try:
        yield
    except RlgxError:
        raise
    except FOREIGN as cause:
        said = " ".join(f"{type(cause).__name__}: {cause}".split())
        raise kind(f"{problem}: {said}", remedy) from cause


@contextmanager
def used_up() -> Iterator[None]:
    """An error of the system that the machine has no more of something comes out as a StorageError."""
    try:
        yield
    except OSError as error:
        if error.errno not in _USED_UP:
            raise
        where = f"{error.filename}: " if error.filename else ""
        raise StorageError(f"{where}{error.strerror}", _USED_UP[error.errno]) from error


_USED_UP = {
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), "raise the limit of open files, e.g. ulimit -n 4096"),
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "free some space"),
    **dict.fromkeys((errno.EROFS, errno.EIO), "mend the disk, or write elsewhere"),
}


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """Remedy for a misspelt name: the closest choice, if one is close, and the choices.

    >>> did_you_mean("CartPoel", ["Pendulum", "CartPole"])
    'did you mean "CartPole"? choose from: CartPole, Pendulum'
    """
    names = sorted(set(choices))
    if not names:
        return "there is none to choose from"
    by_lower = {choice.lower(): choice for choice in names}
    close = get_close_matches(str(name).lower(), by_lower, n=1, cutoff=0.6)
    hint = f'did you mean "{by_lower[close[0]]}"? ' if close else ""
    shown = names
    if len(names) > LISTED_CHOICES:
        ranked = get_close_matches(str(name).lower(), by_lower, n=LISTED_CHOICES, cutoff=0.0)
        shown = sorted(by_lower[lowered] for lowered in ranked)
    more = len(names) - len(shown)
    return f"{hint}choose from: {', '.join(shown)}" + (f" and {more} more" if more else "")


def _one_line(text: str) -> str:
    """`text` in one line, cut in its middle where it is long, without what a terminal would obey."""
    line = " ".join(str(text).split())
    if len(line) > LONGEST:
        line = f"{line[: LONGEST // 2]} ... {line[-LONGEST // 3 :]}"
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in line)
