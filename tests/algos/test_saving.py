"""What a run keeps outlives a save that fails, a file that is damaged and a folder that is removed."""

import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from rl_games.common.algo_observer import AlgoObserver

from algos import checkpoint
from algos.ppo.agent import PPOAgent
from algos.run_dir import RunDir
from algos.saving import Saver, read_whole, rotated_checkpoints
from cfg.errors import CheckpointError, ConfigError, NumericalFault, StorageError
from tests.algos.test_growing import Numbers
from tests.full_disk import files_up_to
from train import main
from train import run as train

SMALL = ("task=CartPole", "num_envs=2", "eval_every=0", "device=cpu", "train.params.config.save_frequency=1")


class Breaks(AlgoObserver):
    """Puts a file in the run's place after its second epoch, and then fails by itself."""

    def after_init(self, algo: Any) -> None:
        self.run = algo.context.run.path

    def after_print_stats(self, frame: int, epoch_num: int, total_time: float) -> None:
        if epoch_num == 2:
            shutil.rmtree(self.run)
            self.run.write_text("")
            raise ValueError("the first error")


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run() -> RunDir:
    return RunDir.create(Path("runs/T_PPO"), "T", "task: {}\n")


def save(saver: Saver, epoch: int, rows: Numbers | None = None, **model: Any) -> None:
    """One save of a small policy, and of rows where some grow."""
    beside = saver.save_beside({"epoch": epoch}, {"n": rows} if rows else {}, (epoch, epoch))
    state = {"model": {"w": torch.full((500,), float(epoch)), **model}, "rlgx": {"beside": beside}}
    saver.save_last(state, epoch, None)


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_the_newest_few_are_kept_with_all_that_they_need(run: RunDir) -> None:
    saver, rows = Saver(run, 2, {}), Numbers(20)
    for epoch in range(1, 6):
        save(saver, epoch, rows.grow(8))
    assert names(run.nn) == ["last.pth", "last_T_ep_4_rew_none.pth", "last_T_ep_5_rew_none.pth"]
    assert [name for name in names(run.resume) if name.startswith("ep")] == ["ep_4_4.pth", "ep_5_5.pth"]
    for file in (run.last, *rotated_checkpoints(run)):
        state, beside = read_whole(run, file)
        held = Numbers(20)
        Saver(run, 0, {}).load_rows(beside, {"n": held})
        assert held.held() == (max(0, 8 * beside["epoch"] - 20), 8 * beside["epoch"])
        assert state["model"]["w"][0] == beside["epoch"]


def test_without_rotation_only_the_last_is_kept(run: RunDir) -> None:
    saver = Saver(run, 0, {})
    for epoch in (1, 2):
        save(saver, epoch)
    assert (names(run.nn), names(run.resume)) == (["last.pth"], ["ep_2_2.pth"])


@pytest.mark.parametrize("room", [10, 2_500, 4_000])
def test_a_save_that_fails_removes_nothing_and_leaves_nothing(run: RunDir, room: int) -> None:
    saver, rows = Saver(run, 1, {}), Numbers(100)
    save(saver, 1, rows.grow(60))
    before = {file: file.read_bytes() for file in run.path.rglob("*") if file.is_file()}
    with files_up_to(room), pytest.raises(StorageError, match="are free"):
        save(saver, 2, rows.grow(20), more=torch.zeros(2000))
    after = {file: file.read_bytes() for file in run.path.rglob("*") if file.is_file()}
    assert all(after[file].startswith(content) for file, content in before.items()), "rows may be added"
    assert not [file for file in after if file.name.endswith(".tmp")]
    read_whole(run, run.last)
    save(saver, 3, rows.grow(5))
    assert "last_T_ep_3_rew_none.pth" in names(run.nn), "and the next one goes on"


def test_a_weight_that_is_not_finite_changes_no_file(run: RunDir) -> None:
    saver = Saver(run, 3, {})
    save(saver, 1)
    before = run.last.read_bytes()
    with pytest.raises(NumericalFault, match="model.v"):
        save(saver, 2, v=torch.tensor([float("inf")]))
    assert run.last.read_bytes() == before and "last_T_ep_2_rew_none.pth" not in names(run.nn)


def test_a_run_that_somebody_removed_is_there_again_with_its_configuration(run: RunDir) -> None:
    saver = Saver(run, 1, {})
    save(saver, 1)
    shutil.rmtree(run.path)
    save(saver, 2)
    assert run.config.read_text() == "task: {}\n" and read_whole(run, run.last)[1]["epoch"] == 2


def test_a_file_in_place_of_the_run_is_told(run: RunDir) -> None:
    shutil.rmtree(run.path)
    run.path.write_text("")
    with pytest.raises(StorageError, match="T_PPO"):
        save(Saver(run, 1, {}), 2)


def test_a_checkpoint_grows_old_by_the_clock(run: RunDir) -> None:
    saver = Saver(run, 0, {}, every_s=0.05)
    assert not saver.is_overdue()
    time.sleep(0.06)
    assert saver.is_overdue() and not Saver(run, 0, {}).is_overdue()
    save(saver, 1)
    assert not saver.is_overdue()


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def damage_last(run: RunDir) -> None:
    flip(run.last)


def damage_both_of_the_newest_epoch(run: RunDir) -> None:
    os.truncate(run.last, 100)
    flip(rotated_checkpoints(run)[0])


def remove_what_the_newest_needs(run: RunDir) -> None:
    (run.resume / checkpoint.read(run.last)["rlgx"]["beside"]).unlink()


@pytest.mark.parametrize(
    ("harm", "begins", "said"),
    [
        (damage_last, 3, "nn/last.pth is damaged"),
        (damage_both_of_the_newest_epoch, 2, "nn/last.pth is damaged"),
        (remove_what_the_newest_needs, 2, " is missing"),
    ],
)
def test_a_resume_goes_on_from_the_newest_that_is_whole_and_says_so(
    harm: Any, begins: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = train(*SMALL, "max_iterations=3")
    run = RunDir(Path(summary["run"]), "CartPole")
    harm(run)
    capsys.readouterr()
    whole = train(f"resume={summary['run']}", "max_iterations=4")
    (note,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("note: ")]
    assert said in note and f"going on from {run.nn}/last_CartPole_ep_{begins}_rew" in note
    assert whole["epochs"] == 4
    metrics = run.metrics.read_text().splitlines()
    assert [line.split(",")[0] for line in metrics] == [f'{{"epoch": {epoch}' for epoch in (1, 2, 3, 4)]


def test_a_run_without_any_checkpoint_that_is_whole_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    summary = train(*SMALL, "max_iterations=2")
    run = RunDir(Path(summary["run"]), "CartPole")
    for file in run.nn.iterdir():
        flip(file)
    before = {file: file.read_bytes() for file in run.path.rglob("*") if file.is_file()}
    capsys.readouterr()
    assert main(["--resume", summary["run"], "max_iterations=4"]) == 3
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1 and "nn/last.pth is damaged" in errors
    assert (
        before.items() <= {file: file.read_bytes() for file in run.path.rglob("*") if file.is_file()}.items()
    )


def test_a_config_that_was_exchanged_is_told() -> None:
    summary = train(*SMALL, "max_iterations=1")
    config = Path(summary["run"], "config.yaml")
    config.write_text(config.read_text().replace("normalize_input: true", "normalize_input: false"))
    with pytest.raises(CheckpointError, match=r"config.yaml says -- put the config.yaml back"):
        train(f"resume={summary['run']}", "max_iterations=2")


def test_a_run_in_use_is_neither_resumed_nor_read() -> None:
    summary = train(*SMALL, "max_iterations=1")
    run = RunDir.open(summary["run"], "CartPole")
    with pytest.raises(ConfigError, match=f"in use by pid {os.getpid()}"):
        train(f"resume={summary['run']}", "max_iterations=2")
    run.release()
    assert train(f"resume={summary['run']}", "max_iterations=2")["epochs"] == 2


def test_a_resume_removes_what_a_killed_process_left_unfinished() -> None:
    summary = train(*SMALL, "max_iterations=1")
    for folder in ("", "nn", "resume"):
        Path(summary["run"], folder, ".last.pth.4711.tmp").write_bytes(b"half")
    train(f"resume={summary['run']}", "max_iterations=2")
    assert not list(Path(summary["run"]).rglob("*.tmp"))


def test_a_run_is_saved_by_the_clock_too() -> None:
    words = (*SMALL, "train.params.config.save_frequency=0", "max_iterations=5", "keep_last=9")
    by_clock, at_the_end = train(*words, "save_every_s=0.000001"), train(*words, "save_every_s=null")
    assert len(rotated_checkpoints(RunDir(Path(by_clock["run"]), "CartPole"))) == 5
    assert len(rotated_checkpoints(RunDir(Path(at_the_end["run"]), "CartPole"))) == 1


def test_where_the_save_on_the_way_out_fails_too_the_first_error_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = (*SMALL, "max_iterations=5", f"observers=[{__name__}:Breaks]")
    assert main(list(words)) == 2
    errors = capsys.readouterr().err
    assert "the first error" in errors and errors.count("\n") == 1


def test_whatever_ends_a_run_leaves_its_last_whole_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    update, calls = PPOAgent.update, iter(range(9))

    def runs_out_of_memory(agent: PPOAgent) -> Any:
        if next(calls) == 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return update(agent)

    words = (*SMALL, "train.params.config.save_frequency=0", "max_iterations=9")
    with monkeypatch.context() as patched, pytest.raises(torch.OutOfMemoryError):
        patched.setattr(PPOAgent, "update", runs_out_of_memory)
        train(*words)
    (path,) = Path("runs").iterdir()
    state, _ = read_whole(run := RunDir(path, "CartPole"), run.last)
    assert state["epoch"] in (0, 1, 2, 3), "no half of the fourth"
    assert train(f"resume={path}", "max_iterations=4")["epochs"] == 4
