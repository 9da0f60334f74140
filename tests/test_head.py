"""A smoke of rl_games' HEAD in place of the installed release: train, resume and play, one process each.

`make head RL_GAMES=<checkout>` runs it; without a checkout there is nothing to run it with, and it is skipped.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.source_tree import ROOT

CHECKOUT = os.environ.get("RL_GAMES_HEAD", "")
SMALL = ("num_envs=4", "eval_every=0", "device=cpu", "max_iterations=2")
JOBS = {
    "discrete": ("task=CartPole",),
    "continuous": ("task=Pendulum",),
    "lstm": ("task=CartPole", "network=lstm"),
    "gru": ("task=Pendulum", "network=gru"),
    "stock YAML": (f"file={CHECKOUT}/rl_games/configs/ppo_cartpole.yaml",),
}
PROGRAM = """
import json, sys
import rl_games
from train import run
result = run(*sys.argv[1:])
print(json.dumps({"host": list(rl_games.__path__), "result": result}))
"""

pytestmark = pytest.mark.skipif(not CHECKOUT, reason="no checkout of rl_games: make head RL_GAMES=<checkout>")


def run_with(host: str, place: Path, *overrides: str) -> dict:
    """What `run(*overrides)` gives in a process whose rl_games lies in `host` ("" is the installed one)."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([host, str(ROOT)]).lstrip(os.pathsep)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *overrides],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answer = json.loads(done.stdout.splitlines()[-1])
    found = Path(answer["host"][0]).resolve().parent
    assert (found == Path(host).resolve()) == bool(host), found
    return answer["result"]


@pytest.mark.parametrize("job", JOBS)
def test_head_trains_resumes_and_plays(job, tmp_path):
    path = run_with(CHECKOUT, tmp_path, *JOBS[job], *SMALL)["run"]
    assert run_with(CHECKOUT, tmp_path, f"resume={path}", "max_iterations=3")["epochs"] == 3
    play = ("mode=play", f"checkpoint={path}", "episodes=2", "headless=True")
    assert run_with(CHECKOUT, tmp_path, *play)["episodes"] == 2


@pytest.mark.parametrize(("trained", "played"), [(CHECKOUT, ""), ("", CHECKOUT)], ids=["back", "forth"])
def test_a_run_goes_from_one_to_the_other(trained, played, tmp_path):
    path = run_with(trained, tmp_path, "task=CartPole", *SMALL)["run"]
    play = ("mode=play", f"checkpoint={path}", "episodes=2", "headless=True")
    assert run_with(played, tmp_path, *play) == run_with(trained, tmp_path, *play)
    assert run_with(played, tmp_path, f"resume={path}", "max_iterations=3")["epochs"] == 3
