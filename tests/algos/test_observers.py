"""rl_games' observers are told what rl_games tells them, in its order; one that fails is named."""

import json
from pathlib import Path
from typing import Any

import pytest
from rl_games.common.algo_observer import AlgoObserver, DefaultAlgoObserver
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from algos.observers import make_observers
from cfg.errors import ConfigError
from train import run

SHORT = ("task=CartPole", "num_envs=4", "max_iterations=2", "device=cpu", "episodes=2")
STEPS = "train.params.config.horizon_length=16"
HERE = "tests.algos.test_observers"


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class Listener(AlgoObserver):
    """Writes each call down, and a scalar at every epoch's end."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []
        self.ends = 0

    def before_init(self, base_name: str, config: dict[str, Any], experiment_name: str) -> None:
        self.heard.append(f"before_init {base_name} {config['gamma']} {experiment_name}")

    def after_init(self, algo: Any) -> None:
        self.writer = algo.writer
        self.heard.append(f"after_init {algo.model is not None} {algo.games_to_track} {algo.num_agents}")

    def process_infos(self, infos: dict[str, Any], done_indices: Any) -> None:
        self.ends += len(done_indices)
        assert done_indices.ndim == 2 and done_indices.shape[1] == 1
        assert ("episode" in infos) == bool(len(done_indices))
        self.heard.append("process_infos")

    def after_steps(self) -> None:
        self.heard.append("after_steps")

    def after_print_stats(self, frame: int, epoch_num: int, total_time: float) -> None:
        assert total_time > 0
        self.writer.add_scalar("heard/ends", self.ends, frame)
        self.heard.append(f"after_print_stats {frame} {epoch_num}")
        Path("heard.json").write_text(json.dumps(self.heard))


class Failing(AlgoObserver):
    """Fails at the first step."""

    def process_infos(self, infos: dict[str, Any], done_indices: Any) -> None:
        raise KeyError("speed")


class NeedsMore(AlgoObserver):
    """Cannot be made without an argument."""

    def __init__(self, needed: int) -> None:
        super().__init__()


def test_every_hook_is_called_in_rl_games_order():
    summary = run(*SHORT, STEPS, f"observers=[{HERE}:Listener]", "eval_every=1")
    before, after, *rest = json.loads(Path("heard.json").read_text())
    assert before == f"before_init run 0.99 {Path(summary['run']).name}"
    assert after == "after_init True 100 1"
    epoch = ["process_infos"] * 16 + ["after_steps"]
    # Evaluations play too, between the epochs; observers hear of training alone.
    assert rest == [*epoch, "after_print_stats 64 1", *epoch, "after_print_stats 128 2"]


def test_what_an_observer_writes_is_in_the_runs_tensorboard():
    summary = run(*SHORT, STEPS, f"observers=[{HERE}:Listener]", "eval_every=0")
    events = EventAccumulator(str(Path(summary["run"], "summaries"))).Reload()
    assert [event.step for event in events.Scalars("heard/ends")] == [64, 128]


def test_stock_observers_run_and_watching_changes_no_training():
    stock = "rl_games.common.algo_observer:DefaultAlgoObserver"
    watched = run(*SHORT, STEPS, f"observers=[{stock},{HERE}:Listener]", "eval_every=0")
    alone = run(*SHORT, STEPS, "eval_every=0")
    losses = [
        [json.loads(line)["c_loss"] for line in Path(each["run"], "metrics.jsonl").read_text().splitlines()]
        for each in (watched, alone)
    ]
    assert losses[0] == losses[1]


def test_an_observer_that_fails_ends_the_run_with_its_name():
    told = f"observer {HERE}:Failing failed in process_infos: KeyError: 'speed' -- mend it or leave it out"
    with pytest.raises(ConfigError, match=told):
        run(*SHORT, f"observers=[{HERE}:Failing]")
    (path,) = Path("runs").iterdir()
    assert json.loads((path / "summary.json").read_text())["status"] == "failed"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("gone_module:O", "gone_module:O cannot be imported: ModuleNotFoundError"),
        (f"{HERE}:Nobody", "has no attribute 'Nobody'"),
        (f"{HERE}:NeedsMore", "cannot be made: TypeError.*-- give it no required arguments"),
        ("pathlib:Path", "is a PosixPath -- derive it from rl_games' AlgoObserver"),
    ],
)
def test_one_that_cannot_be_had_is_one_line_before_there_is_a_run(name, told):
    with pytest.raises(ConfigError, match=told):
        run(*SHORT, f"observers=[{name}]")
    assert not Path("runs").exists()


def test_after_clear_stats_reaches_those_that_have_it():
    class Clearing(Listener):
        def after_clear_stats(self) -> None:
            self.heard.append("cleared")

    observers = make_observers([])
    clearing, stock = Clearing(), Listener()
    observers.named.update(clearing=clearing, stock=stock)
    observers.after_clear_stats()
    assert (clearing.heard, stock.heard) == (["cleared"], [])
    assert issubclass(DefaultAlgoObserver, AlgoObserver)
