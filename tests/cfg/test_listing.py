"""--list shows every choice with a line that says what it is."""

import pytest

from cfg.errors import ConfigError
from cfg.folders import ROOT, Choice
from cfg.listing import KINDS, available, listed, top_level_keys
from cfg.plugins import OWN


def test_every_choice_says_what_it_is():
    entries = [entry for kind in ("tasks", "train", "networks", "vec_envs") for entry in available(kind)]
    assert len(entries) > 10
    assert not [name for name, description in entries if not description]


def test_a_tasks_line_is_its_description():
    assert ("CartPole", "Balance a pole on a cart by pushing left or right") in available("tasks")


def test_a_networks_line_is_its_first_comment():
    assert ("mlp", "Two hidden layers; for observations that are vectors") in available("networks")


def test_auto_is_a_network_without_a_file():
    assert "auto" in dict(available("networks"))
    assert not (ROOT / "network" / "auto.yaml").exists()


def test_an_algorithm_is_listed_with_what_its_spec_says():
    assert dict(available("algos"))["ppo"].startswith("Proximal policy optimisation")


def test_an_unknown_kind_gets_the_nearest():
    with pytest.raises(ConfigError, match='--list task is not known -- did you mean "tasks"'):
        available("task")


def test_everything_is_listed_where_nothing_is_named():
    text = listed(None)
    assert [kind for kind in KINDS if f"{kind}:\n" not in text] == []
    assert listed("observers") == "observers:\n  none\n"


def test_bases_are_no_choices():
    assert "base" not in dict(available("train"))


def test_the_top_level_keys_are_those_of_the_commented_file():
    assert top_level_keys()[:4] == ["task", "train", "network", "env"]


def test_a_file_that_is_no_utf_8_is_listed_like_any(tmp_path, monkeypatch):
    (tmp_path / "Lat.yaml").write_bytes("description: Größe\n".encode("latin-1"))
    choice = Choice(tmp_path / "Lat.yaml", OWN)
    monkeypatch.setattr("cfg.folders.choices", lambda _group: {"Lat": choice})
    assert available("tasks") == [("Lat", "Gr\ufffd\ufffde")]
