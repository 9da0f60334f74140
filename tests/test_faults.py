"""Real commands whose workers are killed and whose Ray loses its head: how they end, and what is left."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.source_tree import ROOT

RUN = "runs/a"
SMALL = ("task=CartPole", "num_envs=4", "num_workers=2", "eval_every=0", "device=cpu", f"run_dir={RUN}")
WITHOUT_END = ("max_iterations=1000000", "train.params.torch_threads=1")
STARTS_WITHIN_S = 60.0


class Training:
    """A training in a process of its own, as soon as it has made an epoch."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.run = folder / RUN
        command = [sys.executable, str(ROOT / "train.py"), *SMALL, *words]
        self.process = subprocess.Popen(
            command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.wait_for("epoch ", STARTS_WITHIN_S)

    def wait_for(self, text: str, seconds: float) -> None:
        """Reads what is shown until a text comes."""
        deadline = time.monotonic() + seconds
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if text in line:
                return
            assert time.monotonic() < deadline, line
        raise AssertionError(f"it ended with {self.process.wait()} and never showed {text!r}")

    def children(self, name: str) -> list[int]:
        """Its processes below it whose command line holds a text."""
        below = psutil.Process(self.process.pid).children(recursive=True)
        return [each.pid for each in below if name in " ".join(each.cmdline())]

    def ended(self, seconds: float) -> tuple[int, str]:
        """Its exit code, and what it said on stderr."""
        _, said = self.process.communicate(timeout=seconds)
        return self.process.returncode, said


@pytest.fixture
def trainings() -> Iterator[list[Training]]:
    made: list[Training] = []
    yield made
    for training in made:
        training.process.kill()
        training.process.communicate()


def test_a_training_goes_on_after_the_death_of_all_its_workers(
    tmp_path: Path, trainings: list[Training]
) -> None:
    training = Training(tmp_path, "vec_env=process", *WITHOUT_END)
    trainings.append(training)
    workers = training.children("process_worker")
    assert len(workers) == 2
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    training.wait_for("restarted after", 20.0)
    training.wait_for("epoch ", 20.0)
    training.process.terminate()
    assert training.ended(20.0) == (143, "")
    last = json.loads((training.run / "metrics.jsonl").read_text().splitlines()[-1])
    assert (last["faults/restarts"], last["faults/lost_rows"]) == (2.0, 4.0)
    assert "the worker of rows 0 to 1 died (signal SIGKILL)" in (training.run / "run.log").read_text()
    assert (training.run / "nn" / "last.pth").exists()


@pytest.mark.long
@pytest.mark.ray
def test_a_training_whose_ray_loses_its_head_ends_with_a_checkpoint(
    tmp_path: Path, trainings: list[Training]
) -> None:
    training = Training(tmp_path, "vec_env=ray", *WITHOUT_END)
    trainings.append(training)
    (head,) = training.children("/gcs/gcs_server")
    os.kill(head, signal.SIGKILL)
    code, said = training.ended(60.0)
    assert code == 7
    assert said.startswith("error: the head of Ray at ")
    assert said.endswith(" is gone -- start it again, and go on with --resume\n")
    assert (training.run / "nn" / "last.pth").exists()
