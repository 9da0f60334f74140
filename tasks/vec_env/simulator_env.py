"""A simulator behind the contract: episodes, statistics and checks of N rows, all as tensors on one device.

Nothing here reads a number from the device, but for a look every `LOOK_EVERY` steps whether all are finite.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from gymnasium import spaces
from torch import Tensor

from cfg.errors import ConfigError, EnvFault, RlgxError
from tasks.factory import EnvFactory
from tasks.seeding import env_seed
from tasks.simulators.base import Simulator, State
from tasks.simulators.recipe import SimulatorClass, load_simulator, read_options
from tasks.vec_env.base import VecEnv
from tasks.vec_env.transition import FirstObservation, Transition

LOOK_EVERY = 16
"""Steps between two looks for what is not finite: each waits for the device."""

MEND = "mend the simulator; docs/simulators.md says what each function gives"


class SimulatorVecEnv(VecEnv):
    """N rows of a simulator. Torch in, torch out: see the variant for tensors in `tasks.vec_env.contract`.

    Args:
        factory: of a task with a `simulator`.
        num_envs: N.
        device: where everything is.
        seed: of the run.
        role: one of `tasks.seeding.ROLES`.
    """

    def __init__(
        self, factory: EnvFactory, num_envs: int, device: str, *, seed: int, role: str = "train"
    ) -> None:
        assert isinstance(factory.source, SimulatorClass), factory.source
        self._role = role
        self._generator = torch.Generator(device)
        self._step_count = 0
        self._horizon = factory.max_episode_steps
        kind = load_simulator(factory.source)
        options = read_options(kind, factory.kwargs)
        info = {
            "observation_space": kind.observation_space,
            "action_space": kind.action_space,
            "agents": 1,
            "value_size": 1,
            "autoreset_mode": "same_step",
            "device": device,
        }
        super().__init__(kind.__name__, num_envs, info)
        self._device = torch.device(device)
        with torch.no_grad():
            self._simulator = self._call("start", lambda: kind(num_envs, device, self._generator, options))
            self._bounds = _bounds(kind.action_space, self._device)
            self._allocate()
            self._rehearse()
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Has the next `reset` start the random stream anew; the rows' numbers are drawn from it by turns."""
        self._generator.manual_seed(env_seed(seed, self._role, 0))

    def has_action_masks(self) -> bool:
        """Simulators allow every action."""
        return False

    def render(self) -> None:
        """Simulators draw nothing."""

    @torch.no_grad()
    def step(self, actions: Any) -> tuple[Any, Any, Any, dict[str, Any]]:
        """One step of all rows: tensors in, tensors out."""
        transition = self._step(actions)
        return transition.obs, transition.reward, transition.done, transition.infos()

    @torch.no_grad()
    def _reset(self) -> FirstObservation:
        self._look()
        self._call("start", lambda: self._simulator.reset_rows(self._everywhere))
        self._returns.zero_()
        self._lengths.zero_()
        return FirstObservation(self._call("observe", lambda: self._simulator.observe(self._simulator.state)))

    def _step(self, actions: Any) -> Transition:
        """Same-step autoreset without a look at who is done; final observations and statistics are dense."""
        self._step_count += 1
        sim, action = self._simulator, self._read(actions)
        try:
            after = sim.advance(sim.state, action)
            final = sim.observe(after)
            terms = sim.reward_terms(sim.state, action, after)
            terminated = sim.terminated(after)
            success = sim.succeeded(after)
            reward = _total(terms)
            lengths = self._lengths + 1
            time_outs = self._never if self._horizon is None else (lengths >= self._horizon) & ~terminated
            done = terminated | time_outs
            sim.reset_rows(done, after)
            obs = sim.observe(sim.state)
        except Exception as cause:
            raise self._fault(f"{type(cause).__name__}: {cause}") from cause
        returns = self._returns + reward
        self._returns, self._lengths = returns.masked_fill(done, 0.0), lengths.masked_fill(done, 0)
        self._watch(final, reward)
        episode = {
            "ended": done,
            "return": returns,
            "length": lengths,
            "success": self._unsaid if success is None else success.double(),
        }
        return Transition(obs, reward, done, time_outs, final, episode, terms)  # type: ignore[arg-type]

    def _close(self) -> None:
        """A simulator holds nothing but memory."""

    def _allocate(self) -> None:
        count, device = self.num_envs, self._device
        self._returns = torch.zeros(count, dtype=torch.float64, device=device)
        self._lengths = torch.zeros(count, dtype=torch.int64, device=device)
        self._unsaid = torch.full((count,), torch.nan, dtype=torch.float64, device=device)
        self._never = torch.zeros(count, dtype=torch.bool, device=device)
        self._everywhere = ~self._never

    def _read(self, actions: Any) -> Tensor:
        """The agent's actions, within the bounds of a Box."""
        if not isinstance(actions, Tensor) or actions.device != self._device:
            got = f"on {actions.device}" if isinstance(actions, Tensor) else f"a {type(actions).__name__}"
            raise ConfigError(
                f"{self.name} takes actions as a torch tensor on {self._device}, not {got}",
                "give it torch.as_tensor(actions, device=...), or train with PPO or SAC, which do",
            )
        return actions if self._bounds is None else actions.clamp(*self._bounds)

    # What a simulator may get wrong

    def _rehearse(self) -> None:
        """One step outside of any episode, which shows wrong shapes, types and devices before they matter."""
        sim, count = self._simulator, self.num_envs
        action = _some_action(type(sim).action_space, count, self._device)
        for name, value in sim.state.items():
            self._require(f'start()["{name}"]', value, None, (count, *value.shape[1:]))
        after = self._call("advance", lambda: sim.advance(sim.state, action))
        self._require_same_state(after)
        obs = self._call("observe", lambda: sim.observe(sim.state))
        for name, part, space in _parts(obs, type(sim).observation_space):
            dtype = getattr(torch, str(space.dtype))
            self._require(f"observe(){name}", part, dtype, (count, *space.shape))
            if any(_shares_memory(part, value) for value in sim.state.values()):
                raise self._fault(f"observe(){name} is part of the state, which the next step overwrites")
        for name, term in self._call("rewards", lambda: sim.reward_terms(sim.state, action, after)).items():
            self._require(f"reward term {name}", term, torch.float32, (count,))
        ends = self._call("terminated", lambda: sim.terminated(after))
        self._require("terminated()", ends, torch.bool, (count,))
        success = self._call("succeeded", lambda: sim.succeeded(after))
        if success is not None:
            self._require("succeeded()", success, torch.bool, (count,))
        # What is added to it stays not finite once it is: 0 * NaN and 0 * inf are NaN.
        self._health = [torch.zeros_like(part) for _, part, _ in _parts(obs, type(sim).observation_space)]
        self._health.append(torch.zeros_like(_total(sim.reward_terms(sim.state, action, after))))

    def _require_same_state(self, after: State) -> None:
        now = self._simulator.state
        if after.keys() != now.keys():
            raise self._fault(f"advance() gives {sorted(after)} where start() gives {sorted(now)}")
        for name, value in after.items():
            self._require(f'advance()["{name}"]', value, now[name].dtype, tuple(now[name].shape))

    def _require(self, what: str, value: Any, dtype: torch.dtype | None, shape: tuple[int, ...]) -> None:
        if not isinstance(value, Tensor):
            raise self._fault(f"{what} is a {type(value).__name__}, not a tensor")
        if value.device != self._device:
            raise self._fault(f"{what} is on {value.device}, not on {self._device}")
        if value.shape != shape or value.dtype != (dtype or value.dtype):
            wanted = f"{_name(dtype or value.dtype)} {shape}"
            raise self._fault(f"{what} is {_name(value.dtype)} {tuple(value.shape)}, not {wanted}")

    def _watch(self, final: Any, reward: Tensor) -> None:
        """Remember what is not finite, and look now and then whether there was any."""
        seen = list(final.values()) if isinstance(final, dict) else [final]
        for health, part in zip(self._health, (*seen, reward), strict=True):
            if part.is_floating_point():
                health.add_(part, alpha=0)
        if self._step_count % LOOK_EVERY == 0:
            self._look()

    def _look(self) -> None:
        """Raises EnvFault for the first row that gave what is not finite."""
        for health in self._health:
            if not bool(health.isfinite().all()):
                what = "the reward" if health is self._health[-1] else "the observation"
                row = int((~health.isfinite()).view(self.num_envs, -1).any(dim=1).nonzero()[0])
                raise self._fault(f"{what} of row {row} is not finite (seen within {LOOK_EVERY} steps)")

    def _call(self, name: str, function: Callable[[], Any]) -> Any:
        try:
            return function()
        except RlgxError:
            raise
        except Exception as cause:
            raise self._fault(f"{name} failed: {type(cause).__name__}: {cause}") from cause

    def _fault(self, problem: str) -> EnvFault:
        return EnvFault(f"{self.name}, step {self._step_count}: {' '.join(problem.split())}", MEND)


def _bounds(space: Any, device: torch.device) -> tuple[Tensor, Tensor] | None:
    if not isinstance(space, spaces.Box):
        return None
    low, high = (torch.as_tensor(bound, device=device) for bound in (space.low, space.high))
    return low, high


def _some_action(space: Any, count: int, device: torch.device) -> Tensor:
    if isinstance(space, spaces.Box):
        return torch.zeros((count, *space.shape), device=device)
    shape = (count, len(space.spaces)) if isinstance(space, spaces.Tuple) else (count,)
    return torch.zeros(shape, dtype=torch.int64, device=device)


def _parts(obs: Any, space: Any) -> Iterator[tuple[str, Any, Any]]:
    """Label, value and space of each tensor of an observation."""
    if not isinstance(space, spaces.Dict):
        yield "", obs, space
        return
    for key, part in space.items():
        yield f'["{key}"]', obs[key] if isinstance(obs, dict) and key in obs else None, part


def _total(terms: dict[str, Tensor]) -> Tensor:
    first, *rest = terms.values()
    total = first if rest else first.clone()
    for term in rest:
        total = total + term
    return total


def _shares_memory(one: Tensor, other: Tensor) -> bool:
    return one.untyped_storage().data_ptr() == other.untyped_storage().data_ptr()


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
