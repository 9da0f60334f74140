"""Plays single environments by hand, as Gymnasium describes it: what `sync` has to give, row for row."""

from typing import Any

import numpy as np

from tasks.arrays import Array, Observation
from tasks.factory import EnvFactory
from tasks.old_gym import five_tuple, split_reset
from tasks.recorder import find_recorder
from tasks.seeding import env_seed
from tasks.vec_env.layout import Layout, read_layout
from tasks.vec_env.trace import Marks, Trace, marks_of

_DONE = marks_of("done", np.array([True]))["done"]


def play_alone(factory: EnvFactory, num_envs: int, seed: int, actions: list[Array]) -> Trace:
    """What every row would give if its environment were alone in the world.

    Args:
        factory: of the environment.
        num_envs: number of rows.
        seed: of the run; the role is "train".
        actions: of all rows, for each step.
    """
    rows = [_play_row(factory, row, seed, actions) for row in range(num_envs)]
    trace = Trace()
    trace.actions = actions
    trace.marks = [_joined([row[step] for row in rows]) for step in range(len(actions) + 1)]
    return trace


def _joined(rows: list[Marks]) -> Marks:
    """The marks of all rows at a step; final observations only where some row is done."""
    names = {name for row in rows for name in row}
    if all(row.get("done") != _DONE for row in rows):
        names = {name for name in names if not name.startswith("final_observation")}
    return {name: [row.get(name, [None])[0] for row in rows] for name in sorted(names)}


def _play_row(factory: EnvFactory, row: int, seed: int, actions: list[Array]) -> list[Marks]:
    env = factory()
    layout = read_layout(env)
    # Where wrappers may change rewards, what is reported is the game's own: known to the recorder alone.
    is_plain = find_recorder(env) is None and layout.value_size == 1
    obs = _read(layout, split_reset(env.reset(seed=env_seed(seed, "train", row)))[0])
    played = [marks_of("obs", obs)]
    total, length = 0.0, 0
    for action in actions:
        result = env.step(layout.actions.split(action[row : row + 1])[0])
        raw, reward, terminated, truncated, _ = five_tuple(result)
        obs, done = _read(layout, raw), bool(terminated or truncated)
        total, length = total + np.float64(np.sum(reward)), length + 1
        marks = marks_of("final_observation", obs)
        if done:
            marks |= _statistics(total, length) if is_plain else {}
            obs, total, length = _read(layout, split_reset(env.reset())[0]), 0.0, 0
        marks |= marks_of("obs", obs) | marks_of("done", np.array([done]))
        marks |= marks_of("reward", np.array([reward], np.float64).reshape(1, -1).astype(np.float32))
        marks |= marks_of("time_outs", np.array([bool(truncated) and not terminated]))
        played.append(marks)
    env.close()
    return played


def _read(layout: Layout, raw: Any) -> Observation:
    return layout.batch([raw])


def _statistics(total: float, length: int) -> Marks:
    return marks_of("episode.return", np.array([total])) | marks_of("episode.length", np.array([length]))
