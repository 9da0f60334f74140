"""Gymnasium's own vector environments (`vector_entry_point` of an id), converted to the contract.

They step N rows at once, with one random generator for all. What they put into their infos is not read.
"""

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import concatenate, create_empty_array, iterate

from cfg.errors import FOREIGN, ConfigError, EnvFault
from tasks.arrays import Array, Observation
from tasks.factory import EnvFactory
from tasks.lookup import dependency_error
from tasks.seeding import env_seed
from tasks.vec_env.engine import EngineVecEnv
from tasks.vec_env.layout import render_fps_of
from tasks.vec_env.transition import FirstObservation, Transition, pick_rows, replace_rows

FILLER_NOTE = "its own vector environment resets a row in a step of its own: an episode counts one step more"


class EntryPointVecEnv(EngineVecEnv):
    """N rows of an id's own vector environment, which resets a row in the step after its episode's last.

    The agent is told of the end in that later step, together with the next episode's first observation: a
    filler without reward, in which its action counts for nothing. So the contract holds as it is.

    Args:
        factory: of an id with a `vector_entry_point`.
        num_envs: N.
        num_workers: None; such an environment has no workers.
        seed: of the run.
        role: one of `tasks.seeding.ROLES`.
    """

    MEND = "use vec_env=sync, or mend the environment"

    def __init__(
        self,
        factory: EnvFactory,
        num_envs: int,
        num_workers: int | None = None,
        *,
        seed: int,
        role: str = "train",
    ) -> None:
        if num_workers is not None:
            problem = f"num_workers={num_workers} means nothing to the vector environment of {factory.name}"
            raise ConfigError(problem, "leave it out")
        self._env = _make(factory, num_envs)
        self._role = role
        spaces = self._env.single_observation_space, self._env.single_action_space
        fps = render_fps_of(self._env.metadata)
        self.seed(seed)
        super().__init__(factory.name, num_envs, *spaces, render_fps=fps, notes=(FILLER_NOTE,))

    def seed(self, seed: int) -> None:
        """Has the next `reset` start the generator of all rows anew."""
        self._seed: int | None = env_seed(seed, self._role, 0)

    def render(self) -> Any:
        """The frame of row 0; None without a render mode."""
        frames = self._env.render() if self._env.render_mode is not None else None
        return None if frames is None else frames[0]

    def _reset(self) -> FirstObservation:
        raw, _ = self._call("reset", lambda: self._env.reset(seed=self._seed))
        self._seed = None
        self._statistics.restart()
        self._latest = self._read(raw)
        self._ended = self._cut = np.zeros(self.num_envs, np.bool_)
        return FirstObservation(self._latest, notes=self._layout.notes)

    def _step(self, actions: Array) -> Transition:
        self._step_count += 1
        result = self._call("step", lambda: self._env.step(self._batch(actions)))
        raw, rewards, terminated, truncated, _ = result
        before, obs = self._latest, self._read(raw)
        done, cut = self._ended, self._cut
        reward = self._read_rewards(np.where(done, 0.0, rewards))
        terminated, truncated = (np.asarray(ends, np.bool_) & ~done for ends in (terminated, truncated))
        self._ended, self._cut = terminated | truncated, truncated & ~terminated
        self._latest = obs
        self._statistics.add(reward)
        rows = np.flatnonzero(done)
        return Transition(
            obs=obs,
            reward=reward.astype(np.float32),
            done=done,
            time_outs=done & cut,
            final_observation=replace_rows(obs, rows, pick_rows(before, rows)) if rows.size else None,
            episode=self._statistics.finish(rows, {}),
        )

    def _close(self) -> None:
        self._env.close()

    def _batch(self, actions: Array) -> Any:
        """An agent's actions as one batch of the environment's action space."""
        space = self._env.single_action_space
        empty: Any = create_empty_array(space, self.num_envs)
        return concatenate(space, self._layout.actions.split(actions), empty)

    def _read(self, raw: Any) -> Observation:
        """A batch of raw observations as fresh, finite arrays [N, ...]."""
        rows: Any = raw if isinstance(raw, np.ndarray) else list(iterate(self._env.observation_space, raw))
        return self._read_obs(rows, range(self.num_envs))


def _make(factory: EnvFactory, num_envs: int) -> Any:
    """The id's own vector environment. Raises ConfigError where its way to reset cannot be converted."""
    kwargs = dict(factory.kwargs)
    if factory.max_episode_steps is not None:
        kwargs["max_episode_steps"] = factory.max_episode_steps
    if factory.render_mode is not None:
        kwargs["render_mode"] = factory.render_mode
    assert isinstance(factory.source, EnvSpec), factory.source  # nothing else has such an entry point
    try:
        env: Any = gym.make_vec(factory.source, num_envs, "vector_entry_point", **kwargs)
    except (ImportError, gym.error.DependencyNotInstalled) as cause:
        raise dependency_error(factory.name, cause) from cause
    except FOREIGN as cause:
        problem = f"{factory.name} cannot be made with {kwargs}: {type(cause).__name__}: {cause}"
        raise EnvFault(problem, "check env_kwargs, or use vec_env=sync") from cause
    mode = env.metadata.get("autoreset_mode")
    if mode is not AutoresetMode.NEXT_STEP:
        env.close()
        raise ConfigError(
            f"vec_env=native: {factory.name} resets rows in the mode {mode}, not {AutoresetMode.NEXT_STEP}",
            "use vec_env=sync",
        )
    return env
