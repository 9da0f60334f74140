"""One piece of a benchmark in a process of its own, which answers with a line of JSON. Measures nothing."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.contestants import NotOfferedError

ROOT = Path(__file__).resolve().parents[1]

Answer = dict[str, Any]


def ask(module: str, words: Sequence[str], threads: int, limit_s: float) -> Answer:
    """What `python -m module words...` answers, with so many torch threads; or that it failed, and why."""
    command = [sys.executable, "-W", "ignore", "-m", module, *words]
    env = {**os.environ, "OMP_NUM_THREADS": str(threads), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            answer, _ = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            return {"status": "failed", "reason": f"it was not done after {limit_s:.0f} s"}
        finally:
            # Its workers too; where all went well nobody is left.
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    if not answer.strip():
        return {"status": "failed", "reason": f"it died with exit code {process.returncode}"}
    told: Answer = json.loads(answer)
    return told


def take_turns(names: Sequence[str], rounds: int, speed: Callable[[str, int], Answer]) -> dict[str, Answer]:
    """Everyone once a round, in another order each time: for each its status and the speed of each round.

    `speed(name, round)` is told `status`, and `steps_per_s` and `version` or a `reason`; who is absent or has
    failed is left out from then on.
    """
    results: dict[str, Answer] = {name: {"status": "ok", "steps_per_s": []} for name in names}
    for index in range(rounds):
        for name in names if index % 2 else reversed(names):
            if results[name]["status"] != "ok":
                continue
            told = speed(name, index + 1)
            if told["status"] == "ok":
                results[name]["steps_per_s"].append(told["steps_per_s"])
                results[name]["version"] = told["version"]
            else:
                results[name] = told
    return results


def reply(answer: Callable[[], Answer]) -> None:
    """Answers `ask`, from within an empty directory; what is printed meanwhile goes to stderr."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        told = answer()
        os.chdir("/")
    print(json.dumps(told), file=answers, flush=True)


def judged(answer: Callable[[], Answer]) -> Answer:
    """The answer with `status` ok, or the reason why there is none: absent or failed."""
    try:
        return {"status": "ok", **answer()}
    except NotOfferedError as reason:
        return {"status": "absent", "reason": str(reason)}
    except ModuleNotFoundError as error:
        return {"status": "absent", "reason": f"the package {error.name} is not installed"}
    except Exception as error:  # noqa: BLE001  # whatever ails a contestant is told, and ends no other
        return {"status": "failed", "reason": f"{type(error).__name__}: {error}".splitlines()[0]}
