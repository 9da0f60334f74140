"""Numbers that run away while training: found in their epoch, named, put into a file, and never saved."""

import json
from pathlib import Path

import pytest
import torch

from cfg.errors import EnvFault, NumericalFault
from train import run

SETTINGS = "train.params.config"
COMMON = ("num_envs=4", "eval_every=0", "device=cpu", "max_iterations=20", f"{SETTINGS}.save_frequency=1")
PPO = (*COMMON, "train=PPO", f"{SETTINGS}.horizon_length=8", f"{SETTINGS}.minibatch_size=32")
SAC = (*COMMON, "train=SAC", f"{SETTINGS}.num_steps_per_episode=8", f"{SETTINGS}.num_warmup_frames=1000")
# A vector environment of a user's own: what it gives reaches the agent as it is.
MODULE = """
import numpy as np
from gymnasium import spaces
from rl_games.common import env_configurations, vecenv
from rl_games.common.ivecenv import IVecEnv


class Spoilt(IVecEnv):
    # In its 12th step row 2 observes, or is paid, something else.

    def __init__(self, name, num_actors, observed=0.0, paid=0.0, breaks=False, **kwargs):
        self.count, self.observed, self.paid, self.breaks = num_actors, float(observed), float(paid), breaks
        self.steps = 0

    def reset(self):
        return np.zeros((self.count, 2), np.float32)

    def step(self, actions):
        self.steps += 1
        if self.breaks and self.steps == 12:
            raise OSError("the robot fell off")
        obs, reward = np.full((self.count, 2), 0.1, np.float32), np.ones(self.count, np.float32)
        if self.steps == 12:
            obs[2, 1] += self.observed
            reward[2] += self.paid
        return obs, reward, np.zeros(self.count, bool), {}

    def get_env_info(self):
        return {
            "observation_space": spaces.Box(-1.0, 1.0, (2,)),
            "action_space": spaces.Box(-1.0, 1.0, (1,)),
            "agents": 1,
            "value_size": 1,
        }


vecenv.register("SPOILT", lambda name, number, **kwargs: Spoilt(name, number, **kwargs))
env_configurations.register("spoilt", {"vecenv_type": "SPOILT", "env_creator": None})
"""
WORLD = ("task=Gym", "env=spoilt", "imports=[spoilt]")


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    Path("spoilt.py").write_text(MODULE)
    yield
    import sys

    sys.modules.pop("spoilt", None)


def fault_of(*words: str) -> tuple[NumericalFault, Path, dict]:
    """The fault of a run, the run, and the batch that it put into a file."""
    with pytest.raises(NumericalFault) as error:
        run(*words)
    (path,) = Path("runs").iterdir()
    assert str(error.value).endswith(f"the batch is in {path}/resume/nonfinite_ep_2.pth")
    return error.value, path, torch.load(path / "resume" / "nonfinite_ep_2.pth", weights_only=True)


def saved_epochs(path: Path) -> list[int]:
    """Epochs of all checkpoints, whose weights are finite."""
    states = [torch.load(file, weights_only=True) for file in path.glob("nn/*.pth")]
    assert all(torch.isfinite(each).all() for state in states for each in state["model"].values())
    return sorted({state["epoch"] for state in states})


@pytest.mark.parametrize(
    ("spoils", "says"),
    [("observed=nan", "row 2, step 12: the observation"), ("paid=-inf", "row 2, step 12: the reward")],
)
def test_what_an_environment_gives_is_named_by_row_and_step(spoils, says):
    fault, path, batch = fault_of(*WORLD, *PPO, f"+env_kwargs.{spoils}")
    assert says in fault.problem and batch["fault"] == fault.problem
    assert saved_epochs(path) == [1]
    assert batch["rollout"]["obs"].shape == (4, 4, 2)  # four steps of the second rollout were begun
    lines = (path / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1]
    assert json.loads((path / "summary.json").read_text())["status"] == "failed"


# A logarithm of a reward below 0: step 12 is the fourth of the second rollout of 8.
LOGARITHM = (f"{SETTINGS}.reward_shaper.log_val=true", "+env_kwargs.paid=-3")


def test_a_shaped_reward_that_is_no_number_is_named_by_row_and_step():
    fault, path, batch = fault_of(*WORLD, *PPO, *LOGARITHM)
    assert fault.problem == "the shaped reward of row 2 is nan at step 3 of the rollout"
    assert saved_epochs(path) == [1]
    assert batch["rollout"]["reward"][3].tolist() == [1, 1, -2, 1] and batch["losses"]["c_loss"].isnan().all()


def test_sac_finds_it_in_its_epoch_though_it_learns_from_it_much_later():
    fault, path, batch = fault_of(*WORLD, *SAC, *LOGARITHM)
    # Of 8 steps the fourth: four came after it.
    assert fault.problem == "reward of row 2 is nan, 4 steps before the newest"
    assert torch.load(path / "nn" / "last.pth", weights_only=True)["epoch"] == 1
    assert batch["transitions"].isnan().nonzero()[:, 0].tolist() == [3 * 4 + 2]


def test_a_reward_too_large_to_learn_from_is_named():
    fault, path, _ = fault_of(*WORLD, *PPO, "+env_kwargs.paid=1e38")
    assert fault.problem.endswith("reward of row 2 is as large as 1e+38 at step 3 of the rollout")
    assert saved_epochs(path) == [1]


@pytest.mark.parametrize("train", ["PPO", "SAC"])
def test_a_learning_rate_that_is_far_too_large_ends_the_run_with_the_loss_or_weight_named(train):
    rates = {
        "PPO": (*PPO, f"{SETTINGS}.learning_rate=1e20", f"{SETTINGS}.lr_schedule=constant"),
        "SAC": (*SAC, f"{SETTINGS}.critic_lr=1e20", f"{SETTINGS}.num_warmup_frames=8"),
    }
    with pytest.raises(NumericalFault, match=r"is (nan|inf|-inf)"):
        run(*WORLD, *rates[train])
    (path,) = Path("runs").iterdir()
    assert list(path.glob("resume/nonfinite_ep_*.pth"))


def test_a_fault_of_the_environment_stays_one_where_all_numbers_are_finite():
    with pytest.raises(
        EnvFault, match="spoilt: step failed: OSError: the robot fell off -- mend the module's"
    ):
        run(*WORLD, *PPO, "+env_kwargs.breaks=true")
