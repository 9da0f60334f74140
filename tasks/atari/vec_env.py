"""Atari on ale-py's own vector environment: the games run in C++ threads of this process."""

from typing import Any

import numpy as np
from ale_py.vector_env import AtariVectorEnv
from gymnasium.vector import AutoresetMode

from cfg.errors import EnvFault
from tasks.arrays import Array
from tasks.atari.games import AtariGame
from tasks.atari.mirror import Mirror
from tasks.atari.protocol import AtariProtocol
from tasks.factory import EnvFactory
from tasks.seeding import env_seed
from tasks.vec_env.base import VecEnv
from tasks.vec_env.episodes import EpisodeStatistics
from tasks.vec_env.transition import FirstObservation, Transition


class AtariVecEnv(VecEnv):
    """N games; observations are uint8 [N, stack_num, img_height, img_width].

    Every step's arrays are new ones that ale-py hands over, so nothing is copied but final observations.

    Args:
        factory: of a game, with its protocol.
        num_envs: N.
        num_workers: C++ threads; as many as the machine has, but no more than games, where None.
        seed: of the run.
        role: one of `tasks.seeding.ROLES`.
    """

    def __init__(
        self,
        factory: EnvFactory,
        num_envs: int,
        num_workers: int | None = None,
        *,
        seed: int,
        role: str = "train",
    ) -> None:
        game, protocol = factory.kwargs["game"], factory.kwargs["protocol"]
        self._env: Any = make_ale(game, protocol, num_envs, num_workers)
        self._protocol = protocol
        self._role = role
        self._rows = np.arange(num_envs)
        actions = self._env.ale.get_action_set()
        self._num_actions = len(actions)
        fire = [index for index, action in enumerate(actions) if action.name == "FIRE"]
        self._fire = fire[0] if fire and protocol.use_fire_reset else None
        self._statistics = EpisodeStatistics(num_envs, ())
        self._new_life = np.zeros(num_envs, np.bool_)
        self._mirror = Mirror(game.rom, protocol, factory.render_mode) if factory.render_mode else None
        self.seed(seed)
        super().__init__(factory.name, num_envs, self._describe())

    def seed(self, seed: int) -> None:
        """Has the next `reset` start every row's random stream anew."""
        self._seeds: Array | None = np.array([env_seed(seed, self._role, int(row)) for row in self._rows])

    def has_action_masks(self) -> bool:
        """A game allows all of its actions."""
        return False

    def render(self) -> Array | None:
        """Row 0 in colour, uint8 [210, 160, 3]; None without a render mode and where there is a window."""
        return self._mirror.frame() if self._mirror else None

    def _reset(self) -> FirstObservation:
        obs, infos = self._env.reset(seed=self._seeds)
        if self._mirror:
            if self._seeds is not None:
                self._mirror.seed(int(self._seeds[0]))
            self._mirror.reset(int(infos["episode_frame_number"][0]))
        self._seeds = None
        self._statistics.restart()
        self._lives = infos["lives"]
        self._new_life = np.zeros(self.num_envs, np.bool_)
        return FirstObservation(obs)

    def _step(self, actions: Array) -> Transition:
        played = self._played(actions)
        obs, reward, terminated, truncated, infos = self._env.step(played)
        is_over = terminated | truncated
        # Some games stay at 0 lives for a while before they are over: only that is their end.
        self._new_life = (infos["lives"] < self._lives) & (infos["lives"] > 0) & ~is_over
        self._lives = infos["lives"]
        done = is_over | self._new_life if self._protocol.life_loss_info else is_over
        self._statistics.add(reward)
        if self._mirror:
            self._mirror.follow(int(played[0]), bool(is_over[0]), int(infos["episode_frame_number"][0]))
        return Transition(
            obs=obs,
            reward=reward.astype(np.float32),
            done=done,
            time_outs=truncated,
            final_observation=_successors(obs, is_over, infos) if done.any() else None,
            episode=self._statistics.finish(np.flatnonzero(is_over), {}) if is_over.any() else {},
        )

    def _close(self) -> None:
        del self._env  # which ends its threads

    def _played(self, actions: Array) -> Array:
        """The agent's actions int64 [N], with FIRE at the start of each new life."""
        actions = actions.reshape(-1)
        if actions.min() < 0 or actions.max() >= self._num_actions:
            # ale-py would wait for ever for the row that it cannot step.
            row = int(np.argmax((actions < 0) | (actions >= self._num_actions)))
            problem = f"{self.name}, row {row}: action {actions[row]} of {self._num_actions}"
            raise EnvFault(problem, f"give 0 to {self._num_actions - 1}")
        if self._fire is None or not self._new_life.any():
            return actions
        return np.where(self._new_life, self._fire, actions)

    def _describe(self) -> dict[str, Any]:
        return {
            "observation_space": self._env.single_observation_space,
            "action_space": self._env.single_action_space,
            "agents": 1,
            "value_size": 1,
            "autoreset_mode": "same_step",
            "render_fps": 60.0 / self._protocol.frameskip,
        }


def make_ale(game: AtariGame, protocol: AtariProtocol, num_envs: int, num_threads: int | None) -> Any:
    """ale-py's own vector environment under the protocol; lives and clipped rewards are left to others."""
    return AtariVectorEnv(
        game.rom,
        num_envs,
        num_threads=num_threads or 0,
        autoreset_mode=AutoresetMode.SAME_STEP,
        frameskip=protocol.frameskip,
        img_height=protocol.img_height,
        img_width=protocol.img_width,
        stack_num=protocol.stack_num,
        noop_max=protocol.noop_max,
        use_fire_reset=protocol.use_fire_reset,
        repeat_action_probability=protocol.repeat_action_probability,
        full_action_space=protocol.full_action_space,
        max_num_frames_per_episode=protocol.max_num_frames_per_episode,
        reward_clipping=False,
    )


def _successors(obs: Array, is_over: Array, infos: dict[str, Any]) -> Array:
    """The true successor of every row: ale-py tells it where a game is over, the others show it."""
    if "final_obs" not in infos:
        return obs.copy()
    final: Array = infos["final_obs"]
    np.copyto(final, obs, where=~is_over[:, None, None, None])
    return final
