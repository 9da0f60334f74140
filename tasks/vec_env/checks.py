"""The single rules of the contract, each a generator of complaints, in NumPy. Plays no environment."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from gymnasium import spaces

from tasks.arrays import Array, Observation
from tasks.vec_env.claims import Claim, Complaint
from tasks.vec_env.readings import without_choice
from tasks.vec_env.transition import pick_rows

TOLERANCE = 1e-4
"""By how much an observation may leave its declared bounds: float32 rounds them."""

INFO_KEYS = {"time_outs", "final_observation", "episode", "rewards", "metrics", "host", "lost", "restarts"}

EPISODE_DTYPES = {"row": np.int64, "return": np.float64, "length": np.int64, "success": np.float64}


def check_spaces(info: dict[str, Any]) -> Iterator[Complaint]:
    """Whether `get_env_info()` holds what an agent needs."""
    missing = {"observation_space", "action_space", "agents", "value_size", "autoreset_mode"} - info.keys()
    if missing:
        yield Complaint(Claim.SPACES, f"get_env_info() lacks {', '.join(sorted(missing))}")
        return
    if info["autoreset_mode"] != "same_step":
        yield Complaint(Claim.SPACES, f'autoreset_mode is "{info["autoreset_mode"]}", not "same_step"')
    for name in ("observation_space", "state_space"):
        if name in info and not _is_readable(info[name]):
            yield Complaint(Claim.SPACES, f"{name} is {info[name]}: neither a Box nor a Dict of Box")
    if not _is_actable(info["action_space"]):
        yield Complaint(
            Claim.SPACES, f"action_space is {info['action_space']}: no Discrete, Tuple of Discrete or 1-D Box"
        )


def check_observation(where: str, obs: Any, info: dict[str, Any], num_envs: int) -> Iterator[Complaint]:
    """Whether an observation is what the spaces say."""
    if "state_space" not in info:
        yield from _check_part(where, "obs", obs, info["observation_space"], num_envs)
        return
    if not isinstance(obs, dict) or set(obs) != {"obs", "states"}:
        yield Complaint(
            Claim.VALUES,
            f'{where} gives {_kind(obs)} where a central critic needs {{"obs": ..., "states": ...}}',
        )
        return
    yield from _check_part(where, "obs", obs["obs"], info["observation_space"], num_envs)
    yield from _check_part(where, "states", obs["states"], info["state_space"], num_envs)


def check_columns(reward: Any, done: Any, value_size: int, num_envs: int) -> Iterator[Complaint]:
    """Whether rewards are float32 [N] or [N, value_size] and finite, and dones bool [N]."""
    expected = (num_envs,) if value_size == 1 else (num_envs, value_size)
    if not isinstance(reward, np.ndarray) or reward.shape != expected or reward.dtype != np.float32:
        text = f"step() gives a reward that is {_kind(reward)}, not a float32 array of shape {expected}"
        yield Complaint(Claim.VALUES, text)
    elif not np.isfinite(reward).all():
        row = _first_row(~np.isfinite(reward))
        yield Complaint(Claim.VALUES, f"step() gives a reward that is not finite in row {row}")
    if not _is_column(done, num_envs, np.bool_):
        text = f"step() gives a done that is {_kind(done)}, not a bool array of shape ({num_envs},)"
        yield Complaint(Claim.VALUES, text)


def check_infos(
    infos: Any, done: Array, obs: Observation, info: dict[str, Any], num_envs: int
) -> Iterator[Complaint]:
    """Whether `infos` holds time-outs, and final observations where episodes end."""
    if not isinstance(infos, dict):
        yield Complaint(Claim.INFOS, f"step() gives infos that are {_kind(infos)}, not one dictionary")
        return
    if unknown := infos.keys() - INFO_KEYS:
        yield Complaint(
            Claim.INFOS, f"step() gives infos that the contract does not know: {', '.join(sorted(unknown))}"
        )
    time_outs = infos.get("time_outs")
    if not _is_column(time_outs, num_envs, np.bool_):
        yield Complaint(
            Claim.TIME_OUTS,
            f'infos["time_outs"] is {_kind(time_outs)}, not a bool array of shape ({num_envs},)',
        )
    elif (time_outs & ~done).any():
        yield Complaint(Claim.TIME_OUTS, 'infos["time_outs"] is true in a row that is not done')
    has_final = "final_observation" in infos
    if has_final != bool(done.any()):
        state = "missing on a step with a done" if done.any() else "there on a step without a done"
        yield Complaint(Claim.FINAL, f'infos["final_observation"] is {state}')
    if has_final:
        final = infos["final_observation"]
        faults = list(check_observation('infos["final_observation"]', final, info, num_envs))
        misshapen = [replace(fault, claim=Claim.FINAL) for fault in faults if fault.claim is Claim.VALUES]
        yield from misshapen or faults
        if not misshapen and not equals(pick_rows(final, ~done), pick_rows(obs, ~done)):
            yield Complaint(
                Claim.FINAL, 'infos["final_observation"] is not the successor in rows that are not done'
            )


def check_episode(infos: dict[str, Any], done: Array, lengths: Array) -> Iterator[Complaint]:
    """Whether the statistics fit the episodes that were seen.

    Args:
        infos: of a step.
        done: of the same step.
        lengths: int64 [N], steps since each row's last reported episode.
    """
    episode = infos.get("episode")
    if episode is None:
        return
    if set(episode) != set(EPISODE_DTYPES):
        yield Complaint(
            Claim.INFOS, f'infos["episode"] has the keys {sorted(episode)}, not {sorted(EPISODE_DTYPES)}'
        )
        return
    rows = episode["row"]
    for name, dtype in EPISODE_DTYPES.items():
        if not _is_column(episode[name], len(rows), dtype):
            yield Complaint(
                Claim.INFOS,
                f'infos["episode"]["{name}"] is {_kind(episode[name])}, not {np.dtype(dtype)} [{len(rows)}]',
            )
            return
    if not done[rows].all():
        yield Complaint(Claim.INFOS, 'infos["episode"] tells of a row that is not done')
    wrong = np.flatnonzero(episode["length"] != lengths[rows])
    if wrong.size:
        row, told = int(rows[wrong[0]]), int(episode["length"][wrong[0]])
        yield Complaint(
            Claim.INFOS,
            f"row {row} tells of an episode of {told} steps where {int(lengths[row])} were taken: "
            "it does not reset in the step that is done, or counts from elsewhere",
        )


def check_masks(masks: Any, space: spaces.Space[Any], num_envs: int) -> Iterator[Complaint]:
    """Whether action masks are bool [N, all choices] and leave something to do."""
    width = sum(int(n) for n in _choices(space))
    if not isinstance(masks, np.ndarray) or masks.shape != (num_envs, width) or masks.dtype != np.bool_:
        yield Complaint(
            Claim.MASKS,
            f"get_action_masks() gives {_kind(masks)}, not a bool array of shape ({num_envs}, {width})",
        )
        return
    for row in without_choice(masks, _choices(space))[:1]:
        yield Complaint(Claim.MASKS, f"get_action_masks() allows nothing in row {row}")


def sample_actions(
    space: spaces.Space[Any], num_envs: int, masks: Array | None, rng: np.random.Generator
) -> Array:
    """Random allowed actions: int64 [N], int64 [N, choices] or float32 [N, A]."""
    if isinstance(space, spaces.Box):
        low, high = np.maximum(space.low, -1e3), np.minimum(space.high, 1e3)
        return rng.uniform(low, high, (num_envs, *space.shape)).astype(np.float32)
    sizes = _choices(space)
    weights = rng.random((num_envs, sum(sizes)))
    if masks is not None and masks.shape == weights.shape:
        weights = np.where(masks, weights, -1.0)
    heads = [head.argmax(axis=1) for head in np.split(weights, np.cumsum(sizes)[:-1], axis=1)]
    return np.stack(heads, axis=1) if isinstance(space, spaces.Tuple) else heads[0]


def copy_observation(obs: Observation) -> Observation:
    """A copy, nested or not."""
    return {key: copy_observation(part) for key, part in obs.items()} if isinstance(obs, dict) else obs.copy()


def equals(one: Observation, other: Observation) -> bool:
    """Whether two observations, nested alike, hold the same numbers."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equals(part, other[key]) for key, part in one.items())
    return isinstance(one, np.ndarray) and isinstance(other, np.ndarray) and np.array_equal(one, other)


def _check_part(where: str, name: str, obs: Any, space: Any, num_envs: int) -> Iterator[Complaint]:
    if isinstance(space, spaces.Dict):
        if not isinstance(obs, dict) or set(obs) != set(space.spaces):
            yield Complaint(
                Claim.VALUES, f"{where}: {name} has not the keys of its space, {sorted(space.spaces)}"
            )
            return
        for key, part in space.spaces.items():
            yield from _check_part(where, f'{name}["{key}"]', obs[key], part, num_envs)
        return
    shape = (num_envs, *space.shape)
    if not isinstance(obs, np.ndarray) or obs.shape != shape or obs.dtype != space.dtype:
        yield Complaint(Claim.VALUES, f"{where}: {name} is {_kind(obs)}, not {space.dtype} {shape}")
    elif not np.isfinite(obs).all():
        yield Complaint(Claim.VALUES, f"{where}: {name} is not finite")
    elif (obs < space.low - TOLERANCE).any() or (obs > space.high + TOLERANCE).any():
        outside = (obs < space.low - TOLERANCE) | (obs > space.high + TOLERANCE)
        value = obs[outside].flat[0]
        yield Complaint(
            Claim.BOUNDS,
            f"{where}: {name} leaves the bounds of its space, with {value} in row {_first_row(outside)}",
        )


def _first_row(wrong: Array) -> int:
    return int(np.argmax(wrong.reshape(len(wrong), -1).any(axis=1)))


def _choices(space: Any) -> list[int]:
    parts: Any = space.spaces if isinstance(space, spaces.Tuple) else (space,)
    return [int(part.n) for part in parts]


def _is_readable(space: Any) -> bool:
    parts = space.spaces.values() if isinstance(space, spaces.Dict) else [space]
    return all(isinstance(part, spaces.Box) for part in parts)


def _is_actable(space: Any) -> bool:
    if isinstance(space, spaces.Tuple):
        return all(isinstance(part, spaces.Discrete) for part in space.spaces)
    return isinstance(space, spaces.Discrete) or (isinstance(space, spaces.Box) and len(space.shape) == 1)


def _is_column(value: Any, length: int, dtype: type) -> bool:
    return isinstance(value, np.ndarray) and value.shape == (length,) and value.dtype == dtype


def _kind(value: Any) -> str:
    return f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
