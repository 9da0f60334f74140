"""One contestant in a process of its own: starts it, then plays when told to. Knows no other contestant.

`python -m benchmarks.seat NAME ENV NUM_ENVS NUM_WORKERS` answers one line of JSON, then one for each line
with a number of seconds, for which it plays once it is warm. The end of its input ends it.
"""

import contextlib
import json
import os
import sys
import time
import traceback
from typing import Any, TextIO

from benchmarks.contestants import CONTESTANTS, NotOfferedError, Order, Running, version_of
from benchmarks.worlds import random_actions

KEPT_ACTIONS = 1000
"""Steps of actions drawn before anything is measured, then repeated."""
MOST_ACTION_NUMBERS = 4_000_000
WARM_UP_STEPS = 20
WARM_UP_TURNS, MOST_WARM_UP_S = 3, 3.0
"""How long goes before what counts, in turns, and at most: processors that were idle are slow at first."""
CATCH_UP = 0.1
"""For what part of the time that a Ray was stopped it has to play besides: all its processes make up for the
looks they have missed, for a fifteenth of that time (docs/log.md)."""


def start(name: str, order: Order) -> tuple[dict[str, Any], Running | None]:
    """What is told of the start, and the contestant; None where it is absent or failed."""
    began = time.perf_counter()
    try:
        begin = CONTESTANTS[name].prepare(order)
        prepared = time.perf_counter()
        running = begin()
    except NotOfferedError as reason:
        return {"status": "absent", "reason": str(reason)}, None
    except ModuleNotFoundError as error:
        return {"status": "absent", "reason": f"the package {error.name} is not installed"}, None
    except Exception as error:  # noqa: BLE001  # whatever ails a contestant is told, and ends no other
        traceback.print_exc()
        return {"status": "failed", "reason": f"{type(error).__name__}: {error}".splitlines()[0]}, None
    about = {
        "status": "ok",
        "version": version_of(CONTESTANTS[name].distribution),
        "prepare_s": prepared - began,
    }
    return {**about, "start_up_s": time.perf_counter() - prepared}, running


def draw(order: Order, running: Running) -> list[Any]:
    """Actions for all rows, one entry a step."""
    env = order.world.make()
    space = env.action_space
    env.close()
    numbers = order.num_envs * (space.shape[0] if space.shape else 1)
    drawn = random_actions(space, min(KEPT_ACTIONS, MOST_ACTION_NUMBERS // numbers), order.num_envs)
    return list(drawn.astype(running.action_type) if not space.shape else drawn)


def play(running: Running, actions: list[Any], seconds: float) -> dict[str, float]:
    """Calls `step` for at least so long; returns the calls and the seconds that they took."""
    step, calls, began = running.step, 0, time.perf_counter()
    while True:
        step(actions[calls % len(actions)])
        calls += 1
        elapsed = time.perf_counter() - began
        if elapsed >= seconds:
            return {"calls": calls, "seconds": elapsed}


def serve(name: str, order: Order, answers: TextIO) -> None:
    """Starts, then plays as long as somebody asks."""
    about, running = start(name, order)
    if running is not None:
        actions = draw(order, running)
        for action in actions[:WARM_UP_STEPS]:
            running.step(action)
    print(json.dumps(about), file=answers, flush=True)
    if running is None:
        return
    rested = time.monotonic()
    for line in sys.stdin:
        seconds = float(line)
        missed = time.monotonic() - rested if CONTESTANTS[name].has_ray else 0.0
        play(running, actions, min(WARM_UP_TURNS * seconds, MOST_WARM_UP_S) + CATCH_UP * missed)
        played = play(running, actions, seconds)
        rested = time.monotonic()
        steps = played["calls"] * (running.rows or order.num_envs)
        print(json.dumps({"steps": steps, "seconds": played["seconds"]}), file=answers, flush=True)
    running.close()


def main(words: list[str]) -> None:
    """Runs `serve`; what contestants print goes to stderr, so that it mixes with no answer."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    name, env, *numbers = words
    with contextlib.suppress(KeyboardInterrupt):
        serve(name, Order(env, *map(int, numbers)), answers)


if __name__ == "__main__":
    main(sys.argv[1:])
