"""The contract of every vector environment, and a check that says in plain words who breaks it.

A vector environment runs N copies (rows) of one environment and is an rl_games `IVecEnv`:

`reset() -> obs` and `step(actions) -> obs, reward, done, infos`, where

- `obs` is an array [N, ...] of the dtype of its space, or a dictionary of them; with a central critic it is
  {"obs": what the actor sees, "states": what the critic sees}. It is fresh: no later call writes into it.
- `actions` are int64 [N] for a Discrete, int64 [N, choices] for a Tuple of Discrete, float32 [N, A] for a
  Box, within the bounds of the environment's own action space.
- `reward` is float32 [N], or [N, value_size].
- `done` is bool [N]. A row that is done is reset in the same step: its `obs` is the next episode's first.
- `infos` is one dictionary of
    - `time_outs`: bool [N], always; true where a limit cut the episode short that had not ended by itself;
    - `final_observation`: like `obs`, only on steps with a done; the true successor in every row, so that a
      row that is done shows how its episode ended;
    - `episode`: of the K episodes that ended in the step, only where one did: `row` int64 [K], `return`
      float64 [K] as the environment itself gives it, `length` int64 [K] in agent steps, `success` float64
      [K], NaN where the environment does not say;
    - `rewards`, `metrics`: named numbers float64 [N] that environments put under these keys of their infos,
      NaN in rows that do not; only on steps where one does;
    - `host`: the infos of a vector environment that a module registered with rl_games, as it gave them.

`get_env_info()` gives `observation_space` (a Box, or a Dict of Box), `action_space` (a Discrete, a Tuple of
Discrete or a 1-D Box), `agents` (1), `value_size`, `autoreset_mode` ("same_step") and, with a central
critic, `state_space`. `seed(seed)` has the next reset start the rows' random streams anew: the same seed
gives the same episodes, whatever the number of workers, and no two rows share a stream (but those of
`tasks.vec_env.entry_point` do).
`get_action_masks()` gives bool [N, all choices], true where allowed, if `has_action_masks()`. `close()` may
be called twice. NumPy in, NumPy out; or torch in, torch out on one device, never mixed.

The variant for tensors is that of simulators, and `get_env_info()` says so by a `device`: the name of the
device where actions have to be and everything else is. Which rows are done is then not known without
waiting for the device, so that nothing depends on it:
    - `final_observation` comes with every step;
    - `episode` does too, each entry of all N rows: `ended` bool [N] says in which the rest counts, in place
      of `row`; `return` float64 [N], `length` int64 [N], `success` float64 [N] as above, of the episode so
      far where none ended;
    - `rewards` are float32 [N].
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from cfg.errors import RlgxError
from tasks.arrays import Observation
from tasks.vec_env.checks import (
    check_episode,
    check_infos,
    check_masks,
    check_observation,
    check_spaces,
    copy_observation,
    equals,
    sample_actions,
)

CHECKED_STEPS = 300


def check_vec_env(vec: Any, num_steps: int = CHECKED_STEPS) -> list[str]:
    """What a vector environment does wrong, one sentence each, found by random play; closes it.

    Args:
        vec: an rl_games `IVecEnv`.
        num_steps: how long to play; faults at episode ends need some.
    """
    complaints: list[str] = []
    try:
        view, of_tensors = _as_numpy(vec)
        # The same fault in every step is one complaint.
        complaints = list(dict.fromkeys([*_play(view, num_steps), *of_tensors]))
        vec.close()
        vec.close()
    except RlgxError as error:
        complaints.append(str(error))
    return complaints


def _as_numpy(vec: Any) -> tuple[Any, list[str]]:
    """A vector environment as the rules below read it, and where complaints about its tensors will be."""
    if "device" not in vec.get_env_info():
        return vec, []
    from tasks.vec_env.tensors import NumpyView

    view = NumpyView(vec)
    return view, view.complaints


def _play(vec: Any, num_steps: int) -> Iterator[str]:
    info = vec.get_env_info()
    faults = list(check_spaces(info))
    yield from faults
    if faults:
        return
    vec.seed(0)
    obs = vec.reset()
    faults = list(check_observation("reset()", obs, info, vec.num_envs))
    yield from faults
    if faults:
        return
    yield from _step(vec, info, obs, num_steps)
    yield from _check_seeds(vec)


def _step(vec: Any, info: dict[str, Any], obs: Observation, num_steps: int) -> Iterator[str]:
    rng = np.random.default_rng(0)
    lengths = np.zeros(vec.num_envs, np.int64)
    for _ in range(num_steps):
        masks = vec.get_action_masks() if vec.has_action_masks() else None
        if masks is not None:
            yield from check_masks(masks, info["action_space"], vec.num_envs)
        shown = copy_observation(obs)
        result = vec.step(sample_actions(info["action_space"], vec.num_envs, masks, rng))
        if not isinstance(result, tuple) or len(result) != 4:
            yield "step() does not return four values: obs, reward, done, infos"
            return
        if not equals(obs, shown):
            yield "step() writes into the observation it returned before"
        obs, reward, done, infos = result
        faults = [
            *check_observation("step()", obs, info, vec.num_envs),
            *_check_columns(reward, done, info["value_size"], vec.num_envs),
            *check_infos(infos, done, obs, info, vec.num_envs),
        ]
        yield from faults
        if faults:
            return
        lengths += 1
        yield from check_episode(infos, done, lengths)
        lengths[infos.get("episode", {}).get("row", np.zeros(0, np.int64))] = 0


def _check_columns(reward: Any, done: Any, value_size: int, num_envs: int) -> Iterator[str]:
    expected = (num_envs,) if value_size == 1 else (num_envs, value_size)
    if not isinstance(reward, np.ndarray) or reward.shape != expected or reward.dtype != np.float32:
        yield f"step() gives a reward that is {_kind(reward)}, not a float32 array of shape {expected}"
    elif not np.isfinite(reward).all():
        yield f"step() gives a reward that is not finite in row {int(np.argmin(np.isfinite(reward)))}"
    if not isinstance(done, np.ndarray) or done.shape != (num_envs,) or done.dtype != np.bool_:
        yield f"step() gives a done that is {_kind(done)}, not a bool array of shape ({num_envs},)"


def _check_seeds(vec: Any) -> Iterator[str]:
    def first(seed: int) -> Observation:
        vec.seed(seed)
        return copy_observation(vec.reset())

    one, again, other = first(1), first(1), first(2)
    if not equals(one, again):
        yield "the same seed starts other episodes: the environment does not use the seed of its reset"
    elif not equals(one, other) and vec.num_envs > 1 and _rows_are_alike(one) and _rows_are_alike(other):
        yield "every row starts alike: the rows share one seed"


def _rows_are_alike(obs: Observation) -> bool:
    if isinstance(obs, dict):
        return all(_rows_are_alike(part) for part in obs.values())
    return bool((obs == obs[:1]).all())


def _kind(value: Any) -> str:
    return f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
