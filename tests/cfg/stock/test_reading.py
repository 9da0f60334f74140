"""A stock YAML as plain values: what YAML hides is noted, what is no plain value is refused."""

from pathlib import Path

import pytest

from cfg.errors import ConfigError
from cfg.stock.reading import read_stock

SHORTEST = "params: {algo: {name: a2c_discrete}, config: {env_name: CartPole-v1}}\n"


@pytest.fixture
def stock(tmp_path: Path):
    """Reads a text as a file called `walker.yaml`."""

    def read(text: str):
        path = tmp_path / "walker.yaml"
        path.write_text(text)
        return read_stock(str(path))

    return read


@pytest.fixture
def refusal(stock):
    def read(text: str) -> str:
        with pytest.raises(ConfigError) as caught:
            stock(text)
        return str(caught.value)

    return read


def test_a_file_is_its_name_its_params_and_what_stands_beside_them(stock):
    file = stock(SHORTEST + "experiments: []\n")
    assert (file.name, file.outside, file.notes) == ("walker", ("experiments",), ())
    assert file.params == {"algo": {"name": "a2c_discrete"}, "config": {"env_name": "CartPole-v1"}}


def test_of_double_keys_the_last_counts_and_one_note_names_them_all(stock):
    file = stock("params:\n  algo: {}\n  config: {gamma: 0.9, gamma: 0.8, tau: 1}\n  algo: {name: x}\n")
    assert file.params == {"algo": {"name": "x"}, "config": {"gamma": 0.8, "tau": 1}}
    assert file.notes == ("keys given twice, of which the last counts: params.config.gamma, params.algo",)


@pytest.mark.parametrize(
    ("written", "number"), [("2e-4", 2e-4), ("1e6", 1e6), ("-3E+2", -300.0), (".5e1", 5.0), ("1.0e6", 1e6)]
)
def test_a_number_without_a_dot_is_a_number_and_noted(stock, written, number):
    file = stock(SHORTEST.replace("CartPole-v1", written))
    assert file.params["config"]["env_name"] == number
    assert file.notes == (f"read as numbers, where YAML says text: params.config.env_name={written}",)


@pytest.mark.parametrize("written", ["'2e-4'", "2e-4x", "e5", "None"])
def test_what_is_text_stays_text(stock, written):
    assert stock(SHORTEST.replace("CartPole-v1", written)).params["config"]["env_name"] == written.strip("'")


def test_keys_and_dates_are_text(stock):
    config = stock(SHORTEST.replace("env_name: CartPole-v1", "yes: 2020-01-01, 3: x")).params["config"]
    assert config == {"yes": "2020-01-01", "3": "x"}


def test_an_alias_is_what_it_stands_for(stock):
    config = stock(SHORTEST.replace("env_name: CartPole-v1", "a: &a {b: 1}, c: *a")).params["config"]
    assert config == {"a": {"b": 1}, "c": {"b": 1}}


@pytest.mark.parametrize(
    "code",
    ["!!python/object/apply:os.system [echo]", "!!python/name:os.system ''", "'${oc.env:HOME}'", "!own 1"],
)
def test_a_file_cannot_name_code(refusal, code):
    assert "params.config.env_name=" in refusal(SHORTEST.replace("CartPole-v1", code))
    assert "no file may name code" in refusal(SHORTEST.replace("CartPole-v1", code))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is not an rl_games YAML: it has no params"),
        ("- 1\n", "it has no params"),
        ("params: {algo: {name: x}}", "it has no params.config"),
        ("params: {config: {}, algo: sac}", "it has no params.algo"),
        ("params: [1\nb: 2", "walker.yaml line 2"),
        ("params:\n\t- x", "line 2"),
        ("params: &a [*a]", "repeats itself without end"),
        ("a: &a [1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a]\n" + "".join(
            f"c{n}: &c{n} [{', '.join([f'*{before}'] * 9)}]\n"
            for n, before in enumerate(["b", "c0", "c1", "c2", "c3"])
        ), "repeats itself without end"),
        ("? [1, 2]\n: 3", "a list or mapping as a key"),
        ("a: \x00", "is no YAML"),
        ("a: 1\n---\nb: 2\n", "line 2"),
    ],
)  # fmt: skip
def test_what_is_not_rl_games_yaml_costs_one_line(refusal, text, problem):
    line = refusal(text)
    assert problem in line
    assert "\n" not in line
    assert " -- " in line


def test_a_file_that_is_not_there_gets_the_nearest(tmp_path):
    (tmp_path / "ppo_walker.yaml").write_text(SHORTEST)
    with pytest.raises(ConfigError, match='does not exist -- did you mean ".*ppo_walker.yaml"'):
        read_stock(str(tmp_path / "ppo_wlaker.yaml"))
    with pytest.raises(ConfigError, match="is a directory"):
        read_stock(str(tmp_path))


def test_a_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_stock(str(tmp_path / "x.yaml"))
