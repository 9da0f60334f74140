"""A trial, a run and a driver for the tests of what judges them. None of them was trained."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from algos import checkpoint
from tests.chaos import judge
from tests.chaos.processes import MARK, Driver, end
from tests.chaos.trial import Trial

LINES = '{"epoch": 1, "reward_mean": 9.5, "wall_s": 1.0}\n{"epoch": 2, "reward_mean": 9.75, "wall_s": 2.0}\n'


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    """With a folder that holds a run's."""
    (tmp_path / "runs" / "a" / "nn").mkdir(parents=True)
    return Trial("judge", 1, tmp_path, tmp_path)


@pytest.fixture
def run(trial: Trial) -> Path:
    """Of two epochs in its metrics, and four in its checkpoint."""
    found = judge.the_run(trial.folder)
    assert found is not None
    checkpoint.write(found / "nn" / "last.pth", {"model": {"w": torch.ones(3)}, "epoch": 4})
    (found / "metrics.jsonl").write_text(LINES)
    return found


@pytest.fixture
def driver(trial: Trial) -> Iterator[Driver]:
    """Any process as a driver: it writes an error, leaves an orphan behind and ends with 3."""
    orphan = "import time; time.sleep(60)"
    program = (
        f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {orphan!r}], "
        "start_new_session=True); sys.stderr.write('Traceback of\\nerror: a\\n'); sys.exit(3)"
    )
    with (trial.folder / "driver1.out").open("w") as out, (trial.folder / "driver1.err").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", program], stdout=out, stderr=errors, env={MARK: "judge"}
        )
    process.returncode = 0  # the driver waits for it by its number
    driver = Driver(process.pid, trial.folder, "driver1", "judge")
    yield driver
    end(driver)
