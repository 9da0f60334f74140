"""Files that somebody else wrote cost one line, bounded time and bounded memory, and run nothing."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cfg.compose import dump
from cfg.errors import ConfigError
from cfg.foreign_yaml import text_of
from tests.cfg.composing import composed, refused
from tests.source_tree import ROOT

RUN = "task: {name: CartPole}\ntrain: {name: PPO}\n"
STOCK = "params:\n  algo: {name: a2c_discrete}\n  model: {name: discrete_a2c}\n  config: {}\n"
ENDLESS = "repeats itself without end, or is no configuration"
PLAIN = "is no plain value"
NO_RUN = "so it is no run's"
NO_STOCK = "is not an rl_games YAML"

# What stands in the file -> what is told of a run's config.yaml, and of a YAML of --file.
HOSTILE = {
    "laughs": (
        "a0: &a0 [x, x]\n"
        + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)),
        ENDLESS,
        ENDLESS,
    ),
    "merges": (
        "a0: &a0 {k: v}\n" + "".join(f"a{n}: &a{n} {{x: *a{n - 1}, <<: *a{n - 1}}}\n" for n in range(1, 60)),
        ENDLESS,
        ENDLESS,
    ),
    "loop": ("a: &a [*a]\n", ENDLESS, ENDLESS),
    "deep": ("a: " + "[" * 100_000, ENDLESS, ENDLESS),
    "deep and closed": ("a: " + "[" * 50_000 + "]" * 50_000, ENDLESS, ENDLESS),
    "deep mappings": ("a: " + "{a: " * 20_000, ENDLESS, ENDLESS),
    "half a million values": ("a: [" + "1," * 500_000 + "]", ENDLESS, ENDLESS),
    "a hundred thousand keys": ("".join(f"k{n}: 1\n" for n in range(100_000)), ENDLESS, ENDLESS),
    "interpolations that multiply": (
        "a0: xxxx\n" + "".join(f"a{n}: '${{a{n - 1}}}${{a{n - 1}}}${{a{n - 1}}}'\n" for n in range(1, 40)),
        PLAIN,
        PLAIN,
    ),
    "interpolations in a ring": ("a: ${b}\nb: ${a}\n", PLAIN, PLAIN),
    "the environment": ("env_kwargs: {key: '${oc.env:HOME}'}\n", PLAIN, PLAIN),
    "a call": ("a: !!python/object/apply:os.system ['touch marker']\n", PLAIN, PLAIN),
    "a class": ("a: !!python/name:os.system\n", PLAIN, PLAIN),
    "a path": ("a: !!python/object/apply:pathlib.PosixPath [x]\n", PLAIN, PLAIN),
    "a tag of its own": ("a: !mine x\n", PLAIN, PLAIN),
    "a tab": ("a:\n\t- 1\n", "cannot start any token", "cannot start any token"),
    "a zero": ("a: \0\n", "special characters are not allowed", "special characters are not allowed"),
    "an open quote": ("a: 'x\n", "found unexpected end of stream", "found unexpected end of stream"),
    "two documents": ("---\na: 1\n---\nb: 2\n", "but found another document", "but found another document"),
}
WHOLE = {
    "nothing": ("", NO_RUN, NO_STOCK),
    "a list": ("- 1\n", "holds no keys", NO_STOCK),
    "a word": ("word", NO_RUN, NO_STOCK),
    "a name that is a list": ("task: [1]\ntrain: {name: x}\n", NO_RUN, NO_STOCK),
    "a name that is keys": ("task: {name: {a: b}}\ntrain: {name: x}\n", NO_RUN, NO_STOCK),
    "a network that is keys": (f"{RUN}network: {{a: b}}\n", "network is no name", NO_STOCK),
    "a key twice": (f"{RUN}seed: 1\nseed: 2\n", "found duplicate key seed", NO_STOCK),
    "a megabyte and more": ("x" * (2**20 + 1), "bytes", "bytes"),
}
CASES = {
    **{name: (f"{RUN}{text}", f"{STOCK}{text}", *lines) for name, (text, *lines) in HOSTILE.items()},
    **{name: (text, text, *lines) for name, (text, *lines) in WHOLE.items()},
}

CHILD = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
from tests.cfg.composing import refused
for word in sys.argv[1:]:
    print(refused(word).encode("unicode_escape").decode())
status = open("/proc/self/status").read()
print(int(status.split("VmHWM:")[1].split()[0]) // 1024)  # the most it ever had, in megabytes
"""


def written(place: Path, run: str, stock: str) -> tuple[str, str]:
    """A run's directory and a stock YAML."""
    (place / "nn").mkdir()
    (place / "nn" / "last.pth").write_bytes(b"")
    (place / "config.yaml").write_text(run)
    (place / "stock.yaml").write_text(stock)
    return str(place), str(place / "stock.yaml")


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_file_costs_one_line_and_little_time(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_text, stock_text, told_of_run, told_of_stock = CASES[case]
    run, stock = written(tmp_path, run_text, stock_text)
    began = time.process_time()
    assert told_of_run in refused(f"resume={run}")
    assert told_of_run in refused("--play", f"checkpoint={run}")
    assert told_of_stock in refused(f"file={stock}")
    assert time.process_time() - began < 6
    assert not (tmp_path / "marker").exists()


def test_the_hungriest_files_need_little_memory(tmp_path):
    words = []
    for case in (
        "laughs",
        "merges",
        "deep and closed",
        "half a million values",
        "interpolations that multiply",
    ):
        place = tmp_path / case
        place.mkdir()
        run, stock = written(place, *CASES[case][:2])
        words += [f"resume={run}", f"file={stock}"]
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    *lines, megabytes = done.stdout.splitlines()
    assert len(lines) == len(words)
    assert int(megabytes) < 200  # Python with Hydra and pydantic takes 50


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_has_no_end_is_not_read(kind, tmp_path):
    path = {"pipe": tmp_path / "pipe", "device": Path("/dev/zero"), "folder": tmp_path}[kind]
    if kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(ConfigError, match="is no file|is a directory"):
        text_of(path, "file")


def test_a_callable_for_hydra_is_refused_in_a_run_too(tmp_path):
    text = dump(composed()).replace("env_kwargs: {}", "env_kwargs: {_target_: os.system}", 1)
    run, _ = written(tmp_path, text, STOCK)
    assert "_target_ is refused: no configuration runs code" in refused(f"resume={run}")


def test_no_word_reads_the_environment(monkeypatch):
    monkeypatch.setenv("API_KEY", "s3cret")
    for resolver in (
        "oc.env:API_KEY",
        "oc.decode:'${oc.env:API_KEY}'",
        "oc.env:API_KEY,x",
        "hydra:runtime.cwd",
    ):
        line = refused(f"env_kwargs.key=${{{resolver}}}")
        assert "s3cret" not in line
        assert "asks for a resolver" in line or "cannot be read" in line


def test_values_that_are_made_of_themselves_are_told():
    assert refused("experiment=${experiment}")
    assert refused("env_kwargs.a=${env_kwargs}")


def test_what_a_run_writes_is_read_again(tmp_path):
    config = composed("env_kwargs.gravity=9.8", "+env_kwargs.date='2026-01-01'", "+env_kwargs.text='a: [b'")
    run, _ = written(tmp_path, dump(config), STOCK)
    assert composed("--resume", run).env_kwargs == config.env_kwargs
