"""What a run was made by: its command line and the state of the repository. Knows no other file of a run."""

import shlex
import subprocess
import sys
from pathlib import Path

_GIT_TIMEOUT_S = 5.0
_SECRETS = tuple(
    f"**/{name}"
    for name in (
        *(".env*", "*.env", "*.key", "*.pem", "*.p12", "id_rsa*", "id_ed25519*", ".netrc", ".pypirc"),
        *("*secret*", "*credential*", "auth_token*", "*.token"),
    )
)
"""Files that by their names hold secrets. Their changes are left out, because runs are given away."""


def write_origin(folder: Path) -> None:
    """Writes command.txt and, in a repository with a commit, git.txt: the commit and what differs from it."""
    # What a shell hands on need not be text, e.g. a path in another encoding.
    command = shlex.join([Path(sys.executable).name, *sys.argv])
    (folder / "command.txt").write_text(f"{command}\n", encoding="utf-8", errors="backslashreplace")
    if commit := _git("log", "-1", "--format=%H"):
        secret = _diff("--name-only", *(f":(top,icase,glob){name}" for name in _SECRETS))
        left_out = f"left out, because their names say that they hold secrets: {secret!r}\n" if secret else ""
        diff = _diff("--", ":/", *(f":(exclude,top,icase,glob){name}" for name in _SECRETS))
        (folder / "git.txt").write_text(f"commit {commit}\n{left_out}{diff}", encoding="utf-8")


def command_line(*words: str) -> str:
    """This program with other words, for a shell, as the user started it."""
    programs = {"rlgx": ["rlgx"], "train.py": ["python", sys.argv[0]]}
    return shlex.join([*programs.get(Path(sys.argv[0]).name, ["python", "train.py"]), *words])


def _diff(*arguments: str) -> str:
    return _git("diff", "--no-ext-diff", "--no-textconv", "HEAD", *arguments)


def _git(*arguments: str) -> str:
    """Output of a git command in the working directory, "" where there is no git or no repository.

    The programs that a repository's own settings name are not run.
    """
    try:
        done = subprocess.run(
            ["git", "-c", "core.fsmonitor=false", *arguments],
            capture_output=True,
            encoding="utf-8",
            errors="replace",  # a diff holds files in any encoding
            timeout=_GIT_TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
