"""Trials that go wrong in every way a trial can, so that the runner's tests see it notice.

python -m tests.chaos.bad_trials FOLDER KIND SEED...    # runs them as the suite runs its own
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.chaos.kinds import KINDS, Kind
from tests.chaos.ledger import Ledger
from tests.chaos.processes import MARK
from tests.chaos.trial import Trial

LIMIT_S = 3.0


def passes(trial: Trial) -> None:
    """Nothing is wrong."""
    trial.figures["draw"] = trial.chance.random()


def finds(trial: Trial) -> None:
    """Finds something wrong."""
    trial.expect(1 + 1 == 3, "two is\nnot three")


def raises(trial: Trial) -> None:
    """Has a mistake of its own."""
    raise ZeroDivisionError(f"trial {trial.seed}")


def dies(trial: Trial) -> None:
    """Is killed."""
    os.kill(os.getpid(), signal.SIGKILL)


def hangs(trial: Trial) -> None:
    """Does not end, and has started a process that does not end either."""
    from tests.chaos import processes

    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env={MARK: "hangs"})
    processes.STARTED.append(processes.Driver(sleeper.pid, trial.folder, "driver1", "hangs"))
    (trial.shared / "sleeper").write_text(str(sleeper.pid))
    time.sleep(60)


def stalls(trial: Trial) -> None:
    """Fails, and has the runner stand still for a while, as a machine would."""
    with (trial.shared / "stalls").open("a") as file:
        file.write("x")
    os.kill(os.getppid(), signal.SIGSTOP)
    time.sleep(1.3)
    os.kill(os.getppid(), signal.SIGCONT)
    time.sleep(0.1)
    trial.expect(False, "it failed")


BAD = {name: Kind(f"bad_trials:{name}", 2, name, name, limit_s=LIMIT_S) for name in
       ("passes", "finds", "raises", "dies", "hangs", "stalls")}  # fmt: skip


def main(words: list[str]) -> None:
    """Run trials of one of these kinds, and print their results."""
    from tests.chaos.runner import run

    KINDS.update(BAD)
    folder, kind, *seeds = words
    place = Path(folder)
    trials = [Trial(kind, int(seed), place / f"{kind}-{seed}", place / "shared") for seed in seeds]
    for result in run(trials, Ledger(place / "results.jsonl"), jobs=2):
        sys.stdout.write(result.line() + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
