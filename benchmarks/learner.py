"""Everyone who trains PPO on CartPole with the same sizes, behind one call. Compares nothing.

`python -m benchmarks.learner NAME FRAMES [CLEANRL]` trains in this process and writes one line of JSON, the
steps a second after the first updates: imports, starts and what is compiled on first use do not count.
CLEANRL is the path of CleanRL's ppo.py, which no package holds.
"""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.alone import Answer, judged, reply
from benchmarks.contestants import NotOfferedError, version_of

NUM_ENVS, HORIZON, MINIBATCH, EPOCHS, UNITS = 64, 32, 512, 4, (32, 32)
LEARNING_RATE, ENTROPY = 3e-4, 0.01
WARM_UP = 4
"""Updates, each with its rollout, before the clock runs."""

Points = list[tuple[int, float]]
"""After each update: environment steps so far, and a clock in seconds."""

OURS = (
    "task=CartPole",
    "train=CartPolePPO",
    f"num_envs={NUM_ENVS}",
    "eval_every=0",
    "device=cpu",
    f"train.params.network.mlp.units=[{','.join(map(str, UNITS))}]",
    f"train.params.config.horizon_length={HORIZON}",
    f"train.params.config.minibatch_size={MINIBATCH}",
    f"train.params.config.mini_epochs={EPOCHS}",
    f"train.params.config.learning_rate={LEARNING_RATE}",
    f"train.params.config.entropy_coef={ENTROPY}",
    # The others normalise neither observations nor values.
    "train.params.config.normalize_input=False",
    "train.params.config.normalize_value=False",
    "train.params.config.save_frequency=0",
)


@dataclass(frozen=True)
class Task:
    """What is asked of a learner.

    Attributes:
        frames: environment steps to train for.
        cleanrl: CleanRL's ppo.py; None where it is not there.
    """

    frames: int
    cleanrl: Path | None


def speed_of(points: Points) -> float:
    """Environment steps a second from the end of the warm-up to the last update."""
    if len(points) <= WARM_UP:
        raise ValueError(f"{len(points)} updates are too few to tell: the first {WARM_UP} do not count")
    (first_frame, first_s), (last_frame, last_s) = points[WARM_UP - 1], points[-1]
    return (last_frame - first_frame) / (last_s - first_s)


def ours(vec_env: tuple[str, ...], task: Task) -> Points:
    """`train.run`, read from the run's own metrics."""
    from train import run

    summary = run(*OURS, *vec_env, f"max_frames={task.frames}")
    lines = Path(summary["run"], "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [(entry["frame"], entry["wall_s"]) for entry in map(json.loads, lines)]


def rl_games(task: Task) -> Points:
    """rl_games' own agent on our vector environment `process`."""
    from rl_games.algos_torch.a2c_discrete import DiscreteA2CAgent
    from rl_games.common.algo_observer import AlgoObserver
    from rl_games.common.tr_helpers import DefaultRewardsShaper

    from cfg.compose import compose
    from cfg.flags import parse
    from tasks.registry import register

    points: Points = []

    class Clock(AlgoObserver):
        def after_print_stats(self, frame: int, epoch_num: int, total_time: float) -> None:
            points.append((frame, time.perf_counter()))

    config = compose(parse([*OURS, "vec_env=process", "num_workers=2"]))
    register(config)
    settings = config.settings.model_dump(exclude_none=True) | {
        "name": "stock",
        "env_name": config.task.name,
        "device": "cpu",
        "device_name": "cpu",
        "reward_shaper": DefaultRewardsShaper(),
        "features": {"observer": Clock()},
        "max_frames": task.frames,
        "max_epochs": -1,
        "print_stats": False,
    }
    network = {"name": "actor_critic", "separate": True, "space": {"discrete": {}}}
    network["mlp"] = {"units": list(UNITS), "activation": "tanh", "initializer": {"name": "default"}}
    parts = {"algo": {"name": "a2c_discrete"}, "model": {"name": "discrete_a2c"}, "network": network}
    agent = DiscreteA2CAgent(base_name="run", params={**parts, "config": settings})
    try:
        agent.train()
    finally:
        agent.vec_env.close()
    return points


def stable_baselines3(kind: str, task: Task) -> Points:
    """Stable-Baselines3's PPO on its DummyVecEnv or SubprocVecEnv."""
    import torch
    from stable_baselines3 import PPO
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv

    points: Points = []

    class Clock(BaseCallback):
        def _on_step(self) -> bool:
            return True

        def _on_rollout_start(self) -> None:
            points.append((self.num_timesteps, time.perf_counter()))

        _on_training_end = _on_rollout_start

    kinds: dict[str, tuple[Any, dict[str, Any]]] = {
        "DummyVecEnv": (DummyVecEnv, {}),
        "SubprocVecEnv": (SubprocVecEnv, {"start_method": "fork"}),
    }
    kind_class, kwargs = kinds[kind]
    vec = make_vec_env("CartPole-v1", NUM_ENVS, vec_env_cls=kind_class, vec_env_kwargs=kwargs)
    model = PPO(
        "MlpPolicy",
        vec,
        learning_rate=LEARNING_RATE,
        n_steps=HORIZON,
        batch_size=MINIBATCH,
        n_epochs=EPOCHS,
        ent_coef=ENTROPY,
        policy_kwargs={
            "net_arch": {"pi": list(UNITS), "vf": list(UNITS)},
            "activation_fn": torch.nn.Tanh,
        },
        device="cpu",
    )
    model.learn(task.frames, callback=Clock())
    vec.close()
    return points[1:]  # the first rollout starts after no update


def cleanrl(task: Task) -> Points:
    """CleanRL's ppo.py as it is, but for its layers of 64, which no argument sets."""
    if task.cleanrl is None:
        raise NotOfferedError("name a checkout of it with --cleanrl")
    text, replaced = re.subn(r"\b64\b", str(UNITS[0]), task.cleanrl.read_text(encoding="utf-8"))
    if replaced != 8:
        raise ValueError(f"{task.cleanrl} names 64 in {replaced} places, not in the 8 of its two networks")
    Path("ppo_small.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-W", "ignore", "ppo_small.py", "--no-cuda"]
    options = {
        "num-envs": NUM_ENVS,
        "num-steps": HORIZON,
        "num-minibatches": NUM_ENVS * HORIZON // MINIBATCH,
        "update-epochs": EPOCHS,
        "learning-rate": LEARNING_RATE,
        "total-timesteps": task.frames,
    }
    command += [word for name, value in options.items() for word in (f"--{name}", str(value))]
    printed = subprocess.run(command, capture_output=True, text=True, check=False)
    speeds = re.findall(r"^SPS: (\d+)$", printed.stdout, re.MULTILINE)
    if printed.returncode or not speeds:
        raise ChildProcessError(f"ppo.py: {printed.stderr.strip().splitlines()[-1:]}")
    # After each update it prints the steps a second since its start, and nothing else of time.
    frames = [NUM_ENVS * HORIZON * (index + 1) for index in range(len(speeds))]
    return [(frame, frame / int(speed)) for frame, speed in zip(frames, speeds, strict=True)]


@dataclass(frozen=True)
class Learner:
    """A row of the table: what it is called, how it trains, whose version is told."""

    title: str
    train: Callable[[Any], Points]  # of what its benchmark calls a task
    distribution: str


LEARNERS = {
    "sync": Learner("rlgx, sync", partial(ours, ("vec_env=sync",)), "rl-games"),
    "process": Learner(
        "rlgx, process, 2 workers", partial(ours, ("vec_env=process", "num_workers=2")), "rl-games"
    ),
    "rl_games": Learner("rl_games' agent on rlgx process", rl_games, "rl-games"),
    "sb3_dummy": Learner(
        "Stable-Baselines3, DummyVecEnv", partial(stable_baselines3, "DummyVecEnv"), "stable-baselines3"
    ),
    "sb3_subproc": Learner(
        "Stable-Baselines3, SubprocVecEnv", partial(stable_baselines3, "SubprocVecEnv"), "stable-baselines3"
    ),
    "cleanrl": Learner("CleanRL ppo.py", cleanrl, "gymnasium"),
}


def answer(name: str, task: Task) -> Answer:
    """What is told of a training: `status`, and `steps_per_s` or a `reason`."""

    def told() -> Answer:
        speed = speed_of(LEARNERS[name].train(task))
        return {"steps_per_s": speed, "version": version_of(LEARNERS[name].distribution)}

    return judged(told)


def main(words: list[str]) -> None:
    """Trains and answers `benchmarks.alone.ask`."""
    name, frames, *paths = words
    task = Task(int(frames), Path(paths[0]) if paths else None)
    reply(lambda: answer(name, task))


if __name__ == "__main__":
    main(sys.argv[1:])
