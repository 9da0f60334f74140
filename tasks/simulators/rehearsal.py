"""Whether a simulator's functions give what they should, shown by one step outside of any episode.

Shapes, types and devices do not change from step to step, so that is once; what is not finite, which may
come later, is `Health`'s to notice.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from gymnasium import spaces
from torch import Tensor

from cfg.errors import EnvFault, NumericalFault, foreign_code
from tasks.simulators.base import MEND, Simulator, State

LOOK_EVERY = 16
"""Steps between two looks for what is not finite: each waits for the device."""


class Health:
    """Remembers on the device which rows ever gave what is not finite.

    0 * NaN and 0 * inf are NaN, so a sum to which everything is added times 0 stays NaN once it is.

    Args:
        name: of the simulator.
        obs, reward: tensors like those to come.
    """

    def __init__(self, name: str, obs: Any, reward: Tensor) -> None:
        self._name = name
        self._sums = {what: torch.zeros_like(part) for what, part in _watched(obs, reward)}

    def watch(self, obs: Any, reward: Tensor) -> None:
        """Take in a step's observation and reward; looks at neither."""
        for what, part in _watched(obs, reward):
            self._sums[what].add_(part, alpha=0)

    def look(self, step: int) -> None:
        """Raises NumericalFault for the first row that gave what is not finite; waits for the device."""
        for what, total in self._sums.items():
            wrong = ~total.isfinite()
            if bool(wrong.any()):
                row = int(wrong.view(len(wrong), -1).any(dim=1).nonzero()[0])
                raise NumericalFault(
                    f"{self._name}, row {row}: the {what} is not finite, as seen in one of the {LOOK_EVERY} "
                    f"steps up to step {step}",
                    "mend what divides by zero or grows without bound",
                )


def finite(obs: Any) -> Any:
    """An observation with 0 where it is not finite: no policy is to stumble over it before `Health` looks."""
    if isinstance(obs, dict):
        return {key: finite(part) for key, part in obs.items()}
    return obs.nan_to_num(0.0, 0.0, 0.0) if obs.is_floating_point() else obs


def rehearse(sim: Simulator, action: Tensor) -> tuple[Any, Tensor]:
    """One step with any action; gives its observation and reward. Raises EnvFault for what is wrong."""
    name, count = type(sim).__name__, sim.num_envs
    for key, value in sim.derive(sim.world).items():
        if key in sim.parameters:
            raise EnvFault(f'{name}: derive()["{key}"] has the name of a parameter', "give it one of its own")
        is_of_rows = isinstance(value, Tensor) and value.ndim
        require(sim, f'derive()["{key}"]', value, None, (count,) if is_of_rows else ())
    for key, value in sim.state.items():
        require(sim, f'start()["{key}"]', value, None, (count, *value.shape[1:]))
    after = called(name, "advance", lambda: sim.advance(sim.state, action))
    _require_same_state(sim, after)
    obs = called(name, "observe", lambda: sim.observe(sim.state))
    for label, part, space in _parts(obs, type(sim).observation_space):
        require(sim, f"observe(){label}", part, getattr(torch, str(space.dtype)), (count, *space.shape))
        _require_of_its_own(sim, f"observe(){label}", part)
    terms = called(name, "a reward term", lambda: sim.reward_terms(sim.state, action, after))
    for key, term in terms.items():
        require(sim, f"reward term {key}", term, torch.float32, (count,))
        _require_of_its_own(sim, f"reward term {key}", term)
    ends = called(name, "terminated", lambda: sim.terminated(after))
    require(sim, "terminated()", ends, torch.bool, (count,))
    success = called(name, "succeeded", lambda: sim.succeeded(after))
    if success is not None:
        require(sim, "succeeded()", success, torch.bool, (count,))
    return obs, torch.stack(list(terms.values())).sum(dim=0)


def any_action(space: Any, count: int, device: torch.device) -> Tensor:
    """Zeros of the shape and type that an agent's actions have."""
    if isinstance(space, spaces.Box):
        return torch.zeros((count, *space.shape), device=device)
    shape = (count, len(space.spaces)) if isinstance(space, spaces.Tuple) else (count,)
    return torch.zeros(shape, dtype=torch.int64, device=device)


def called(name: str, what: str, function: Callable[[], Any]) -> Any:
    """What a simulator's function gives. Raises EnvFault where it fails."""
    with foreign_code(f"{name}: {what} failed", MEND, EnvFault):
        return function()


def require(sim: Simulator, what: str, value: Any, dtype: torch.dtype | None, shape: tuple[int, ...]) -> None:
    """Raises EnvFault unless a value is a tensor of a shape, on the simulator's device, perhaps of a type."""
    name = type(sim).__name__
    if not isinstance(value, Tensor):
        raise EnvFault(f"{name}: {what} is a {type(value).__name__}, not a tensor", MEND)
    if value.device != sim.device:
        raise EnvFault(
            f"{name}: {what} is on {value.device}, not on {sim.device}",
            "make tensors with device=self.device",
        )
    if value.shape != shape or value.dtype != (dtype or value.dtype):
        got, wanted = _kind(value.dtype, value.shape), _kind(dtype or value.dtype, shape)
        raise EnvFault(f"{name}: {what} is {got}, not {wanted}", MEND)


def _require_same_state(sim: Simulator, after: State) -> None:
    if not isinstance(after, dict) or after.keys() != sim.state.keys():
        got = sorted(after) if isinstance(after, dict) else f"a {type(after).__name__}"
        raise EnvFault(
            f"{type(sim).__name__}: advance() gives {got} where start() gives {sorted(sim.state)}",
            "give the same names in both",
        )
    for key, value in sim.state.items():
        require(sim, f'advance()["{key}"]', after[key], value.dtype, tuple(value.shape))


def _require_of_its_own(sim: Simulator, what: str, given: Tensor) -> None:
    for key, value in sim.state.items():
        if given.untyped_storage().data_ptr() == value.untyped_storage().data_ptr():
            raise EnvFault(
                f'{type(sim).__name__}: {what} is part of state["{key}"], which the next step overwrites',
                "give a copy: .clone()",
            )


def _parts(obs: Any, space: Any) -> Iterator[tuple[str, Any, Any]]:
    """Label, value and space of each tensor of an observation."""
    if not isinstance(space, spaces.Dict):
        yield "", obs, space
        return
    for key, part in space.items():
        yield f'["{key}"]', obs[key] if isinstance(obs, dict) and key in obs else None, part


def _watched(obs: Any, reward: Tensor) -> Iterator[tuple[str, Tensor]]:
    parts = [(f'observation["{key}"]', part) for key, part in obs.items()] if isinstance(obs, dict) else []
    for what, part in parts or [("observation", obs)]:
        if part.is_floating_point():
            yield what, part
    yield "reward", reward


def _kind(dtype: torch.dtype, shape: Any) -> str:
    return f"{str(dtype).removeprefix('torch.')} {tuple(shape)}"
