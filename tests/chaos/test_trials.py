"""A trial of each cheap kind, by the command itself; the long ones are `make chaos`."""

import subprocess
import sys

import pytest

from tests.chaos.__main__ import parse
from tests.chaos.kinds import KINDS
from tests.source_tree import ROOT

CHEAP = ("damaged", "malicious", "sigkill", "signals", "disk", "events")


@pytest.mark.long
def test_a_trial_of_each_cheap_kind_passes_and_is_not_repeated(tmp_path):
    said = chaos(tmp_path, *CHEAP, "--trials", "1")
    assert said.endswith("".join(f"{kind}: 1 of 1 passed\n" for kind in CHEAP))
    again = chaos(tmp_path, "damaged", "--trials", "1")
    assert again == "damaged: 1 of 1 passed\n"


def chaos(folder, *words: str) -> str:
    command = [sys.executable, "-m", "tests.chaos", *words, "--folder", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_function(kind):
    assert callable(KINDS[kind].function())


@pytest.mark.parametrize(
    "words",
    [
        ["sigkil"],
        ["--seed", "1"],
        ["sigkill", "--trials", "-1"],
        ["disk", "--only", "sigkill", "--seed", "1"],
    ],
)
def test_a_wrong_command_line_is_refused(words, capsys):
    with pytest.raises(SystemExit) as left:
        parse(words)
    assert left.value.code == 2 and "error: " in capsys.readouterr().err
