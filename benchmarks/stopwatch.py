"""The rules of a race: when the clock runs, a policy is judged, a training is over. Trains nothing."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

Act = Callable[[np.ndarray], Any]
"""Greedy actions [K, ...] in the environment's units, for observations [K, ...]."""
Judge = Callable[[Act, int, int], float]
"""The mean return of a number of episodes, from a seed on."""

EPISODES, CONFIRMING = 20, 100
TRIAL_S = 4.0
"""Of a trial, once to warm up and once again to count."""


class Finished(BaseException):
    """A training is over, since it arrived or has used its frames. No library catches it for an error."""


class Clock(Protocol):
    """What a training is told by whoever watches it."""

    def start(self) -> None:
        """It begins to build its environments; its imports are done."""

    def passed(self, frames: int, act: Act) -> None:
        """So many frames are learned from; raises Finished where that was all."""


@dataclass(frozen=True)
class Rules:
    """Equal for everybody.

    Attributes:
        target: the mean return to reach.
        every: frames between two evaluations.
        budget: frames after which a training ends.
        seconds: of training after which it is given up.
    """

    target: float
    every: int
    budget: int
    seconds: float = 300.0


class Stopwatch:
    """Seconds of training to the target; the clock stands still while the policy is judged.

    An evaluation falls due with every `every` frames and at the end, and takes place after the update that
    passes them.

    Attributes:
        seconds: of training so far.
        frames: at the last update.
        curve: of each evaluation the frames, the seconds and the mean return.
        confirmed: the mean return of the episodes that confirm an evaluation at the target; None before.
    """

    def __init__(self, rules: Rules, judge: Judge, seed: int) -> None:
        self.seconds = 0.0
        self.frames = 0
        self.curve: list[tuple[int, float, float]] = []
        self.confirmed: float | None = None
        self._rules, self._judge = rules, judge
        self._next = rules.every
        self._seeds = 1_000_000 * seed  # a training's own seeds are far below
        self._since = 0.0

    def start(self) -> None:
        """See `Clock.start`."""
        self._since = time.perf_counter()

    def passed(self, frames: int, act: Act) -> None:
        """See `Clock.passed`."""
        now = time.perf_counter()
        self.seconds, self._since, self.frames = self.seconds + now - self._since, now, frames
        is_spent = frames >= self._rules.budget or self.seconds >= self._rules.seconds
        if frames < self._next and not is_spent:
            return
        self._next = (frames // self._rules.every + 1) * self._rules.every
        score = self._play(act, EPISODES)
        self.curve.append((frames, self.seconds, score))
        if score >= self._rules.target:
            second = self._play(act, CONFIRMING)
            if second >= self._rules.target:
                self.confirmed = second
                raise Finished
        if is_spent:
            raise Finished
        self._since = time.perf_counter()

    def _play(self, act: Act, episodes: int) -> float:
        score = self._judge(act, episodes, self._seeds)
        self._seeds += episodes
        return score


class Trial:
    """Frames a second of a training's first seconds, without those in which it warms up."""

    def __init__(self, seconds: float = TRIAL_S) -> None:
        self._seconds = seconds
        self._began = self._last = (0, 0.0)  # frames, and a clock in seconds
        self._warm: tuple[int, float] | None = None

    def start(self) -> None:
        """See `Clock.start`."""
        self._began = self._last = (0, time.perf_counter())

    def passed(self, frames: int, act: Act) -> None:
        """See `Clock.passed`."""
        self._last = (frames, time.perf_counter())
        if self._warm is None:
            if self._last[1] >= self._began[1] + self._seconds:
                self._warm = self._last
        elif self._last[1] >= self._warm[1] + self._seconds:
            raise Finished

    @property
    def speed(self) -> float:
        """Frames a second; of a training that was over too early, its warming up included."""
        first = self._began if self._warm in (None, self._last) else self._warm
        return (self._last[0] - first[0]) / (self._last[1] - first[1])


def mean_return(env_id: str, act: Act, episodes: int, seed: int) -> float:
    """Of whole episodes, each on an environment of its own, seeded from `seed` on."""
    import gymnasium

    envs = [gymnasium.make(env_id) for _ in range(episodes)]
    obs = [env.reset(seed=seed + row)[0] for row, env in enumerate(envs)]
    playing, total = list(range(episodes)), 0.0
    while playing:
        actions = np.asarray(act(np.stack([obs[row] for row in playing])))
        going_on = []
        for row, action in zip(playing, actions, strict=True):
            obs[row], reward, terminated, truncated, _ = envs[row].step(action)
            total += float(reward)
            if not (terminated or truncated):
                going_on.append(row)
        playing = going_on
    for env in envs:
        env.close()
    return total / episodes
