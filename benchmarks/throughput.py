"""Environment steps a second of 64 CartPoles under random play, for each way to run them. Trains nothing.

    python benchmarks/throughput.py                 # all; rl_games starts 64 processes, which takes minutes
    python benchmarks/throughput.py bare sync ray   # only these
    python benchmarks/throughput.py --atari         # vec_env=native against ale-py alone, 8 Pongs

Each contestant runs in a process of its own, one after the other. "bare" is a loop over the environments
that does nothing with what they give: what is lost against it is the vector environment's own cost.
The two of --atari take turns in one process, and the median of the rounds counts: a busy machine slows both.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

NUM_ENVS = 64
MEASURED_S = 5.0
WARM_UP_STEPS = 20

NUM_GAMES = 8
ROUNDS = 50
ROUND_S = 0.3

Step = Callable[[Any], Any]


def start_bare() -> Step:
    """The environments alone, in a loop."""
    import gymnasium as gym

    envs = [gym.make("CartPole-v1", disable_env_checker=True) for _ in range(NUM_ENVS)]
    for row, env in enumerate(envs):
        env.reset(seed=row)

    def step(actions: Any) -> None:
        for env, action in zip(envs, actions.tolist(), strict=True):
            _, _, terminated, truncated, _ = env.step(action)
            if terminated or truncated:
                env.reset()

    return step


def start_sync() -> Step:
    """Ours, in the process."""
    from tasks import make_vec_env

    vec = make_vec_env("CartPole", num_envs=NUM_ENVS, vec_env="sync")
    vec.reset()
    return vec.step


def start_process() -> Step:
    """Ours, in two worker processes."""
    from tasks import make_vec_env

    vec = make_vec_env("CartPole", num_envs=NUM_ENVS, vec_env="process", num_workers=2)
    vec.reset()
    return vec.step


def start_ray() -> Step:
    """Ours, in two Ray actors."""
    from tasks import make_vec_env

    vec = make_vec_env("CartPole", num_envs=NUM_ENVS, vec_env="ray", num_workers=2)
    vec.reset()
    return vec.step


def start_rl_games() -> Step:
    """rl_games' own RAY type: one Ray actor for each environment, given the 4-tuples it wants."""
    import ray
    from rl_games.common.vecenv import create_vec_env

    ray.init(include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    vec = create_vec_env("CartPole-v1", NUM_ENVS)
    vec.reset()
    return vec.step


def start_ale() -> Step:
    """ale-py's own vector environment of Pong, as `native` has it made."""
    from ale_py.vector_env import AtariVectorEnv
    from gymnasium.vector import AutoresetMode

    vec = AtariVectorEnv("pong", NUM_GAMES, autoreset_mode=AutoresetMode.SAME_STEP, reward_clipping=False)
    vec.reset(seed=np.arange(NUM_GAMES))
    return vec.step


def start_native() -> Step:
    """Ours on top of it."""
    from tasks import make_vec_env

    vec = make_vec_env("Pong", num_envs=NUM_GAMES, vec_env="native")
    vec.reset()
    return vec.step


CONTESTANTS: dict[str, Callable[[], Step]] = {
    "bare": start_bare,
    "sync": start_sync,
    "process": start_process,
    "ray": start_ray,
    "rl_games": start_rl_games,
}


def measure(name: str) -> dict[str, float]:
    """Seconds until the first observation, and environment steps a second after it."""
    began = time.perf_counter()
    step = CONTESTANTS[name]()
    start_up_s = time.perf_counter() - began
    actions = np.random.default_rng(0).integers(0, 2, (1000, NUM_ENVS))
    for index in range(WARM_UP_STEPS):
        step(actions[index])
    return {"start_up_s": start_up_s, "steps_per_s": steps_per_s(step, actions, MEASURED_S)}


def steps_per_s(step: Step, actions: Any, seconds: float) -> float:
    """Environment steps a second of random play with actions [K, N]."""
    steps, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        step(actions[steps % len(actions)])
        steps += 1
    return steps * actions.shape[1] / (time.perf_counter() - began)


def compare_atari() -> None:
    """Has ale-py alone and `native` take turns; prints medians and the median of each round's ratio."""
    actions = np.random.default_rng(0).integers(0, 6, (1000, NUM_GAMES))
    contestants = {"ale-py alone": start_ale(), "native": start_native()}
    speeds: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(ROUNDS):
        # Whoever goes first changes, so that a machine that gets slower favours nobody.
        for name in sorted(contestants, reverse=bool(turn % 2)):
            speeds[name].append(steps_per_s(contestants[name], actions, ROUND_S))
    bare, native = speeds.values()
    ratios = [ours / theirs for ours, theirs in zip(native, bare, strict=True)]
    table = Table(
        "", "steps/s", "of ale-py alone", title=f"{NUM_GAMES} Pongs, {ROUNDS} rounds of {ROUND_S:g} s"
    )
    table.add_row("ale-py alone", f"{statistics.median(bare):,.0f}", "1.00")
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    table.add_row(
        "native", f"{statistics.median(native):,.0f}", f"{statistics.median(ratios):.2f} ({spread})"
    )
    Console().print(table)


def measure_apart(name: str) -> dict[str, float]:
    """`measure` in a process of its own."""
    run = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, "--here", name], capture_output=True, text=True, check=True
    )
    result: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
    return result


def main(names: list[str]) -> None:
    """Measures some contestants and prints a table."""
    results = {name: measure_apart(name) for name in names}
    table = Table("", "steps/s", "of bare", "times rl_games", "start-up s", title=f"{NUM_ENVS} CartPole-v1")
    for name, result in results.items():
        ratios = [
            f"{result['steps_per_s'] / results[other]['steps_per_s']:.2f}" if other in results else ""
            for other in ("bare", "rl_games")
        ]
        table.add_row(name, f"{result['steps_per_s']:,.0f}", *ratios, f"{result['start_up_s']:.1f}")
    Console().print(table)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--here"]:
        print(json.dumps(measure(sys.argv[2])))
    elif sys.argv[1:] == ["--atari"]:
        compare_atari()
    else:
        main(sys.argv[1:] or list(CONTESTANTS))
