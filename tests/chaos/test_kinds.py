"""What each kind of trial looks at fails where it is not as it has to be."""

import json

import pytest
import torch

from algos import checkpoint
from tests.cfg.labelled import Labelled
from tests.chaos import (
    clusters,
    config,
    cost,
    damaged,
    directories,
    disk,
    malicious,
    names,
    nonfinite,
    sigkill,
    signals,
    workers,
)
from tests.chaos.worlds import WORLDS


def test_sigkill_finds_lost_epochs_and_another_end(trial, run):
    assert sigkill.little_is_lost(trial, run, reached=6, save_every=2)
    assert not sigkill.little_is_lost(trial, run, reached=7, save_every=2)
    sigkill.ends_alike(trial, run, {"sha": "0" * 64, "metrics": [{"epoch": 1, "reward_mean": 9.5}]})
    lost, weights, length = trial.problems
    assert lost == "3 epochs are lost, 2 between two saves"
    assert "undisturbed 000000000000" in weights
    assert length == "metrics.jsonl has 2 lines in place of 1"


def test_signals_finds_what_was_not_saved(trial, run):
    (run / "summary.json").write_text(json.dumps({"status": "failed"}))
    signals.is_saved(trial, run, reached=4)
    signals.is_saved(trial, run, reached=5)
    status, saved, _ = trial.problems
    assert status == "summary.json says failed" and saved == "saved epoch 4, 5 were done"


def test_disk_finds_a_checkpoint_that_is_gone_and_an_error_that_came_late(trial):
    before = {"last.pth", "CartPole.pth", "last_CartPole_ep_2_rew_1.pth"}
    disk.none_is_gone(trial, before, before)
    assert not trial.problems
    disk.none_is_gone(trial, before, {"last.pth", "last_CartPole_ep_2_rew_1.pth"})
    disk.is_told_in_time(trial, 1.9)
    disk.is_told_in_time(trial, 2.1)
    late = "the error came 2.1 s after the epoch whose save failed"
    assert trial.problems == ["gone: ['CartPole.pth']", "2 checkpoints are left of 3", late]


def test_damaged_finds_a_file_that_loads(trial, run):
    damaged.refuses(trial, run / "nn" / "last.pth", "no damage at all")
    assert trial.problems == ["no damage at all: it loads as if nothing were wrong"]


def test_malicious_finds_what_was_run(trial):
    malicious.nothing_was_run(trial, "play", trial.folder / "executed")
    assert not trial.problems
    (trial.folder / "executed").touch()
    malicious.nothing_was_run(trial, "play", trial.folder / "executed")
    assert trial.problems == ["play: the file's code was run"]


@pytest.mark.parametrize(
    ("log", "problem"),
    [
        ("", "0 restarts in place of 2"),
        ("restarted after 1.5 s: row 3\n", "1 restarts in place of 2"),
        ("restarted after 1.5 s: row 3\nrestarted after 12.5 s: row 4\n", "took 12.5 s"),
    ],
)
def test_workers_finds_a_run_with_too_few_restarts_and_one_that_is_too_slow(trial, run, log, problem):
    (run / "run.log").write_text(log)
    workers.restarted_within(trial, 10.0, times=2)
    assert problem in trial.problems[0]


def test_hang_finds_an_environment_that_came_back_too_late_or_never(trial):
    workers.is_back_within(trial, 7.0)
    (trial.folder / "fault").mkdir()
    (trial.folder / "fault" / "fault.json").write_text(json.dumps({"at": 100.0}))
    (trial.folder / "fault" / "back.txt").write_text("107.5")
    workers.is_back_within(trial, 7.0)
    assert trial.problems == [
        "no environment was made anew",
        "an environment was back after 7.5 s, 7.0 are allowed",
    ]


@pytest.mark.parametrize("said", ["row 2, step 7", "row 3, step 8"])
def test_nonfinite_finds_an_error_of_another_row_or_step(trial, driver, said):
    driver.wait(20.0)
    trial.figures["row"] = 3
    (trial.folder / "fault").mkdir()
    (trial.folder / "fault" / "fault.json").write_text(json.dumps({"step": 7}))
    (trial.folder / "driver1.err").write_text("error: CartPole, row 3, step 7: NaN -- mend it\n")
    nonfinite.is_named(trial, driver, WORLDS["discrete"])
    assert not trial.problems
    (trial.folder / "driver1.err").write_text(f"error: CartPole, {said}: NaN -- mend it\n")
    nonfinite.is_named(trial, driver, WORLDS["discrete"])
    assert trial.problems[0].startswith("the error does not tell")


def test_nonfinite_finds_an_epoch_that_was_finished_on_top(trial, driver):
    trial.figures["row"] = 3
    (trial.folder / "epoch.txt").write_text("00000001")
    (trial.folder / "fault").mkdir()
    (trial.folder / "fault" / "fault.json").write_text(json.dumps({"step": 7}))
    (trial.folder / "driver1.err").write_text("error: CartPole, row 3, step 7: NaN -- mend it\n")
    nonfinite.is_named(trial, driver, WORLDS["discrete"])
    assert trial.problems == ["1 epochs were finished, and the fault came in epoch 1"]


def test_nonfinite_finds_an_epoch_that_a_diverged_update_has_finished(trial, run):
    (run / "resume").mkdir()
    (run / "resume" / "nonfinite_ep_1.pth").touch()
    nonfinite.is_caught_at_once(trial, run)
    assert not trial.problems, "an epoch without an update, as SAC's first, may be finished"
    (run / "metrics.jsonl").write_text('{"epoch": 1, "a_loss": 0.5}\n')
    (trial.folder / "epoch.txt").write_text("00000001")
    nonfinite.is_caught_at_once(trial, run)
    assert [problem.split(":")[0] for problem in trial.problems] == [
        "the epochs [1] were finished with such a learning rate",
        "there is no nonfinite_ep_2.pth",
    ]


def test_config_finds_a_traceback_a_foreign_exit_and_a_refusal_without_a_line(trial, driver):
    config.answered(trial, driver, "checkpoint=words")
    assert [problem.split(": ")[1] for problem in trial.problems] == ["a traceback"]
    (trial.folder / "driver1.err").write_text("")
    driver.code = 1
    config.answered(trial, driver, "words")
    assert "exit 1" in trial.problems[1] and "0 lines of error" in trial.problems[2]


def test_config_finds_what_is_judged_against_its_label(trial, monkeypatch):
    right, wrong = Labelled("", "ppo", words=("seed=1",)), Labelled("no key", "ppo", words=("sed=1",))
    monkeypatch.setattr(config, "labelled_wrong", lambda: [wrong, right])
    monkeypatch.setattr(config, "labelled_right", lambda: [right, wrong])
    config.judge_labelled(trial)
    accepted, refused = trial.problems
    assert accepted.startswith("accepted, though") and refused.startswith("refused, though right")


def test_directories_finds_two_runs_in_one(trial, run):
    directories.is_one_run(trial, run)
    assert trial.problems == ["a has the epochs [1, 2]: another run wrote into it"]


def test_names_finds_what_appeared_outside_and_what_was_written_over(trial):
    place = trial.folder / "outside" / "work"
    (place / "runs").mkdir(parents=True)
    (place.parent / "precious").write_text("kept")
    names.nothing_is_outside(trial, "x", place)
    assert not trial.problems
    (place.parent / "escaped").touch()
    (place.parent / "precious").write_text("gone")
    names.nothing_is_outside(trial, "x", place)
    assert trial.problems == ["'x' made ['escaped']", "'x' wrote over a file"]


def test_tokens_finds_a_client_that_got_in(trial):
    clusters.is_refused(trial, 0, "Authentication failed")
    clusters.is_refused(trial, 1, "nodes 1")
    assert trial.problems == ["client 1 got in: nodes 1"]


def test_cost_finds_what_became_slower(trial):
    cost.judge(trial, "sync", [0.99, 1.01, 1.0])
    assert not trial.problems
    cost.judge(trial, "ray", [0.95, 0.96, 0.97])
    assert trial.problems == ["ray: 0.960 of before (0.950 to 0.970)"]


def test_the_medians_interval_is_that_of_the_binomial_table():
    # 6 of 6 on one side has a chance of 1/64, twice that is 0.031; ranks 4 and 12 of 15 leave out 2 * 0.0176.
    assert cost.interval([6, 5, 4, 3, 2, 1]) == (1, 6)
    assert cost.interval(range(1, 16)) == (4, 12)


def test_ratios_are_of_pairs_without_the_first():
    speeds = iter([5.0, 5.0, 10.0, 11.0, 12.0, 10.0])  # who begins changes: now, before, now
    assert cost.ratios(lambda side: next(speeds), pairs=2) == [1.1, 1.2]


def test_weights_that_are_not_finite_are_no_checkpoint_of_a_trial(trial, run):
    torch.save({"model": {"w": torch.tensor(float("inf"))}, "epoch": 9}, run / "nn" / "last.pth")
    assert checkpoint.read(run / "nn" / "last.pth")["epoch"] == 9
    directories.is_one_run(trial, run)
    assert "not finite" in trial.problems[0]
