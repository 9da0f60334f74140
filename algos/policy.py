"""Policies: what evaluation and play need of one, the baselines, and loading one from a checkpoint."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import torch
from gymnasium import spaces

from algos.spaces import space_to_plain
from cfg.errors import CheckpointError
from cfg.spec import find, resolve


class Policy(Protocol):
    """Acts for a batch of rows in the environment's units."""

    def act(self, obs: Any, mask: np.ndarray | None = None) -> Any:
        """Actions [N, ...] for observations [N, ...]: an array, or a tensor on the environments' device."""

    def reset(self, rows: np.ndarray | None = None) -> None:
        """Forget what is remembered of all rows, or of those where `rows` (bool [N]) is True."""


class RandomPolicy:
    """Uniform over the action space (a Box's finite range; normal where it is infinite); seeded."""

    def __init__(self, action_space: spaces.Space[Any], seed: int) -> None:
        self._space = action_space
        self._space.seed(seed)
        self._rng = np.random.default_rng(seed)

    def act(self, obs: Any, mask: np.ndarray | None = None) -> np.ndarray:
        """See `Policy.act`; a masked action is never drawn."""
        count = _rows(obs)
        if mask is None:
            return np.stack([np.asarray(self._space.sample()) for _ in range(count)])
        sizes = _choices(self._space)
        columns = np.split(mask.reshape(count, -1), np.cumsum(sizes)[:-1], axis=1)
        drawn = [[self._rng.choice(np.flatnonzero(row)) for row in column] for column in columns]
        picks = np.array(drawn, dtype=np.int64).T
        return picks if isinstance(self._space, spaces.Tuple) else picks[:, 0]

    def reset(self, rows: np.ndarray | None = None) -> None:
        """Nothing is remembered."""


class ZeroPolicy:
    """Always action 0, or the Box's point nearest to 0."""

    def __init__(self, action_space: spaces.Space[Any], seed: int) -> None:
        if isinstance(action_space, spaces.Box):
            self._action = np.clip(
                np.zeros(action_space.shape, np.float32), action_space.low, action_space.high
            )
        else:
            shape = (len(_choices(action_space)),) if isinstance(action_space, spaces.Tuple) else ()
            self._action = np.zeros(shape, np.int64)

    def act(self, obs: Any, mask: np.ndarray | None = None) -> np.ndarray:
        """See `Policy.act`."""
        return np.repeat(self._action[None], _rows(obs), axis=0)

    def reset(self, rows: np.ndarray | None = None) -> None:
        """Nothing is remembered."""


def describe(params: Any, env_info: Mapping[str, Any]) -> dict[str, Any]:
    """What most policies can be rebuilt from without their task: spaces, network block and settings.

    The default of `cfg.spec.Algorithm.describe`; `params` is a `cfg.schema.Params`. Plain types.
    """
    return {
        "algo": params.algo.name,
        "network": params.network,
        "settings": params.config.model_dump(),
        "observation_space": space_to_plain(env_info["observation_space"]),
        "action_space": space_to_plain(env_info["action_space"]),
    }


BASELINES: dict[str, type[RandomPolicy] | type[ZeroPolicy]] = {"random": RandomPolicy, "zero": ZeroPolicy}


def load(path: str, deterministic: bool, device: str = "cpu", sigma: float | None = None) -> Policy:
    """The policy of a run directory or checkpoint file. Raises CheckpointError."""
    from algos.checkpoint import read, resolve_path

    file = resolve_path(path)
    state = read(file)
    about = state.get("rlgx")
    if about is None:
        raise CheckpointError(
            f"{file} is a stock rl_games checkpoint, which does not know its spaces",
            "play it with its task: python train.py task=<Task> --play --checkpoint <file>",
        )
    return build(about["policy"], state, deterministic, device, sigma)


def build(
    about: dict[str, Any], state: dict[str, Any], deterministic: bool, device: str, sigma: float | None
) -> Policy:
    """A policy from an algorithm's description of it and a checkpoint's state."""
    build_policy = resolve(find(about["algo"]).policy)
    policy: Policy = build_policy({**about, "sigma": sigma}, state, deterministic, device)
    return policy


def is_single(obs: Any, space: spaces.Space[Any]) -> bool:
    """Whether `obs` is one observation of `space`, and not a batch of them."""
    if isinstance(space, spaces.Dict):
        key, part = next(iter(space.items()))
        return np.ndim(obs[key]) == len(part.shape or ())
    return np.ndim(obs) == len(space.shape or ())


def as_batch(obs: Any) -> Any:
    """One observation as a batch of one."""
    if isinstance(obs, dict):
        return {key: as_batch(part) for key, part in obs.items()}
    return obs[None] if isinstance(obs, torch.Tensor) else np.asarray(obs)[None]


def _rows(obs: Any) -> int:
    return len(next(iter(obs.values()))) if isinstance(obs, dict) else len(obs)


def _choices(space: Any) -> list[int]:
    parts: list[Any] = list(space.spaces) if isinstance(space, spaces.Tuple) else [space]
    return [int(part.n) for part in parts]
