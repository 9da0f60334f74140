"""The results of trials on disk: a line of JSON each, one file for each state of the code. Runs nothing."""

import subprocess
from pathlib import Path

from tests.chaos.trial import Result

ROOT = Path(__file__).resolve().parents[2]
JUDGED = ("train.py", "cfg", "tasks", "algos", "tests/chaos")
"""What trials are about, and those who judge: other files change without a trial being worth less."""


class Ledger:
    """Appends results, and knows which trials are done."""

    def __init__(self, file: Path) -> None:
        self.file = file
        file.parent.mkdir(parents=True, exist_ok=True)

    def add(self, result: Result) -> None:
        """Keep a result; the newest of a trial counts."""
        with self.file.open("a", encoding="utf-8") as file:
            file.write(result.line() + "\n")

    def results(self, kind: str) -> dict[int, Result]:
        """What is known of a kind, by seed. A line that was cut off as the process died is no result."""
        if not self.file.exists():
            return {}
        lines = self.file.read_text(encoding="utf-8").splitlines(keepends=True)
        found = [Result.read(line) for line in lines if line.endswith("}\n")]
        return {result.seed: result for result in found if result.kind == kind}


def code_commit() -> str:
    """The last commit that changed the code that trials are about, with a plus where files differ from it."""
    return _git("log", "-1", "--format=%h", "--abbrev=10") + (
        "+" if _git("status", "--porcelain", "-uno") else ""
    )


def _git(*words: str) -> str:
    command = ["git", *words, "--", *JUDGED]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
