"""An rl_games recurrent network, read through `ActorCritic`, says of a sequence what it says step by step."""

import numpy as np
import pytest
import torch
from gymnasium import spaces

from algos.fit import fit
from algos.ppo.actor_critic import ActorCritic
from tests.cfg.composing import composed

STEPS = 6


@pytest.mark.parametrize("network", ["lstm", "gru"])
@pytest.mark.parametrize("sequences", [1, 2])
@pytest.mark.parametrize("first", [(), (0,), (1,), (5,), (1, 2, 5)])
def test_a_sequence_with_new_episodes_in_it_reads_as_its_steps_do(
    network: str, sequences: int, first: tuple[int, ...]
) -> None:
    """Of one sequence alone, rl_games' LSTMWithDones drops every mark but the first step's."""
    torch.manual_seed(0)
    params = composed("task=CartPole", f"network={network}").train.params
    info = {
        "observation_space": spaces.Box(-np.inf, np.inf, (3,), np.float32),
        "action_space": spaces.Discrete(2),
    }
    actor_critic = ActorCritic(fit(params, info), info, sequences, normalize_value=False, device="cpu")
    obs = torch.randn(sequences, STEPS, 3)
    marks = torch.zeros(sequences, STEPS)
    marks[:, list(first)] = 1.0
    start = actor_critic.initial_states(sequences)
    assert start is not None
    start = tuple(torch.randn_like(state) for state in start)

    whole = actor_critic.sequence(obs.flatten(0, 1), start, marks.flatten().unsqueeze(1), STEPS)

    states, values, outputs = start, [], []
    for time in range(STEPS):
        going = (1.0 - marks[:, time]).view(1, -1, 1)
        step = actor_critic.step(obs[:, time], tuple(state * going for state in states))
        assert step.states is not None
        states = step.states
        values.append(step.value)
        outputs.append(step.output)
    torch.testing.assert_close(whole.value, torch.stack(values, dim=1).flatten(0, 1))
    torch.testing.assert_close(whole.output, torch.stack(outputs, dim=1).flatten(0, 1))
