"""Dashed flags become overrides; what only looks like a flag is refused with the right spelling."""

import pytest

from cfg.errors import ConfigError
from cfg.flags import LITERAL_KEYS, Request, parse
from cfg.listing import top_level_keys


def overrides(*words: str) -> tuple[str, ...]:
    return parse(words).overrides


def refusal(*words: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(words)
    return str(caught.value)


def test_flags_are_sugar_for_overrides():
    assert overrides("task=CartPole", "--eval", "--policy", "random", "seed=1") == (
        "task=CartPole",
        "mode=eval",
        "policy=random",
        "seed=1",
    )


def test_a_flag_takes_its_value_after_a_space_or_an_equals_sign():
    assert (
        overrides("--checkpoint", "a/b.pth") == overrides("--checkpoint=a/b.pth") == ("checkpoint='a/b.pth'",)
    )


@pytest.mark.parametrize(
    ("word", "quoted"),
    [
        ("env=ALE/Pong-v5", "env='ALE/Pong-v5'"),
        ("checkpoint=runs/a=b[1].pth", "checkpoint='runs/a=b[1].pth'"),
        ("env=minigrid:MiniGrid-Empty-5x5-v0", "env='minigrid:MiniGrid-Empty-5x5-v0'"),
        ("experiment=it's", r"experiment='it\'s'"),
        ("experiment='a b'", "experiment='a b'"),
        ("env=null", "env=null"),
        ("resume=", "resume=''"),
    ],
)
def test_names_and_paths_mean_themselves(word, quoted):
    assert overrides(word) == (quoted,)


def test_other_values_keep_hydras_grammar():
    assert overrides("task.wrappers=[a:b]", "+env_kwargs.x={y: 1}", "~env_kwargs.z") == (
        "task.wrappers=[a:b]",
        "+env_kwargs.x={y: 1}",
        "~env_kwargs.z",
    )


def test_nothing_at_all_is_known_as_such():
    assert parse([]) == Request(is_bare=True)
    assert not parse(["seed=1"]).is_bare


@pytest.mark.parametrize(
    ("words", "request_"),
    [
        (["--help"], Request(command="help")),
        (["-h", "seed=1"], Request(command="help", overrides=("seed=1",))),
        (["--version"], Request(command="version")),
        (["--list"], Request(command="list")),
        (["--list", "tasks"], Request(command="list", kind="tasks")),
        (["--list=tasks"], Request(command="list", kind="tasks")),
        (["--list", "seed=1"], Request(command="list", overrides=("seed=1",))),
        (["--help", "--list"], Request(command="help")),
        (["--list", "-m", "--version"], Request(command="version")),
    ],
)
def test_commands_that_only_show_something(words, request_):
    assert parse(words) == request_


def test_in_a_sweep_commas_part_names_and_paths_too():
    for flag in ("-m", "--multirun"):
        request = parse(["env=A-v1,ale:b", "seed=1,2", flag, "--checkpoint", "a.pth,b=.pth"])
        assert request.command == "sweep"
        assert request.overrides == ("env='A-v1','ale:b'", "seed=1,2", "checkpoint='a.pth','b=.pth'")
    assert overrides("env=a,b") == ("env='a,b'",)
    assert overrides("-m", "env='a,b'") == ("env='a,b'",)


def test_hydras_choice_names_them_as_well():
    request = parse(["-m", "env=choice(A-v1,ALE/B-v5)", "seed=choice(1,2)"])
    assert request.overrides == ("env='A-v1','ALE/B-v5'", "seed=choice(1,2)")


def test_a_misspelt_flag_gets_the_nearest():
    assert refusal("--paly").startswith('unknown flag --paly -- did you mean "--play"?')


@pytest.mark.parametrize(
    ("words", "spelling"),
    [
        (["-p"], "write --play"),
        (["-c", "x.pth"], "write --checkpoint PATH"),
        (["--num_envs", "64"], "write num_envs=VALUE"),
        (["--max-iterations=5"], "write max_iterations=VALUE"),
        (["-na", "4"], "write num_envs=N"),
    ],
)
def test_another_tools_flag_gets_our_spelling(words, spelling):
    assert spelling in refusal(*words)


def test_a_check_is_a_command_of_its_own_and_no_sweep():
    assert parse(["--check", "task=Pong"]) == Request(command="check", overrides=("task=Pong",))
    assert refusal("--check", "-m") == "--check does not go with -m -- check one task at a time"


@pytest.mark.parametrize("words", [["--checkpoint"], ["--checkpoint", "--play"], ["--resume"]])
def test_a_flag_without_its_value_is_refused(words):
    assert "needs a value -- write --" in refusal(*words)


def test_a_flag_that_takes_no_value_is_refused_with_one():
    assert refusal("--play=runs/x") == "--play takes no value, not 'runs/x' -- write --play"


def test_two_modes_are_refused():
    assert refusal("--play", "--eval").startswith("mode=eval and mode=play were both asked for")


@pytest.mark.parametrize(
    ("word", "remedy"),
    [
        ("cartpole", "write task=CartPole"),
        ("help", "write --help"),
        ("resume", "write --resume RUN"),
        ("task", "write task=VALUE, without a space"),
        ("seed", "write seed=VALUE, without a space"),  # --seed is a flag beside --file only
        ("task:Pendulum", "write key=value, e.g. task=CartPole"),
        ("", "write key=value, e.g. task=CartPole"),
    ],
)
def test_a_word_that_is_neither_flag_nor_override_is_refused_with_what_was_meant(word, remedy):
    assert refusal(word) == f'"{word}" is neither a flag nor key=value -- {remedy}'


def test_every_literal_key_is_a_key():
    assert set(LITERAL_KEYS) <= set(top_level_keys())


def test_the_flags_of_runner_py_are_taken_beside_a_file():
    words = ("--file", "a=b.yaml", "--train", "--num_actors", "8", "--sigma", "-1.5", "--seed", "7")
    assert overrides(*words) == ("file='a=b.yaml'", "mode=train", "num_envs=8", "sigma=-1.5", "seed=7")


def test_where_runner_py_keeps_the_files_value_nothing_is_overridden():
    assert overrides("--file=x.yaml", "--num_actors=0", "--seed", "0") == ("file='x.yaml'",)


@pytest.mark.parametrize(
    ("flag", "spelling"),
    [("--num_actors", "num_envs=N"), ("--seed", "seed=VALUE"), ("--sigma", "sigma=VALUE")],
)
def test_without_a_file_they_are_refused_with_our_spelling(flag, spelling):
    assert f"write {spelling}" in refusal(flag, "1")


def test_training_and_playing_at_once_is_refused():
    remedy = "give one of --train, --play and --eval"
    assert (
        refusal("--file=x.yaml", "--train", "--play")
        == f"mode=play and mode=train were both asked for -- {remedy}"
    )
