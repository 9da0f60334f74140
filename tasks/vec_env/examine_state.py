"""Whether a vector environment goes on from a state as it would have. Closes nothing."""

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from tasks.vec_env.checks import sample_actions
from tasks.vec_env.claims import Claim, Complaint
from tasks.vec_env.places import to_numpy
from tasks.vec_env.trace import Trace, difference

BEFORE = 10
"""Steps before the state is taken: rows are in the middle of an episode."""
AFTER = 60


class StatePlay:
    """Plays on from a state, then once more from the same one.

    Attributes:
        restores: whether the rows went on, rather than begin new episodes.
    """

    def __init__(self, vec: Any, seed: int) -> None:
        self.restores = False
        self._vec = vec
        self._seed = seed

    def complaints(self) -> Iterator[Complaint]:
        """What differs the second time; nothing where rows cannot be restored."""
        self._vec.seed(self._seed)
        self._vec.reset()
        self._trace(BEFORE, Trace())
        state = copy.deepcopy(self._vec.get_env_state())
        if not isinstance(state, dict) or "rows" not in state:
            return  # one of a plug-in, which keeps to rl_games' interface alone
        expected, found = Trace(), Trace()
        self._trace(AFTER, expected)
        obs, is_new = self._vec.set_env_state(state)
        if np.any(to_numpy(is_new)):
            return
        self.restores = True
        found.add_first(to_numpy(obs))
        expected.marks.insert(0, found.marks[0])
        self._trace(AFTER, found)
        if (text := difference(expected, found)) is not None:
            yield Complaint(Claim.STATE, f"from a state that was put back, {text}")

    def _trace(self, steps: int, trace: Trace) -> None:
        rng = np.random.default_rng(self._seed)
        space = self._vec.get_env_info()["action_space"]
        for _ in range(steps):
            masks = to_numpy(self._vec.get_action_masks()) if self._vec.has_action_masks() else None
            actions = sample_actions(space, self._vec.num_envs, masks, rng)
            obs, *rest = self._vec.step(actions)
            trace.add_step(actions, to_numpy(obs), *(to_numpy(part) for part in rest))
