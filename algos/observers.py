"""rl_games' `AlgoObserver`s, named by `observers=`, told of every training step. They only watch.

Stock observers run unchanged. What an agent of ours offers them is in docs/plugins.md; those of an algorithm
that runs with rl_games' own loop are told by that loop.
"""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from rl_games.common.algo_observer import AlgoObserver

from cfg.errors import ConfigError, foreign_code
from cfg.plugins import load, plugins
from cfg.spec import resolve

_MEND = "mend it or leave it out; RLGX_DEBUG=1 shows where it fails"


class Observers(AlgoObserver):
    """Several observers as one, in the order given. An exception of one ends the run with its name.

    Attributes:
        named: name -> observer.
    """

    def __init__(self, named: dict[str, Any]) -> None:
        super().__init__()
        self.named = named

    def before_init(self, base_name: str, config: dict[str, Any], experiment_name: str) -> None:
        """The agent is about to be built; nothing of it exists yet."""
        self._tell("before_init", base_name, config, experiment_name)

    def after_init(self, algo: Any) -> None:
        """The agent is built."""
        self._tell("after_init", algo)

    def process_infos(self, infos: Any, done_indices: torch.Tensor) -> None:
        """A training step is done; `done_indices` int64 [K, 1] are the rows whose episode ended."""
        self._tell("process_infos", infos, done_indices)

    def after_steps(self) -> None:
        """An epoch's experience is gathered, and not learned from yet."""
        self._tell("after_steps")

    def after_print_stats(self, frame: int, epoch_num: int, total_time: float) -> None:
        """An epoch's numbers are reported; seconds of wall time."""
        self._tell("after_print_stats", frame, epoch_num, total_time)

    def after_clear_stats(self) -> None:
        """The statistics of finished episodes are forgotten."""
        self._tell("after_clear_stats")

    def _tell(self, hook: str, *arguments: Any) -> None:
        for name, observer in self.named.items():
            # rl_games 1.6.5's base class lacks after_clear_stats.
            tell = getattr(observer, hook, None)
            if tell is None:
                continue
            with foreign_code(f"observer {name} failed in {hook}", _MEND):
                tell(*arguments)


def make_observers(names: Sequence[str]) -> Observers:
    """The observers that `observers=` names: plug-ins', or "module:attribute".

    Raises ConfigError for one that cannot be imported or made.
    """
    return Observers({name: _made(name) for name in names})


def _made(name: str) -> AlgoObserver:
    installed = plugins("observers")
    make = load(installed[name]) if name in installed else resolve(name)
    with foreign_code(f"observer {name} cannot be made", "give it no required arguments"):
        observer = make()
    if not isinstance(observer, AlgoObserver):
        raise ConfigError(
            f"observer {name} is a {type(observer).__name__}", "derive it from rl_games' AlgoObserver"
        )
    return observer


class WatchedVecEnv:
    """A vector environment whose steps are timed and told to observers; all else is passed on.

    Attributes:
        step_s: seconds spent in `step` since it was last set to 0.
    """

    def __init__(self, vec_env: Any, observer: AlgoObserver) -> None:
        self._vec_env = vec_env
        self._observer = observer
        self._is_watched = not isinstance(observer, Observers) or bool(observer.named)
        self.step_s = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._vec_env, name)

    def step(self, actions: Any) -> tuple[Any, Any, Any, dict[str, Any]]:
        """See `tasks.vec_env.contract`; the observers hear of it once it is timed."""
        began = time.perf_counter()
        obs, reward, done, infos = self._vec_env.step(actions)
        self.step_s += time.perf_counter() - began
        if not self._is_watched:
            return obs, reward, done, infos
        # What a vec env registered with rl_games said itself is what observers written for it expect.
        told = infos.get("host", infos)
        rows = done.nonzero() if isinstance(done, torch.Tensor) else torch.from_numpy(np.flatnonzero(done))
        self._observer.process_infos(told, rows.view(-1, 1))
        return obs, reward, done, infos
