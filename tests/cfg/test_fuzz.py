"""Whatever is put into a configuration or a command line, the answer is a Config or one line."""

import random
import subprocess
import sys
from collections import Counter

import pytest
from omegaconf import OmegaConf

from cfg.flags import parse
from cfg.overrides import read
from cfg.plain import plain_values
from tests.cfg.fuzzing import judged, mutated, outcome, random_words
from tests.cfg.labelled import labelled_right, labelled_wrong
from tests.source_tree import ROOT


@pytest.mark.parametrize("seed", range(4))
def test_any_values_are_accepted_or_refused_in_one_line(seed):
    chance = random.Random(seed)
    outcomes = Counter(outcome(lambda: judged(mutated(chance))) for _ in range(150))
    assert outcomes["refused"] > 75


@pytest.mark.parametrize("seed", range(4))
def test_any_words_are_read_or_refused_in_one_line(seed):
    chance = random.Random(seed)

    def compose_values(words: list[str]) -> None:
        tree = OmegaConf.create({"a": {"b": 1}})
        read(parse(words).overrides).apply(tree)
        plain_values(tree)

    outcomes = {outcome(lambda: compose_values(random_words(chance))) for _ in range(100)}
    assert outcomes == {"accepted", "refused"}


def test_no_labelled_wrong_configuration_is_accepted():
    wrong = labelled_wrong()
    assert len(wrong) >= 500
    assert [each for each in wrong if outcome(each.judge) == "accepted"] == []


def test_every_labelled_right_configuration_is_accepted():
    right = labelled_right()
    assert len(right) >= 50
    for each in right:
        each.judge()


@pytest.mark.parametrize("seed", range(3))
def test_the_real_command_answers_any_words_in_one_line(seed, tmp_path):
    chance = random.Random(seed)
    # Without a number of environments nothing begins, whatever the rest says.
    words = [word.replace("\n", " ") for word in random_words(chance)] + ["num_envs=-1"]
    done = subprocess.run(
        [sys.executable, str(ROOT / "train.py"), *words],
        cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=60,
    )  # fmt: skip
    is_shown = any(word.startswith(("--list", "--help")) for word in words)
    assert (done.returncode in (2, 3) and done.stderr.count("\n") == 1) or (is_shown and not done.stderr)
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
