"""The script itself, with few contestants for a moment."""

import json
import shlex
import subprocess
import sys

import pytest

from benchmarks import race, sac_speed, throughput, training_speed
from benchmarks.processes import descendants
from benchmarks.render import BLOCK
from tests.source_tree import ROOT, text

SHORT = ("--num-envs", "8", "--rounds", "2", "--seconds", "0.05")


def run(*words: str):
    command = [sys.executable, str(ROOT / "benchmarks" / "throughput.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=100)


def test_contestants_take_turns_and_leave_table_and_figures(tmp_path):
    path = tmp_path / "figures.json"
    done = run(*SHORT, "--only", "bare,bare_all,process,pufferlib", "--workers", "2", "--json", str(path))
    assert done.returncode == 0, done.stderr
    assert "CartPole-v1, 8 environments, 2 workers" in done.stdout and "rlgx process" in done.stdout
    found = json.loads(path.read_text())
    assert {"commit", "cores", "processor", "versions", "date"} <= set(found["about"])
    (match,) = found["matches"]
    assert (match["env"], match["num_envs"], match["num_workers"]) == ("CartPole-v1", 8, 2)
    contestants = match["contestants"]
    assert list(contestants) == ["bare", "bare_all", "process", "pufferlib"]
    for name in ("bare", "bare_all", "process"):
        assert contestants[name]["status"] == "ok"
        assert len(contestants[name]["steps_per_s"]) == 2 and min(contestants[name]["steps_per_s"]) > 100
        assert contestants[name]["start_up_s"] > 0
    assert contestants["process"]["memory"]["worker"]["count"] == 2
    assert 10 < contestants["process"]["memory"]["worker"]["rss_mib"] < 500
    assert "worker" not in contestants["bare"]["memory"]


def test_a_contestant_that_cannot_play_is_told_and_ends_no_other(tmp_path):
    path = tmp_path / "figures.json"
    done = run(*SHORT, "--env", "Pendulum-v1", "--only", "sync,rl_games,ale", "--json", str(path))
    assert done.returncode == 0, done.stderr
    assert "ale-py: absent: it plays Atari games only" in done.stdout
    contestants = json.loads(path.read_text())["matches"][0]["contestants"]
    assert {name: each["status"] for name, each in contestants.items()} == {
        "sync": "ok",
        "rl_games": "absent",
        "ale": "absent",
    }


def test_an_environment_that_nobody_knows_fails_with_its_reason():
    done = run(*SHORT, "--env", "NoSuchThing-v0", "--only", "bare")
    assert done.returncode == 1
    assert "bare, one core: failed: NameNotFound" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--only", "bare,bear"), "bear is no contestant"),
        (("--num-envs", "8,none"), "--num-envs 8,none is no list of numbers above 0"),
        (("--rounds", "0"), "above 0"),
        (("--python", "pufferlib"), "NAME=PYTHON"),
    ],
)
def test_a_wrong_word_is_told_in_a_line(words, said):
    done = run(*words)
    assert done.returncode == 2
    assert said in done.stderr.splitlines()[-1] and "Traceback" not in done.stderr


def test_descendants_are_children_and_theirs():
    program = (
        "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1, flush=True); input()'])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        child.stdout.readline()
        mine = descendants(child.pid)
        child.communicate(b"\n")
    assert len(mine) == 1 and mine != [child.pid]


def test_every_command_of_the_figures_is_one_that_the_scripts_take():
    script = text("benchmarks/figures.sh").replace("\\\n", " ").replace('${1:+--cleanrl "$1"}', "")
    (few,) = [line for line in script.splitlines() if line.startswith("few=")]
    script = script.replace('"${few[@]}"', few.removeprefix("few=(").removesuffix(")"))
    commands = [shlex.split(line)[1:] for line in script.splitlines() if line.startswith("python ")]
    parsers = {
        "benchmarks/throughput.py": throughput.parse,
        "benchmarks/training_speed.py": training_speed.parse,
        "benchmarks/sac_speed.py": sac_speed.parse,
        "benchmarks/race.py": race.parse,
    }
    figures = [parsers[path](words).json.name for path, *words in commands[:-1]]
    blocks = {f"{name}.json" for _, name, _ in BLOCK.findall(text("docs/benchmarks.md"))}
    written = {path.name for path in (ROOT / "benchmarks" / "results").glob("*.json")}
    assert set(figures) == blocks | written - {"chaos.json"}, "which `make chaos` writes"
    assert commands[-1] == ["benchmarks/render.py", "--plot"]
