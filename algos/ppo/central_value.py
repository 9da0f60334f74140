"""The asymmetric critic: rl_games' own CentralValueTrain, fed with our rollouts.

It sees the environment's `states`, which the policy does not. Its class (`algos_torch/central_value.py`)
is used whole; this adapter only speaks its dictionaries.
"""

from typing import Any

import torch
from rl_games.algos_torch.central_value import CentralValueTrain
from rl_games.algos_torch.model_builder import ModelBuilder
from torch import Tensor

from algos.adam import load_moments
from algos.building import building, require_fit
from algos.fit import fit_to_observation
from algos.networks import register_networks
from algos.normaliser import Normaliser
from algos.ppo.rollout import Batch
from cfg.schema.settle import SETTINGS

Block = dict[str, Any]


class CentralValue:
    """Value of the states [N, S] -> [N, K], with its own optimiser and minibatches."""

    def __init__(self, settings: Any, env_info: Block, device: str) -> None:
        block: Block = dict(settings.central_value_config)
        fitted = fit_to_observation(block["network"], env_info["state_space"])
        register_networks(fitted["name"])
        block["network"] = {**fitted, "central_value": True}
        with building(fitted, env_info["state_space"].shape, f"{SETTINGS}.central_value_config.network"):
            network = ModelBuilder().load({"model": {"name": "central_value"}, **block})
            self._net = CentralValueTrain(
                state_shape=env_info["state_space"].shape,
                value_size=int(env_info.get("value_size", 1)),
                num_actors=settings.num_actors,
                num_actions=0,
                ppo_device=device,
                num_agents=1,
                horizon_length=settings.horizon_length,
                seq_length=settings.seq_length,
                normalize_value=settings.normalize_value,
                network=network,
                config=block,
                writter=None,
                max_epochs=settings.max_epochs,  # its own linear rate counts them
                multi_gpu=False,
                zero_rnn_on_done=settings.zero_rnn_on_done,
            ).to(device)
        self.normaliser = Normaliser(self._net.model.value_mean_std) if settings.normalize_value else None
        self._forgets = settings.zero_rnn_on_done

    def begin_step(self, t: int) -> None:
        """Called before step `t` of a rollout, so that a recurrent critic keeps its sequence starts."""
        self._net.pre_step_rnn(t)

    def end_step(self, done: Tensor) -> None:
        """Called after a step; forgets the state of rows that ended."""
        if bool(done.any()):
            self._net.post_step_rnn(done.nonzero())

    @torch.no_grad()
    def value(self, states: Tensor) -> Tensor:
        """Value of every row, advancing a recurrent critic by one step."""
        return self._net.get_value({"is_train": False, "states": states})

    @torch.no_grad()
    def peek(self, states: Tensor) -> Tensor:
        """Value of every row without advancing anything."""
        kept = self._net.rnn_states
        value = self.value(states)
        self._net.rnn_states = kept
        return value

    def train(self, batch: Batch, states: Tensor) -> float:
        """Fit to the batch's returns; gives the mean loss."""
        self._net.update_dataset(
            {
                "old_values": batch.value,
                "advantages": batch.advantage,
                "returns": batch.returns,
                "actions": batch.action,
                "dones": batch.first if self._forgets else None,
                "obs": states,
                "rnn_masks": None,
            }
        )
        loss = self._net.train_net()
        self._net.eval()
        if self.normaliser is not None:
            self.normaliser.refresh()
        return float(loss)

    def state_dict(self) -> Block:
        """Under the names of a stock rl_games checkpoint."""
        return {
            "assymetric_vf_nets": self._net.state_dict(),
            "assymetric_vf_optimizer": self._net.optimizer.state_dict(),
        }

    def load_state_dict(self, state: Block, with_optimizer: bool) -> None:
        """Take what `state_dict` gave, or a stock checkpoint's sections. Raises CheckpointError."""
        require_fit(self._net.state_dict(), state["assymetric_vf_nets"], "assymetric_vf_nets.")
        self._net.load_state_dict(state["assymetric_vf_nets"])
        if with_optimizer and "assymetric_vf_optimizer" in state:
            load_moments(self._net.optimizer, state["assymetric_vf_optimizer"])
        if self.normaliser is not None:
            self.normaliser.refresh()

    def forget(self, rows: Tensor) -> None:
        """Forget what a recurrent critic remembers of some rows, bool [N]."""
        for state in self._net.rnn_states or ():
            state[:, rows] = 0.0

    def resume_state(self) -> Block:
        """What a stock checkpoint lacks: the rate of a schedule, counters and recurrent state."""
        net = self._net
        states = None if net.rnn_states is None else list(net.rnn_states)
        return {"lr": float(net.lr), "epoch": net.epoch_num, "frame": net.frame, "states": states}

    def load_resume_state(self, state: Block) -> None:
        """Take what `resume_state` gave."""
        net = self._net
        net.epoch_num, net.frame = state["epoch"], state["frame"]
        if net.linear_lr:
            net.lr = state["lr"]
            net.update_lr(net.lr)
        held = state["states"]
        if held is not None and [part.shape for part in held] == [part.shape for part in net.rnn_states]:
            net.rnn_states = [part.to(net.ppo_device) for part in held]
