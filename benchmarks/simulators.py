"""Steps per second of the simulators alone, through `VecEnv.step` with all infos. Trains nothing.

    python benchmarks/simulators.py
    python benchmarks/simulators.py SimCartPole --num-envs 65536 --device cuda

The best of many short timings counts: other programs only ever make one slower.
"""

import argparse
import time

import numpy as np
import torch

from tasks import make_vec_env
from tasks.vec_env.checks import sample_actions

BLOCK = 20  # steps a timing


def step_us(task: str, num_envs: int, device: str, blocks: int) -> list[float]:
    """Microseconds a step, one for each block of steps, ascending."""
    with make_vec_env(task, num_envs=num_envs, device=device) as vec:
        vec.reset()
        rng, space = np.random.default_rng(0), vec.get_env_info()["action_space"]
        actions = [
            torch.as_tensor(sample_actions(space, num_envs, None, rng), device=device) for _ in range(BLOCK)
        ]
        taken = []
        for _ in range(blocks):
            began = time.perf_counter()
            for action in actions:
                vec.step(action)
            if device != "cpu":
                torch.cuda.synchronize(device)
            taken.append((time.perf_counter() - began) / BLOCK * 1e6)
    return sorted(taken[blocks // 10 :])


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tasks", nargs="*", default=["SimCartPole", "SimPendulum"])
    parser.add_argument("--num-envs", type=int, default=4096)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--blocks", type=int, default=200)
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    print(f"{'task':14} {'num_envs':>9} {'best us':>9} {'median us':>9} {'best steps/s':>14}")
    for task in asked.tasks:
        taken = step_us(task, asked.num_envs, asked.device, asked.blocks)
        best, median = taken[0], taken[len(taken) // 2]
        print(f"{task:14} {asked.num_envs:9,} {best:9.1f} {median:9.1f} {asked.num_envs / best * 1e6:14,.0f}")


if __name__ == "__main__":
    main()
