"""A vector environment that a module registered with rl_games, adapted to our contract. Steps nothing itself.

rl_games asks less of one than the contract. What is missing is made up for as well as rl_games does:

- `time_outs` come from its infos (one dict, or a list of dicts); where there are none, every end is an end;
- the last observation of an episode is lost, as the row is reset already: the one before it stands in;
- episodes are counted here, from the rewards it gives.
"""

import sys
from typing import Any

import numpy as np
from gymnasium import spaces

from cfg.errors import ConfigError, EnvFault, NumericalFault, foreign_code
from tasks.arrays import Array, Observation
from tasks.old_gym import TRUNCATED_KEY
from tasks.registered import RegisteredEnv, table_key, vec_env_maker
from tasks.vec_env.base import VecEnv
from tasks.vec_env.checks import check_masks, check_spaces
from tasks.vec_env.ray_init import ensure_ray, lock_with_token
from tasks.vec_env.readings import is_finite, not_finite
from tasks.vec_env.transition import FirstObservation, Transition, pick_rows, replace_rows

MEND = "mend the module's vector environment; RLGX_DEBUG=1 shows where"
NO_SEED_NOTE = "the vector environment takes no seed, so its episodes do not repeat"


class HostedVecEnv(VecEnv):
    """A module's own vector environment behind the contract.

    Args:
        env: as the module registered it.
        num_envs: N.
        seed: of the run; handed on as rl_games does, as the argument `seed`.
        kwargs: what else it is made with.

    Raises:
        ConfigError: where it has more than one agent a row, or spaces that no agent here reads.
        EnvFault: where it cannot be made.
    """

    def __init__(self, env: RegisteredEnv, num_envs: int, *, seed: int, kwargs: dict[str, Any]) -> None:
        self._host, notes = _made(env, num_envs, seed, kwargs)
        super().__init__(env.name, num_envs, _read_info(env.name, self._host.get_env_info() or {}))
        self._obs: Any = None
        self._device: Any = None  # of the tensors it speaks; None where it speaks arrays
        self._returns = np.zeros(num_envs)
        self._lengths = np.zeros(num_envs, np.int64)
        self._host_infos: Any = {}
        self._step_count = 0
        self._tell(notes)

    def step(self, actions: Array) -> tuple[Observation, Array, Array, dict[str, Any]]:
        """As the contract says; `infos["host"]` is what the module's vector environment gave itself."""
        obs, reward, done, infos = super().step(actions)
        return obs, reward, done, {**infos, "host": self._host_infos}

    def seed(self, seed: int) -> None:
        """Handed on, where it can be: rl_games' own RayVecEnv has a number under that name."""
        reseed = getattr(self._host, "seed", None)
        if callable(reseed):
            reseed(seed)

    def has_action_masks(self) -> bool:
        """Never by itself, since rl_games' RayVecEnv says yes whatever it runs; `use_action_masks` asks."""
        return False

    def get_action_masks(self) -> Array:
        """Allowed actions bool [N, choices], asked of the module's vector environment."""
        # A copy: a rollout keeps them while the module may write the next ones in place.
        masks: Array = np.array(_to_numpy(self._host.get_action_masks()), bool)
        for complaint in check_masks(masks, self._env_info["action_space"], self.num_envs):
            raise EnvFault(f"{self.name}: {complaint}", "mend the masks, or leave use_action_masks out")
        return masks

    def set_train_info(self, env_frames: int, *args: Any, **kwargs: Any) -> None:
        """Handed on."""
        self._host.set_train_info(env_frames, *args, **kwargs)

    def render(self) -> None:
        """rl_games asks for no frames."""

    def _reset(self) -> FirstObservation:
        with foreign_code(f"{self.name}: reset failed", MEND, EnvFault):
            first = self._host.reset()
        self._obs = self._read_obs(first)
        self._require_finite(self._obs, np.zeros(self.num_envs))
        self._returns[:], self._lengths[:] = 0.0, 0
        return FirstObservation(self._obs)

    def _step(self, actions: Array) -> Transition:
        with foreign_code(f"{self.name}: step failed", MEND, EnvFault):
            result = self._host.step(self._given(actions))
        if not isinstance(result, tuple) or len(result) != 4:
            raise EnvFault(
                f"{self.name}: step() does not return four values",
                "return obs, rewards, dones and infos, as rl_games' IVecEnv does",
            )
        self._step_count += 1
        # A copy, as of observations: a rollout keeps them while the module may write the next ones in place.
        obs, reward = self._read_obs(result[0]), np.array(_to_numpy(result[1]), np.float32)
        self._require_finite(obs, reward)
        done = np.asarray(_to_numpy(result[2])).astype(bool).reshape(self.num_envs)
        self._host_infos = result[3]
        final = replace_rows(obs, done, pick_rows(self._obs, done)) if done.any() else None
        self._obs = obs
        return Transition(
            obs=obs,
            reward=reward.reshape((self.num_envs, -1) if self._value_size > 1 else self.num_envs),
            done=done,
            time_outs=_time_outs(self._host_infos, self.num_envs) & done,
            final_observation=final,
            episode=self._count(reward.reshape(self.num_envs, -1)[:, 0], done),
        )

    def _require_finite(self, obs: Observation, reward: Array) -> None:
        if is_finite(reward) and is_finite(obs):
            return
        for row, problem in not_finite(obs, reward).items():
            raise NumericalFault(
                f"{self.name}, row {row}, step {self._step_count}: {problem}", "mend what divides by zero"
            )

    def _count(self, reward: Array, done: Array) -> dict[str, Array]:
        self._returns += reward
        self._lengths += 1
        rows = np.flatnonzero(done)
        if not len(rows):
            return {}
        returns, lengths = self._returns[rows], self._lengths[rows]
        self._returns[rows], self._lengths[rows] = 0.0, 0
        return {"row": rows, "return": returns, "length": lengths, "success": np.full(len(rows), np.nan)}

    @property
    def _value_size(self) -> int:
        return int(self._env_info["value_size"])

    def _given(self, actions: Array) -> Any:
        """Actions as the environment wants them: tensors where it speaks tensors."""
        if self._device is None:
            return actions
        import torch

        return torch.as_tensor(actions, device=self._device)

    def _read_obs(self, raw: Any) -> Observation:
        """Fresh arrays, in the types of the spaces."""
        part = raw
        while isinstance(part, dict):
            part = next(iter(part.values()))
        self._device = getattr(part, "device", None) if "torch" in str(type(part)) else None
        if "state_space" not in self._env_info:
            return _typed(raw["obs"] if _is_wrapped(raw) else raw, self._env_info["observation_space"])
        return {
            "obs": _typed(raw["obs"], self._env_info["observation_space"]),
            "states": _typed(raw["states"], self._env_info["state_space"]),
        }

    def _close(self) -> None:
        close = getattr(self._host, "close", None)
        if callable(close):
            close()


def _made(
    env: RegisteredEnv, num_envs: int, seed: int, kwargs: dict[str, Any]
) -> tuple[Any, tuple[str, ...]]:
    """The module's vector environment, and what to tell of it."""
    maker = vec_env_maker(env)
    if maker is None:
        raise ConfigError(
            f"vec_env=rl_games: {env.name} was not registered with a vector environment of its own",
            "leave vec_env out, or use vec_env=sync or ray",
        )
    lock_with_token()
    if "ray" in sys.modules:
        ensure_ray()  # or it would start one that listens to everybody
    key = table_key(env.name)
    problem = f"{env.name}: its vector environment cannot be made"
    with foreign_code(problem, "check env_kwargs, or run with RLGX_DEBUG=1 to see where", EnvFault):
        try:
            return maker(key, num_envs, seed=seed, **kwargs), ()
        except TypeError as cause:
            # rl_games hands the seed on only where the YAML has an env_config, so not every type takes it.
            if "'seed'" not in str(cause):
                raise
            return maker(key, num_envs, **kwargs), (NO_SEED_NOTE,)


def _read_info(name: str, info: dict[str, Any]) -> dict[str, Any]:
    if info.get("agents", 1) != 1:
        raise ConfigError(f"{name} has {info['agents']} agents a row", "rlgx learns with one agent a row")
    read = {
        "observation_space": _as_float32(info.get("observation_space")),
        "action_space": info.get("action_space"),
        "agents": 1,
        "value_size": int(info.get("value_size", 1)),
        "autoreset_mode": info.get("autoreset_mode", "same_step"),
    }
    if info.get("state_space") is not None and info.get("use_global_observations", True):
        read["state_space"] = _as_float32(info["state_space"])
    for complaint in check_spaces(read):
        raise ConfigError(f"{name}: {complaint}", "give gymnasium spaces of these kinds in get_env_info()")
    return read


def _as_float32(space: Any) -> Any:
    """rl_games keeps observations as float32, whatever the space says; images stay uint8."""
    if isinstance(space, spaces.Dict):
        return spaces.Dict({key: _as_float32(part) for key, part in space.spaces.items()})
    if not isinstance(space, spaces.Box) or space.dtype == np.uint8:
        return space
    return spaces.Box(space.low.astype(np.float32), space.high.astype(np.float32), space.shape, np.float32)


def _is_wrapped(raw: Any) -> bool:
    return isinstance(raw, dict) and set(raw) == {"obs"}


def _typed(raw: Any, space: Any) -> Observation:
    if isinstance(space, spaces.Dict):
        return {key: _typed(raw[key], part) for key, part in space.spaces.items()}
    return np.array(_to_numpy(raw), space.dtype)


def _to_numpy(value: Any) -> Any:
    """A tensor, wherever it lives, as an array; anything else as it is."""
    return value.detach().cpu().numpy() if "torch" in str(type(value)) else value


def _time_outs(infos: Any, num_envs: int) -> Array:
    """Rows that a time limit cut off, bool [N], by whichever name they are told."""
    if isinstance(infos, dict):
        told = infos.get("time_outs", infos.get(TRUNCATED_KEY, np.zeros(num_envs, bool)))
        return np.asarray(_to_numpy(told)).astype(bool).reshape(num_envs)
    rows = (info if isinstance(info, dict) else {} for info in infos or [{}] * num_envs)
    return np.array([bool(info.get("time_outs", info.get(TRUNCATED_KEY, False))) for info in rows])
