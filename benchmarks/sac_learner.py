"""Everyone who trains SAC with the same sizes, behind one call. Compares nothing.

`python -m benchmarks.sac_learner NAME ENV FRAMES THREADS` trains in this process and writes one line of JSON,
the gradient steps a second, environment and all, once imports, starts and first uses are over.
"""

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.alone import Answer, judged, reply
from benchmarks.contestants import version_of
from benchmarks.learner import WARM_UP, Learner, Points, speed_of

UNITS, BATCH, REPLAY, LEARNING_RATE = (256, 256), 256, 100_000, 3e-4
RANDOM_FRAMES = 300
"""Frames of random actions, before any learning."""
EVERY = 50
"""Frames between two looks at the clock, and so the gradient steps between them."""
FEWEST_FRAMES = RANDOM_FRAMES + (WARM_UP + 2) * EVERY


@dataclass(frozen=True)
class Task:
    """What is asked of a learner.

    Attributes:
        env: a Gymnasium id.
        frames: environment steps to train for, each but the first `RANDOM_FRAMES` with one gradient step of
            critics, policy and temperature.
        threads: torch's.
    """

    env: str
    frames: int
    threads: int


def ours(task: Task) -> Points:
    """`train.run`, read from the run's own metrics."""
    from train import run

    settings = {
        "batch_size": BATCH,
        "replay_buffer_size": REPLAY,
        "num_warmup_frames": RANDOM_FRAMES,
        "num_steps_per_episode": EVERY,
        "save_frequency": 0,
        **dict.fromkeys(("actor_lr", "critic_lr", "alpha_lr"), LEARNING_RATE),
    }
    summary = run(
        *("task=Gym", f"env={task.env}", "train=SAC", "network=soft_actor_critic"),
        f"train.params.network.mlp.units=[{','.join(map(str, UNITS))}]",
        *(f"train.params.config.{key}={value}" for key, value in settings.items()),
        *("num_envs=1", "vec_env=sync", "eval_every=0", "device=cpu", f"max_frames={task.frames}"),
        f"train.params.torch_threads={task.threads}",
    )
    lines = Path(summary["run"], "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [(entry["frame"], entry["wall_s"]) for entry in map(json.loads, lines)]


def stable_baselines3(task: Task) -> Points:
    """Stable-Baselines3's SAC, whose defaults these settings are."""
    import torch
    from stable_baselines3 import SAC
    from stable_baselines3.common.callbacks import BaseCallback

    torch.set_num_threads(task.threads)
    points: Points = []

    class Clock(BaseCallback):
        def _on_step(self) -> bool:
            if self.num_timesteps % EVERY == 0:
                points.append((self.num_timesteps, time.perf_counter()))
            return True

    model = SAC(
        "MlpPolicy",
        task.env,
        learning_rate=LEARNING_RATE,
        buffer_size=REPLAY,
        learning_starts=RANDOM_FRAMES,
        batch_size=BATCH,
        policy_kwargs={"net_arch": list(UNITS)},
        device="cpu",
    )
    model.learn(task.frames, callback=Clock())
    return points


SAC_LEARNERS = {
    "rlgx": Learner("rlgx", ours, "rl-games"),
    "sb3": Learner("Stable-Baselines3", stable_baselines3, "stable-baselines3"),
}


def answer(name: str, task: Task) -> Answer:
    """What is told of a training: `status`, and `steps_per_s`, which are gradient steps, or a `reason`."""

    def told() -> dict[str, Any]:
        learning = [point for point in SAC_LEARNERS[name].train(task) if point[0] > RANDOM_FRAMES]
        version = version_of(SAC_LEARNERS[name].distribution)
        return {"steps_per_s": speed_of(learning), "version": version}

    return judged(told)


def main(words: list[str]) -> None:
    """Trains and answers `benchmarks.alone.ask`."""
    name, env, frames, threads = words
    reply(lambda: answer(name, Task(env, int(frames), int(threads))))


if __name__ == "__main__":
    main(sys.argv[1:])
