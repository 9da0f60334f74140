"""A simulator behind the contract: episodes, statistics and checks of N rows, all as tensors on one device.

Nothing here reads a number from the device, but for a look now and then whether all are finite.
"""

from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor

from cfg.errors import FOREIGN, ConfigError, EnvFault
from tasks.factory import EnvFactory
from tasks.seeding import env_seed
from tasks.simulators.base import MEND
from tasks.simulators.recipe import SimulatorClass, load_simulator, read_options
from tasks.simulators.rehearsal import LOOK_EVERY, Health, any_action, called, finite, rehearse
from tasks.vec_env.base import VecEnv
from tasks.vec_env.transition import FirstObservation, Transition


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
        self._device = torch.empty(0, device=device).device  # with its index, which "cuda" lacks
        kind = load_simulator(factory.source)
        options = read_options(kind, factory.kwargs)
        info = {
            "observation_space": kind.observation_space,
            "action_space": kind.action_space,
            "agents": 1,
            "value_size": 1,
            "autoreset_mode": "same_step",
            "device": str(self._device),
        }
        super().__init__(kind.__name__, num_envs, info)
        self._role = role
        self._generator = torch.Generator(self._device)
        self._step_count = 0
        self._bounds = _bounds(kind.action_space, self._device)
        with torch.no_grad():
            self._simulator = called(
                self.name, "start", lambda: kind(num_envs, str(self._device), self._generator, options)
            )
            self._allocate(factory.max_episode_steps)
            seen = rehearse(self._simulator, any_action(kind.action_space, num_envs, self._device))
            self._health = Health(self.name, *seen)
            self._health.watch(*seen)
            self._health.look(0)
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Has the next `reset` start the random stream anew. It is one for all rows, which draw by turns."""
        self._generator.manual_seed(env_seed(seed, self._role, 0))

    def has_action_masks(self) -> bool:
        """Simulators allow every action."""
        return False

    def render(self) -> None:
        """Simulators draw nothing."""

    def get_env_state(self) -> dict[str, Any]:
        """See `VecEnv.get_env_state`; all rows as one, for they share a generator."""
        held = {
            "world": self._simulator.get_state(),
            "returns": self._returns.clone(),
            "lengths": self._lengths.clone(),
            "generator": self._generator.get_state(),
        }
        return {**super().get_env_state(), "simulator": held, "device": self._device.type}

    @torch.no_grad()
    def set_env_state(self, env_state: Any) -> tuple[Any, Any]:
        """See `VecEnv.set_env_state`; all rows go on, or none."""
        held = env_state and env_state.get("simulator")
        if not held or env_state["device"] != self._device.type or len(held["returns"]) != self.num_envs:
            return super().set_env_state(env_state)
        self._simulator.set_state(held["world"])
        self._returns.copy_(held["returns"])
        self._lengths.copy_(held["lengths"])
        self._generator.set_state(held["generator"])
        self._current = _on(env_state["obs"], self._device)
        return self._current, np.zeros(self.num_envs, bool)

    @torch.no_grad()
    def step(self, actions: Any) -> tuple[Any, Any, Any, dict[str, Any]]:
        """One step of all rows: tensors in, tensors out."""
        transition = self._step(actions)
        self._current = transition.obs
        return transition.obs, transition.reward, transition.done, transition.infos()

    @torch.no_grad()
    def _reset(self) -> FirstObservation:
        sim = self._simulator
        called(self.name, "start", lambda: sim.reset_rows(self._everywhere))
        self._returns.zero_()
        self._lengths.zero_()
        return FirstObservation(finite(called(self.name, "observe", lambda: sim.observe(sim.state))))

    def _step(self, actions: Any) -> Transition:
        """Same-step autoreset without a look at who is done; final observations and statistics are dense."""
        self._step_count += 1
        sim, action = self._simulator, self._read(actions)
        try:
            after = sim.advance(sim.state, action)
            final = sim.observe(after)
            terms = sim.reward_terms(sim.state, action, after)
            reward = _total(terms)
            terminated, success = sim.terminated(after), sim.succeeded(after)
            lengths, returns = self._lengths + self._one, self._returns + reward
            time_outs = self._never if self._limit is None else (lengths >= self._limit) > terminated
            done = terminated | time_outs
            sim.reset_rows(done, after)
            obs = finite(sim.observe(sim.state))
        except FOREIGN as cause:
            reason = " ".join(f"{type(cause).__name__}: {cause}".split())
            raise EnvFault(f"{self.name}, step {self._step_count}: {reason}", MEND) from cause
        torch.where(done, self._no_return, returns, out=self._returns)
        torch.where(done, self._no_length, lengths, out=self._lengths)
        self._health.watch(final, reward)
        if self._step_count % LOOK_EVERY == 0:
            self._health.look(self._step_count)
        told = self._unsaid if success is None else success.double()
        episode = {"ended": done, "return": returns, "length": lengths, "success": told}
        tensors: dict[str, Any] = {"final_observation": final, "episode": episode, "rewards": terms}
        columns: dict[str, Any] = {"reward": reward, "done": done, "time_outs": time_outs}
        return Transition(obs=obs, **columns, **tensors)

    def _close(self) -> None:
        """A simulator holds nothing but memory."""

    def _allocate(self, most_steps: int | None) -> None:
        """What episodes are counted in, always in the same memory."""
        rows: dict[str, Any] = {"size": (self.num_envs,), "device": self._device}
        self._returns = torch.zeros(dtype=torch.float64, **rows)
        self._lengths = torch.zeros(dtype=torch.int64, **rows)
        self._never = torch.zeros(dtype=torch.bool, **rows)
        self._everywhere = ~self._never
        self._unsaid = torch.full(fill_value=torch.nan, dtype=torch.float64, **rows)
        # Tensors even where they are plain numbers, as in `Simulator`.
        self._no_return, self._no_length = self._returns[0].clone(), self._lengths[0].clone()
        self._one = self._no_length + 1
        self._limit = None if most_steps is None else self._no_length + most_steps

    def _read(self, actions: Any) -> Tensor:
        """The agent's actions, within the bounds of a Box."""
        if not isinstance(actions, Tensor) or actions.device != self._device:
            got = f"one on {actions.device}" if isinstance(actions, Tensor) else type(actions).__name__
            raise ConfigError(
                f"{self.name} takes actions as a torch tensor on {self._device}, not {got}",
                "write torch.as_tensor(actions, device=...); PPO and SAC do so themselves",
            )
        return actions if self._bounds is None else actions.clamp(*self._bounds)


def _bounds(space: Any, device: torch.device) -> tuple[Tensor, Tensor] | None:
    if not isinstance(space, spaces.Box):
        return None
    low, high = (torch.as_tensor(bound, device=device) for bound in (space.low, space.high))
    return low, high


def _on(obs: Any, device: torch.device) -> Any:
    """Tensors [N, ...], or a dict of such, on a device."""
    return {key: _on(part, device) for key, part in obs.items()} if isinstance(obs, dict) else obs.to(device)


def _total(terms: dict[str, Tensor]) -> Tensor:
    first, *rest = terms.values()
    total = first if rest else first.clone()
    for term in rest:
        total = total + term
    return total
