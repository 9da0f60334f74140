"""A smoke of rl_games' HEAD in place of the installed release: train, resume and play, one process each.

`make head RL_GAMES=<checkout>` runs it; without a checkout there is nothing to run, and it is skipped.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cfg.choices import ALGORITHMS
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
# Runs one list of overrides after another; RUN in them is the directory of the first result.
PROGRAM = """
import json, sys
import rl_games
from train import run
results = []
for overrides in json.loads(sys.argv[1]):
    path = results[0].get("run", "") if results else ""
    results.append(run(*(word.replace("RUN", path) for word in overrides)))
print(json.dumps({"host": rl_games.__path__[0], "results": results}))
"""

if "sac" in ALGORITHMS:
    JOBS["sac"] = ("task=Pendulum", "train=PendulumSAC", "train.params.config.num_warmup_frames=200")

pytestmark = pytest.mark.skipif(not CHECKOUT, reason="no checkout of rl_games: make head RL_GAMES=<checkout>")


def run_with(host: str, place: Path, *commands: tuple[str, ...]) -> list[dict]:
    """What `run` gives for each command, in one process with the rl_games of `host` ("": the installed)."""
    path = os.pathsep.join([each for each in (host, str(ROOT)) if each])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(commands)],
        cwd=place,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answer = json.loads(done.stdout.splitlines()[-1])
    found = Path(answer["host"]).resolve().parent
    assert (found == Path(host).resolve()) == bool(host), found
    return answer["results"]


@pytest.mark.parametrize("job", JOBS)
def test_head_trains_resumes_and_plays(job, tmp_path):
    play = ("mode=play", "checkpoint=RUN", "episodes=2", "headless=True")
    commands = ((*JOBS[job], *SMALL), ("resume=RUN", "max_iterations=3"), play)
    trained, resumed, played = run_with(CHECKOUT, tmp_path, *commands)
    assert (trained["epochs"], resumed["epochs"], played["episodes"]) == (2, 3, 2)


@pytest.mark.parametrize(("trainer", "player"), [(CHECKOUT, ""), ("", CHECKOUT)], ids=["back", "forth"])
def test_a_run_goes_from_one_to_the_other(trainer, player, tmp_path):
    play = ("mode=play", "checkpoint=RUN", "episodes=2", "headless=True")
    trained, theirs = run_with(trainer, tmp_path, ("task=CartPole", *SMALL), play)
    command = [word.replace("RUN", trained["run"]) for word in play]
    resume = (f"resume={trained['run']}", "max_iterations=3", "eval_every=0")
    played, resumed = run_with(player, tmp_path, tuple(command), resume)
    assert played == theirs
    assert resumed["epochs"] == 3
