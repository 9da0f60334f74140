"""PPO's and SAC's gradient steps with and without torch.compile, by turns, in one process on one core.

`python -m benchmarks.compiling [--rounds 5] [--only mlp cnn sac]` prints what each way's first
step took, and the median and least of the others, in processor time: other work hardly changes that.
"""

import argparse
import resource
import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from rich.console import Console

from algos.device import flush_denormals

Step = Callable[[], Any]

MLP_BATCH, CNN_BATCH, SAC_BATCH = 512, 64, 256
OBSERVATIONS = {
    "mlp": spaces.Box(-np.inf, np.inf, (4,), np.float32),
    "cnn": spaces.Box(0, 255, (4, 84, 84), np.uint8),
}


def ppo(network: str, rows: int) -> dict[str, Step]:
    """Gradient steps on `rows` rows: PPO's own, by autograd, and by autograd of a compiled network."""
    from algos.fit import fit
    from algos.ppo.actor_critic import ActorCritic
    from algos.ppo.learner import Learner
    from algos.ppo.rollout import Batch
    from cfg.compose import compose
    from cfg.flags import parse

    config = compose(parse(["task=Gym", "env=CartPole-v1", "train=PPO", f"network={network}"]))
    space = OBSERVATIONS[network]
    info = {"observation_space": space, "action_space": spaces.Discrete(2)}
    networks = ActorCritic(fit(config.train.params, info), info, rows, normalize_value=True, device="cpu")
    learner, plain = Learner(networks, None, config.settings), networks.network
    compiled = torch.compile(plain)
    obs = torch.rand(rows, *space.shape)
    batch = Batch(
        obs=obs,
        action=torch.randint(0, 2, (rows,)),
        neglogp=torch.rand(rows),
        advantage=torch.randn(rows),
        value=torch.randn(rows, 1),
        returns=torch.randn(rows, 1),
        first=None,
        mask=None,
    )

    def step(gradient: Callable[..., Any], network: Any) -> None:
        networks.network = network
        gradient(obs, batch, 0.01)
        learner._gradients.clip(1.0)
        learner.optimizer.advance()

    ways = {"as it is": partial(step, learner._gradient, plain)}
    if networks.plain is not None:
        ways["autograd"] = partial(step, learner._by_autograd, plain)
    return {**ways, "compiled": partial(step, learner._by_autograd, compiled)}


def sac(rows: int) -> dict[str, Step]:
    """Gradient steps on a batch of `rows`: SAC's own, and with its written-out gradients compiled."""
    from algos.sac.fit import fit
    from algos.sac.learner import Learner
    from algos.sac.networks import SoftActorCritic
    from algos.sac.replay import Batch
    from cfg.compose import compose
    from cfg.flags import parse

    config = compose(parse(["task=Pendulum", "train=PendulumSAC"]))
    info = {
        "observation_space": spaces.Box(-1.0, 1.0, (3,), np.float32),
        "action_space": spaces.Box(-2.0, 2.0, (1,), np.float32),
    }
    networks = SoftActorCritic(fit(config.train.params, info), "cpu")
    learner = Learner(networks, config.settings, 1)
    batch = Batch(
        torch.randn(rows, 3), torch.rand(rows, 1), torch.randn(rows), torch.randn(rows, 3), torch.ones(rows)
    )
    gradients = learner._gradients
    plain = (gradients.of_critics, gradients.of_actor)
    compiled = (torch.compile(gradients.of_critics), torch.compile(gradients.of_actor))

    def step(of_critics: Any, of_actor: Any) -> None:
        gradients.of_critics, gradients.of_actor = of_critics, of_actor
        learner.update(batch)

    return {"as it is": partial(step, *plain), "compiled": partial(step, *compiled)}


CASES: dict[str, tuple[Callable[[], dict[str, Step]], int]] = {
    "mlp": (partial(ppo, "mlp", MLP_BATCH), 60),
    "cnn": (partial(ppo, "cnn", CNN_BATCH), 1),
    "sac": (partial(sac, SAC_BATCH), 20),
}
"""What is measured, and how many steps a turn has."""


def processor_s() -> float:
    """Of this process and of those it waited for, such as compilers."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def by_turns(ways: Mapping[str, Step], rounds: int, steps: int) -> dict[str, list[float]]:
    """Milliseconds a step of each way in each round, by this thread's clock; all ways within a round."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, step in ways.items():
            start = time.thread_time()
            for _ in range(steps):
                step()
            taken[name].append((time.thread_time() - start) * 1e3 / steps)
    return taken


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    flush_denormals()
    console = Console(width=200)
    for case in arguments.only:
        make, steps = CASES[case]
        ways = make()
        for name, step in ways.items():
            start = processor_s()
            step()
            console.print(f"{case}, {name}: the first step took {processor_s() - start:.1f} s")
        for name, taken in by_turns(ways, arguments.rounds, steps).items():
            console.print(f"{case}, {name}: {statistics.median(taken):.3f} ms, at least {min(taken):.3f}")


if __name__ == "__main__":
    main()
