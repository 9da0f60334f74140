"""Trials that damage checkpoints, by a cut or a flipped bit, and read them: in the process, none may load."""

from collections.abc import Iterator
from pathlib import Path

from algos import checkpoint
from cfg.errors import CheckpointError
from tests.chaos.processes import start
from tests.chaos.trial import Trial
from tests.chaos.worlds import WORLDS
from tests.damage import flips

CASES = 50
TRAINED_S = 60.0


def damage_files(trial: Trial) -> None:
    """Half of the cases are cut, half have a bit flipped, of the checkpoints of one small run."""
    files = _trained(trial)
    wrong = trial.folder / "wrong.pth"
    content = trial.chance.choice(files).read_bytes()
    for damage, altered in (*cuts_at_random(content, trial), *flips(content, CASES // 2, trial.chance)):
        wrong.write_bytes(altered)
        refuses(trial, wrong, damage)


def cuts_at_random(content: bytes, trial: Trial) -> Iterator[tuple[str, bytes]]:
    """The other half of the cases."""
    for _ in range(CASES // 2):
        length = trial.chance.randrange(len(content))
        yield f"cut at byte {length}", content[:length]


def refuses(trial: Trial, file: Path, damage: str) -> None:
    """Reading the file is refused, in one line."""
    try:
        checkpoint.read(file)
    except CheckpointError as error:
        trial.expect("\n" not in str(error), f"{damage}: told in several lines")
    except Exception as error:  # noqa: BLE001  which kind it is, is what is judged
        trial.expect(False, f"{damage}: {type(error).__name__} in place of an error of ours")
    else:
        trial.expect(False, f"{damage}: it loads as if nothing were wrong")


def _trained(trial: Trial) -> list[Path]:
    name = list(WORLDS)[trial.seed % len(WORLDS)]
    trial.figures["world"] = name
    driver = start(trial.folder, WORLDS[name].command("max_iterations=4"), warm=True)
    if not driver.wait(TRAINED_S) or driver.code:
        raise RuntimeError(f"no run to damage: {driver.errors}")
    files = sorted(trial.folder.glob("runs/*/nn/*.pth"))
    assert files, "the run has left no checkpoint"
    for file in files:
        checkpoint.read(file)
    return files
