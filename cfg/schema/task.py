"""A task choice: which environment, how many, when it counts as solved. Makes no environment."""

from typing import Annotated, Any

from pydantic import BeforeValidator

from cfg.schema.fields import Count, Frozen, ImportPath, JudgedBy, Real, VecEnv


class Wrapper(Frozen):
    """A Gymnasium wrapper, applied in training, evaluation and play alike."""

    entry_point: ImportPath
    kwargs: dict[str, Any] = {}


def _read_wrapper(value: object) -> object:
    given = {"entry_point": value} if isinstance(value, str) else value
    return {"kwargs": {}, **given} if isinstance(given, dict) else given


class TaskConfig(Frozen):
    """A file of cfg/task; `name` is the file's.

    Attributes:
        env: the id of Gymnasium or of an engine; null where `entry_point` names the class, or where the
            command line names it.
        entry_point: module:attribute of an environment that Gymnasium does not know.
        simulator: module:attribute of a simulator, in place of an environment (docs/simulators.md).
        wrappers: each {"entry_point": "module:attribute", "kwargs": {...}}, the innermost first.
        vec_env: who runs it; null: native for an engine's id such as ale:pong, simulator for a simulator,
            else sync.
        max_episode_steps: time limit in steps; null keeps the environment's own.
        solve_at: mean return of an evaluation from which the task counts as solved.
        confirm_episodes: episodes of the second evaluation, which confirms the first.
    """

    name: str
    description: str = ""
    env: str | None = None
    entry_point: ImportPath | None = None
    simulator: ImportPath | None = None
    env_kwargs: dict[str, Any] = {}
    wrappers: list[Annotated[dict[str, Any], JudgedBy(Wrapper), BeforeValidator(_read_wrapper)]] = []
    vec_env: VecEnv | None = None
    num_envs: Count
    max_episode_steps: Count | None = None
    solve_at: Real | None = None
    confirm_episodes: Count = 100

    @property
    def is_open(self) -> bool:
        """Whether the environment is for the command line to name."""
        return self.env is None and self.entry_point is None and self.simulator is None
