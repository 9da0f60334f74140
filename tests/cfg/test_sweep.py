"""A sweep is every combination, in order, as whole command lines; what cannot be counted out is refused."""

import pytest

from cfg.errors import CheckpointError, ConfigError
from cfg.flags import parse
from cfg.overrides import read
from cfg.sweep import Sweep, expand, within_job


def sweep(*words: str) -> Sweep:
    return expand(parse(["-m", *words]).overrides)


def labels(*words: str) -> list[str]:
    return [job.label for job in sweep(*words).jobs]


def test_the_last_value_changes_fastest():
    assert labels("task=A,B", "num_envs=8", "seed=1,2") == [
        "task=A seed=1",
        "task=A seed=2",
        "task=B seed=1",
        "task=B seed=2",
    ]
    assert sweep("task=A,B", "num_envs=8").jobs[1].overrides == ("task=B", "num_envs=8")


def test_hydras_ways_to_name_values_are_read():
    assert labels("seed=range(1,6,2)") == ["seed=1", "seed=3", "seed=5"]
    assert labels("seed=choice(4,7)") == ["seed=4", "seed=7"]
    assert labels("seed=sort(3,1,reverse=True)") == ["seed=3", "seed=1"]


def test_commas_in_lists_and_quotes_are_no_sweep():
    words = ("task.wrappers=[a:b,c:d]", "+env_kwargs={x: 1, y: 2}", "+env_kwargs.name='a,b'")
    (job,) = sweep(*words).jobs
    assert job.overrides == words and job.label == ""


def test_lists_and_quoted_values_can_be_swept_and_are_read_back_as_they_were():
    jobs = sweep("train.params.network.mlp.units=[32,32],[64]", "+env_kwargs.name='a,b','it\\'s'").jobs
    read_back = [dict(read(job.overrides).values) for job in jobs]
    assert [each["train.params.network.mlp.units"] for each in read_back] == [[32, 32], [32, 32], [64], [64]]
    assert [each["env_kwargs.name"] for each in read_back] == ["a,b", "it's"] * 2


def test_names_of_environments_and_checkpoints_are_swept():
    assert labels("env=ALE/Pong-v5,minigrid:X-v0") == ["env='ALE/Pong-v5'", "env='minigrid:X-v0'"]


def test_jobs_says_how_many_run_at_once_and_is_no_value_of_a_run():
    asked = sweep("seed=1,2", "jobs=2")
    assert asked.parallel == 2 and asked.jobs[0].overrides == ("seed=1",)
    assert sweep("seed=1,2").parallel == 1


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["seed=interval(0,1)"],
            "cannot be counted out -- give values: seed=a,b or seed=range(first,end,step)",
        ),
        (["task=glob(*)"], "cannot be counted out"),
        (["seed=range(3,1)"], "has no value"),
        (["seed=range(0,40)", "num_envs=range(1,40)"], "the sweep has 1,560 jobs -- ask for 1,000 or fewer"),
        (["seed=range(0,1000000000)"], "jobs -- ask for 1,000 or fewer"),
        (["jobs=0"], "jobs=0 is not allowed -- give one integer of at least 1"),
        (["jobs=1,2"], "jobs=1,2 is not allowed"),
        (["jobs=True"], "jobs=True is not allowed"),
        (["seed=1,"], "seed=1, cannot be read"),
    ],
)
def test_what_cannot_be_counted_out_is_refused(words, line):
    with pytest.raises(ConfigError) as caught:
        sweep(*words)
    assert line in str(caught.value)


def test_an_error_says_which_job_it_is_of_and_stays_of_its_kind():
    line = r"^job 2 of 2 \(seed=2\): lost -- find it$"
    with pytest.raises(CheckpointError, match=line), within_job(sweep("seed=1,2"), 2):
        raise CheckpointError("lost", "find it")
    with pytest.raises(ConfigError, match="^wrong -- mend it$"), within_job(sweep("seed=1"), 1):
        raise ConfigError("wrong", "mend it")
