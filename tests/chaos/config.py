"""Trials that give configurations and command lines made by chance: all are answered in one line."""

import random
import re
import time

from cfg.errors import RlgxError
from tests.cfg.fuzzing import judged, mutated, outcome, random_words
from tests.cfg.labelled import Labelled, labelled_right, labelled_wrong
from tests.chaos.processes import Driver, start
from tests.chaos.trial import Trial

CASES, COMMANDS = 500, 20
ANSWERED_S = 60.0
HARMLESS = ("max_iterations=1", "max_frames=64", "max_wall_s=5", "eval_every=0")
BY_COMMAND = 5


def fuzz_the_validator(trial: Trial) -> None:
    """In the process: configurations with one to four accidents."""
    ended = {"accepted": 0, "refused": 0}
    began = time.monotonic()
    for case in range(CASES):
        values = mutated(random.Random(f"{trial.seed} {case}"))
        try:
            ended[outcome(lambda values=values: judged(values))] += 1
        except Exception as error:  # noqa: BLE001  which kind it is, is what is judged
            trial.expect(False, f"case {case}: {type(error).__name__}: {error}")
    took = time.monotonic() - began
    trial.figures |= {**ended, "validator_s": round(took, 3)}
    trial.expect(ended["refused"], "not one was refused: the accidents are none")


def fuzz_the_command(trial: Trial) -> None:
    """By the whole command: one to three words that look like ours, in a training that would soon end."""
    ended: dict[str, int] = {}
    for case in range(COMMANDS):
        words = random_words(trial.chance)
        driver = start(trial.folder, [*HARMLESS, *words], warm=case % BY_COMMAND != 0)
        answered(trial, driver, f"{words}")
        ended[f"exit_{driver.code}"] = ended.get(f"exit_{driver.code}", 0) + 1
    trial.figures |= ended


def answered(trial: Trial, driver: Driver, words: str) -> None:
    """It ends by itself, with no traceback, and a refusal is one line of error."""
    if not trial.expect(driver.wait(ANSWERED_S), f"{words}: no answer within {ANSWERED_S:.0f} s"):
        return
    trial.expect("Traceback" not in driver.errors, f"{words}: a traceback: {driver.errors[-200:]}")
    lines = re.findall(r"^error: ", driver.errors, re.MULTILINE)
    wanted = 0 if driver.code == 0 else 1
    codes = (0, 2, 3) if re.search("checkpoint|resume", words) else (0, 2)
    trial.expect(driver.code in codes, f"{words}: exit {driver.code}: {driver.errors[-200:]}")
    trial.expect(len(lines) == wanted, f"{words}: exit {driver.code} with {len(lines)} lines of error")


def judge_labelled(trial: Trial) -> None:
    """Those whose judgement is known."""
    wrong, right = labelled_wrong(), labelled_right()
    trial.figures |= {"wrong": len(wrong), "right": len(right)}
    for each in wrong:
        trial.expect(refusal(each), f"accepted, though {each.why}: {each}")
    for each in right:
        trial.expect(not refusal(each), f"refused, though right: {each}: {refusal(each)}")


def refusal(labelled: Labelled) -> str:
    """The line with which it is refused; "" where it is accepted."""
    try:
        labelled.judge()
    except RlgxError as error:
        return str(error)
    return ""
