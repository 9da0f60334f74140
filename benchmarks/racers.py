"""Everyone who runs the race, behind one call. Judges nothing.

`python -m benchmarks.racers NAME TASK SEED THREADS BUDGET TRIAL [CLEANRL]` trains in this process and writes
one line of JSON. BUDGET 0 is the task's own, TRIAL 1 asks for the speed alone.
"""

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.alone import Answer, judged, reply
from benchmarks.contestants import NotOfferedError, version_of
from benchmarks.courses import COURSES, Course
from benchmarks.stopwatch import Clock, Finished, Stopwatch, Trial, mean_return


@dataclass(frozen=True)
class Start:
    """What is asked of a racer.

    Attributes:
        threads: torch's.
        cleanrl: a checkout of CleanRL; None where there is none.
    """

    course: Course
    seed: int
    threads: int
    cleanrl: Path | None = None


def rlgx(start: Start, clock: Clock) -> None:
    """`train.run` with the task's own vector environment; it evaluates nothing itself, as nobody does."""
    import algos.ppo.agent
    import algos.sac.agent  # noqa: F401  # imports do not count
    from benchmarks.watcher import CLOCK
    from train import run

    CLOCK.set(clock)
    words = (*start.course.ours, f"seed={start.seed}", f"train.params.torch_threads={start.threads}")
    run(*words, "device=cpu", "eval_every=0", "observers=[benchmarks.watcher:of_rlgx]")


def rl_games(start: Start, clock: Clock) -> None:
    """rl_games' own Runner and agent, on the vector environment that rlgx has for the task."""
    from rl_games.torch_runner import Runner

    from benchmarks.stock import GREEDY, stock_params
    from benchmarks.watcher import CLOCK, Watcher

    params = stock_params(start.course, start.seed, start.threads)
    CLOCK.set(clock)
    watcher = Watcher(partial(partial, GREEDY[start.course.algo]))
    runner = Runner(watcher)
    runner.load({"params": params})
    clock.start()
    try:
        runner.run({"train": True, "play": False})
    finally:
        if watcher.agent is not None:
            watcher.agent.vec_env.close()


def stable_baselines3(start: Start, clock: Clock) -> None:
    """Stable-Baselines3 with what rl-baselines3-zoo's `exp_manager` makes of its settings."""
    import stable_baselines3
    import torch
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.vec_env import VecNormalize

    torch.set_num_threads(start.threads)
    zoo = start.course.zoo

    def act(obs: Any) -> Any:
        seen = vec.normalize_obs(obs) if zoo.normalize else obs
        return model.predict(seen, deterministic=True)[0]

    class Watching(BaseCallback):
        """Tells of what is learned from: it is before the next rollout, and at the end."""

        def _on_step(self) -> bool:
            return True

        def _on_rollout_start(self) -> None:
            clock.passed(self.num_timesteps, act)

        _on_training_end = _on_rollout_start

    clock.start()
    vec: Any = make_vec_env(start.course.env, zoo.num_envs, seed=start.seed)
    if zoo.normalize:
        vec = VecNormalize(vec, gamma=zoo.settings["gamma"])
    algorithm = getattr(stable_baselines3, zoo.algo)
    model = algorithm("MlpPolicy", vec, seed=start.seed, device="cpu", **scheduled(zoo.settings))
    try:
        model.learn(zoo.frames, callback=Watching())
    finally:
        vec.close()


def scheduled(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The zoo's settings with each "lin_x" as what Stable-Baselines3 asks with the share that is left."""
    return {
        name: partial(share_of, float(value.removeprefix("lin_"))) if isinstance(value, str) else value
        for name, value in settings.items()
    }


def share_of(whole: float, progress_remaining: float) -> float:
    """A linear schedule, from `whole` to 0."""
    return whole * progress_remaining


def cleanrl(start: Start, clock: Clock) -> None:
    """CleanRL's script as it is, with its own settings."""
    import torch

    from benchmarks.cleanrl import race

    if start.cleanrl is None:
        raise NotOfferedError("name a checkout of it with --cleanrl")
    torch.set_num_threads(start.threads)
    race(start.cleanrl / "cleanrl" / start.course.cleanrl, start.course.env, start.seed, clock)


@dataclass(frozen=True)
class Racer:
    """A row of the table: what it is called, how it trains, whose version is told."""

    title: str
    train: Callable[[Start, Clock], None]
    distribution: str


RACERS = {
    "rlgx": Racer("rlgx", rlgx, "rl-games"),
    "sb3": Racer("Stable-Baselines3", stable_baselines3, "stable-baselines3"),
    "cleanrl": Racer("CleanRL", cleanrl, "gymnasium"),
    "rl_games": Racer("rl_games' agent", rl_games, "rl-games"),
}


def answer(name: str, start: Start, is_trial: bool) -> Answer:
    """What is told of a training: of a trial its `speed`, else its `run`, with when it reached what."""
    told = partial(try_out if is_trial else run, RACERS[name], start)
    return judged(lambda: {"version": version_of(RACERS[name].distribution), **told()})


def try_out(racer: Racer, start: Start) -> Answer:
    """Frames a second of a short training."""
    trial = Trial()
    with suppress(Finished):
        racer.train(start, trial)
    return {"speed": trial.speed}


def run(racer: Racer, start: Start) -> Answer:
    """A whole training: of each evaluation frames, seconds and mean return; of the confirmation the last."""
    watch = Stopwatch(start.course.rules, partial(mean_return, start.course.env), start.seed)
    with suppress(Finished):
        racer.train(start, watch)
    curve = [(frames, round(seconds, 3), round(score, 2)) for frames, seconds, score in watch.curve]
    ended = {
        "reached": watch.confirmed is not None,
        "frames": watch.frames,
        "seconds": round(watch.seconds, 3),
    }
    return {"run": {"seed": start.seed, **ended, "confirmed": watch.confirmed, "curve": curve}}


def main(words: list[str]) -> None:
    """Trains and answers `benchmarks.alone.ask`."""
    name, task, seed, threads, budget, trial, *paths = words
    course = COURSES[task]
    if int(budget):
        course = replace(course, rules=replace(course.rules, budget=int(budget)))
    start = Start(course, int(seed), int(threads), Path(paths[0]) if paths else None)
    reply(lambda: answer(name, start, is_trial=bool(int(trial))))


if __name__ == "__main__":
    main(sys.argv[1:])
