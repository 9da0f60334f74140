"""A run that is stopped and resumed ends with the weights of one that was not, to the bit."""

from pathlib import Path
from typing import Any

import pytest
import torch

import tests.restorable_envs  # noqa: F401  # registers them
from algos import checkpoint
from tests.ray_session import ray_session
from tests.stopped_run import LIVES, WHOLE, copy_of, digest, tags, told
from train import run

__all__ = ["ray_session"]

C = "train.params.config"
SMALL = ("num_envs=4", "eval_every=2", "episodes=2", f"{C}.horizon_length=16", f"{C}.mini_epochs=2")
SMALL_SAC = (
    *("train=SAC", "num_envs=4", "eval_every=0", f"{C}.num_steps_per_episode=10", f"{C}.batch_size=16"),
    *(f"{C}.num_warmup_frames=40", f"{C}.replay_buffer_size=120", f"{C}.normalize_input=True"),
    *(f"{C}.utd_ratio=0.3", f"{C}.exploration_correlation=0.5"),
)


def _of(env: str) -> tuple[str, ...]:
    return "task=Gym", f"env=rlgx-tests/{env}-v0"


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _stopped_and_whole(
    *overrides: str, resumed_with: tuple[str, ...] = ()
) -> tuple[dict[str, Any], dict[str, Any]]:
    whole = run(*overrides, *LIVES)
    stopped = run(f"resume={copy_of(Path(whole['run']))}", *resumed_with)
    return stopped, whole


CENTRAL = (
    f"{C}.central_value_config={{normalize_input: True, learning_rate: 0.001, mini_epochs: 2, "
    "lr_schedule: linear, clip_value: True, minibatch_size: 32, network: {name: actor_critic, "
    "mlp: {units: [8], activation: elu, initializer: {name: default}}, "
    "rnn: {name: gru, units: 8, layers: 1}}}"
)
RUNS: dict[str, tuple[str, ...]] = {
    "discrete, adaptive rate": ("task=CartPole", *SMALL, f"{C}.lr_schedule=adaptive"),
    "continuous, linear rate": (*("task=Pendulum", *SMALL), f"{C}.lr_schedule=linear"),
    "continuous, adaptive rate": (*_of("Pushed"), *SMALL, f"{C}.lr_schedule=adaptive"),
    "a sigma of the state under a bound that falls": (
        *("task=Pendulum", *SMALL, f"{C}.max_sigma=[0.9,0.3]", "network=mlp"),
        "train.params.network.space.continuous={fixed_sigma: False, min_sigma: 0.1}",
    ),
    "recurrent": ("task=CartPoleNoVelocity", *SMALL),
    "central value": (*_of("Watched"), *SMALL, CENTRAL),
    "recurrent with a central value": (*_of("Watched"), *SMALL, CENTRAL, "network=gru"),
    "Dict observations": (*_of("Halves"), *SMALL),
    "action masks": (*_of("Guarded"), *SMALL),
    "simulator": ("task=SimCartPole", *SMALL),
    "sac": ("task=Pendulum", *SMALL_SAC),
    "sac with n-step returns": ("task=Pendulum", *SMALL_SAC, f"{C}.n_step=3"),
    "sac with bounds that are no powers of two": (*_of("Pushed"), *SMALL_SAC),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_stopped_run_ends_as_one_that_was_not(name: str) -> None:
    stopped, whole = _stopped_and_whole(*RUNS[name])
    assert stopped["epochs"] == whole["epochs"] == WHOLE
    assert digest(stopped) == digest(whole)
    assert told(stopped) == told(whole)
    assert tags(stopped) == tags(whole)


def test_a_stopped_run_goes_on_with_other_workers() -> None:
    workers = ("vec_env=process", "num_workers=2")
    stopped, whole = _stopped_and_whole(*RUNS["action masks"], *workers, resumed_with=("num_workers=1",))
    assert digest(stopped) == digest(whole) and told(stopped) == told(whole)


def test_a_stopped_run_goes_on_on_another_kind_of_workers() -> None:
    whole = run(*RUNS["Dict observations"], *LIVES)
    stopped = run(f"resume={copy_of(Path(whole['run']))}", "vec_env=process", "num_workers=3")
    assert digest(stopped) == digest(whole) and told(stopped) == told(whole)


@pytest.mark.ray
@pytest.mark.usefixtures("ray_session")
def test_a_stopped_run_goes_on_in_actors_of_ray() -> None:
    workers = ("vec_env=ray", "num_workers=2")
    stopped, whole = _stopped_and_whole(*RUNS["discrete, adaptive rate"], *workers)
    assert digest(stopped) == digest(whole) and told(stopped) == told(whole)


def test_saving_more_often_changes_nothing() -> None:
    often, seldom = (
        run(*RUNS["recurrent"], "device=cpu", "max_iterations=4", f"{C}.save_frequency={every}")
        for every in (1, 0)
    )
    assert digest(often) == digest(seldom) and told(often) == told(seldom)


def test_environments_without_a_state_begin_anew_and_it_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    stopped, whole = _stopped_and_whole(*_of("Forgetful"), *SMALL)
    assert digest(stopped) != digest(whole) and stopped["epochs"] == WHOLE
    screen = " ".join(capsys.readouterr().out.split())
    why = "Forgetful has no get_state() and set_state(state)"
    note = f"note: rlgx-tests/Forgetful-v0: 4 of 4 rows begin new episodes: {why}"
    assert screen.count(note) == 1


@pytest.mark.parametrize("name", ["recurrent with a central value", "sac"])
def test_another_number_of_environments_begins_anew(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    half = run(*RUNS[name], "device=cpu", "max_iterations=4")
    assert run(f"resume={half['run']}", "max_iterations=5", "num_envs=8")["epochs"] == 5
    screen = " ".join(capsys.readouterr().out.split())
    assert "8 of 8 rows begin new episodes: there is no state of them" in screen


def test_a_checkpoint_without_a_state_goes_on_with_new_episodes(capsys: pytest.CaptureFixture[str]) -> None:
    half = run(*RUNS["recurrent"], "device=cpu", "max_iterations=2")
    last = Path(half["checkpoints"]["last"])
    state = torch.load(last, weights_only=True)
    state["rlgx"]["beside"] = None  # as of a version that wrote none
    checkpoint.write(last, state)
    assert run(f"resume={half['run']}", "max_iterations=3")["epochs"] == 3
    assert "note: this checkpoint has no state to go on from exactly" in capsys.readouterr().out


def test_a_run_that_has_nothing_left_to_train_says_so_and_stays_what_it_was(
    capsys: pytest.CaptureFixture[str],
) -> None:
    done = run(*RUNS["recurrent"], "device=cpu", "max_iterations=2")
    before = Path(done["run"], "config.yaml").read_text()
    run(f"resume={done['run']}", "seed=9")
    assert "note: nothing is left to train; ask for more with max_iterations=" in capsys.readouterr().out
    assert Path(done["run"], "config.yaml").read_text() == before
    run(f"resume={done['run']}", "seed=9", "max_iterations=3")
    assert "seed: 9" in Path(done["run"], "config.yaml").read_text()
