"""Trials that give runs hostile names, by the whole command: nothing appears outside `runs/`."""

from pathlib import Path

from tests.chaos import judge
from tests.chaos.directories import WORDS
from tests.chaos.processes import start
from tests.chaos.trial import Trial
from tests.hostile_names import can_be_a_word, hostile_names, snapshot

CASES = 50
KEYS = ("experiment", "run_dir")
WITHIN_S = 60.0


def name_runs(trial: Trial) -> None:
    """The trial's share of the names, each as one of the keys that name a directory."""
    names = hostile_names()[(trial.seed - 1) * CASES % 500 :][:CASES]
    place = trial.folder / "outside" / "work"
    (place / "runs").mkdir(parents=True)
    (place.parent / "precious").write_text("kept")
    ended = {"accepted": 0, "refused": 0}
    for name in names:
        words = [*WORDS, f"{trial.chance.choice(KEYS)}={name}"]
        if not all(map(can_be_a_word, words)):
            ended["refused"] += 1  # the operating system does
            continue
        driver = start(place, words, warm=True)
        driver.wait(WITHIN_S)
        trial.expect(driver.code in (0, 2), f"{name[:60]!r}: exit {driver.code}: {driver.errors[-200:]}")
        trial.expect("Traceback" not in driver.errors, f"{name[:60]!r}: a traceback")
        ended["accepted" if driver.code == 0 else "refused"] += 1
        nothing_is_outside(trial, name, place)
    trial.figures |= ended
    judge.nothing_left(trial, driver)


def nothing_is_outside(trial: Trial, name: str, place: Path) -> None:
    """Only what the trial itself has put there lies beside `runs/`."""
    there = {path for path in snapshot(place.parent) if not path.startswith("work/runs/")}
    mine = {"precious", "work", "work/runs"}
    strange = sorted(path for path in there - mine if not path.startswith("work/driver"))
    trial.expect(not strange, f"{name[:60]!r} made {strange[:3]}")
    trial.expect((place.parent / "precious").read_text() == "kept", f"{name[:60]!r} wrote over a file")
