"""Every error is one line with a remedy and has its own exit code."""

import errno
import os
import pickle

import pytest

from cfg.errors import (
    CheckpointError,
    ClusterError,
    ConfigError,
    EnvFault,
    NumericalFault,
    RlgxError,
    StorageError,
    did_you_mean,
    foreign_code,
    used_up,
)

EXIT_CODES = {
    ConfigError: 2,
    CheckpointError: 3,
    EnvFault: 4,
    StorageError: 5,
    NumericalFault: 6,
    ClusterError: 7,
}


@pytest.mark.parametrize(("kind", "code"), EXIT_CODES.items())
def test_each_kind_has_its_exit_code(kind: type[RlgxError], code: int) -> None:
    assert kind.exit_code == code


def test_an_error_is_one_line_whatever_it_was_given() -> None:
    assert str(ConfigError("gamma=7\n is out\tof range", "say\n gamma=0.99")) == (
        "gamma=7 is out of range -- say gamma=0.99"
    )


def test_an_error_survives_the_way_back_from_a_worker() -> None:
    error = pickle.loads(pickle.dumps(EnvFault("row 3 raised", "look at the env")))
    assert isinstance(error, EnvFault)
    assert str(error) == "row 3 raised -- look at the env"


def test_the_closest_name_is_offered_with_the_list() -> None:
    assert did_you_mean("CartPoel", ["Pendulum", "CartPole"]) == (
        'did you mean "CartPole"? choose from: CartPole, Pendulum'
    )


def test_case_does_not_hide_a_name() -> None:
    assert did_you_mean("cartpole", ["CartPole"]).startswith('did you mean "CartPole"?')


def test_nothing_is_guessed_when_nothing_is_near() -> None:
    assert did_you_mean("xyz", ["CartPole"]) == "choose from: CartPole"


def test_a_long_list_is_cut_and_says_by_how_much() -> None:
    remedy = did_you_mean("key7", [f"key{index}" for index in range(50)])
    assert remedy.startswith('did you mean "key7"?')
    assert remedy.endswith("and 38 more")


def test_no_choices_at_all_is_said() -> None:
    assert did_you_mean("x", []) == "there is none to choose from"


def test_whatever_foreign_code_raises_is_one_error_and_ours_passes_as_it_is():
    line = "^the robot failed: KeyError: 'arm' -- mend it$"
    with pytest.raises(EnvFault, match=line) as caught, foreign_code("the robot failed", "mend it", EnvFault):
        {}["arm"]
    assert isinstance(caught.value.__cause__, KeyError)
    with pytest.raises(CheckpointError, match="^it is gone -- look for it$"), foreign_code("no", "no"):
        raise CheckpointError("it is gone", "look for it")


def test_a_line_is_harmless_to_a_terminal_and_bounded():
    line = str(ConfigError("task=\x1b[2J\u202e\udcff" + "x" * 100_000, "y" * 100_000))
    assert line.startswith("task=\\x1b[2J\\u202e\\udcffxxx")
    assert line.isprintable()
    assert len(line) < 3000


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EMFILE, "a/b: Too many open files -- raise the limit of open files, e.g. ulimit -n 4096"),
        (errno.ENOSPC, "a/b: No space left on device -- free some space"),
        (errno.EROFS, "a/b: Read-only file system -- mend the disk, or write elsewhere"),
    ],
)
def test_what_the_machine_has_no_more_of_is_a_storage_error(number, said):
    with pytest.raises(StorageError) as error, used_up():
        raise OSError(number, os.strerror(number), "a/b")
    assert str(error.value) == said


def test_other_errors_of_the_system_pass_as_they_are():
    with pytest.raises(PermissionError), used_up():
        raise PermissionError(errno.EACCES, "no")
