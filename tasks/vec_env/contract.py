"""The contract of every vector environment, and a check that says in plain words who breaks it.

A vector environment runs N copies (rows) of one environment and is an rl_games `IVecEnv`:

`reset() -> obs` and `step(actions) -> obs, reward, done, infos`, where

- `obs` is an array [N, ...] of the dtype of its space, or a dictionary of them; with a central critic it is
  {"obs": what the actor sees, "states": what the critic sees}. It is fresh: no later call writes into it.
- `actions` are int64 [N] for a Discrete, int64 [N, choices] for a Tuple of Discrete, float32 [N, A] for a
  Box, within the bounds of the environment's own action space.
- `reward` is float32 [N], or [N, value_size], and fresh, as are `done` and action masks.
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
    - `lost` and `restarts`, only where something failed and was mended: bool [N], rows whose environment
      failed or went with its worker, and how many restarts there were in all so far. A lost row is done and
      timed out with reward 0, its final observation is the last that was seen, and it is no episode;
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

from typing import Any

from tasks.vec_env.examine import examine

CHECKED_STEPS = 300


def check_vec_env(vec: Any, num_steps: int = CHECKED_STEPS) -> list[str]:
    """What a vector environment does wrong, one sentence each, found by random play; closes it.

    `train.py --check` does the same for a task on each kind of vector environment, and more.

    Args:
        vec: an rl_games `IVecEnv`.
        num_steps: how long to play; faults at episode ends need some.
    """
    findings = examine(vec, num_steps)
    vec.close()
    vec.close()
    return [str(complaint) for complaint in findings.complaints]
