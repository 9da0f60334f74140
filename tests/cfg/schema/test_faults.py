"""Which ways out of a fault are taken, and which are refused because nothing could be done."""

import pytest

from cfg.schema import FaultsConfig
from tests.cfg.composing import composed, refused


def test_what_fails_is_started_anew_by_default() -> None:
    assert composed("vec_env=process").faults == FaultsConfig(
        mode="restart", budget=10, step_timeout_s=60, reset_timeout_s=300, on_nonfinite="stop"
    )
    assert FaultsConfig() == composed().faults, "the class and cfg/config.yaml agree"


def test_each_key_can_be_given() -> None:
    words = ("faults.mode=fatal", "faults.budget=0", "faults.step_timeout_s=1.5", "faults.reset_timeout_s=9")
    assert composed("vec_env=ray", *words).faults == FaultsConfig(
        mode="fatal", budget=0, step_timeout_s=1.5, reset_timeout_s=9.0
    )


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["faults.mode=restrat"], "faults.mode=restrat is not known"),
        (["faults.budget=-1"], "faults.budget=-1 is not allowed -- give an integer of at least 0"),
        (
            ["faults.step_timeout_s=0"],
            "faults.step_timeout_s=0 is not allowed -- give a number from 0.001 to",
        ),
        (["faults.on_nonfinite=skip"], "faults.on_nonfinite=skip is not known"),
        (["faults.retries=3"], "unknown key faults.retries -- choose from: budget, mode"),
        (
            ["task=SimCartPole", "faults.mode=restart"],
            "faults.mode means nothing to vec_env=simulator, which steps all environments as one -- leave it",
        ),
        (
            ["vec_env=sync", "faults.step_timeout_s=5"],
            "faults.step_timeout_s: vec_env=sync steps in the training's own process, which nobody can",
        ),
        (
            ["vec_env=sync", "faults.mode=ignore"],
            "faults.mode=ignore: vec_env=sync has no workers that could take over -- use faults.mode=restart",
        ),
        (
            ["faults.mode=fatal", "faults.on_nonfinite=reset"],
            "faults.on_nonfinite=reset makes environments anew, which faults.mode=fatal forbids -- use",
        ),
    ],
)
def test_what_cannot_be_is_refused(words: list[str], line: str) -> None:
    assert refused(*words).startswith(line)
