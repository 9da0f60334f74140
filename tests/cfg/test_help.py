"""--help shows every flag, and examples that are command lines."""

import re
import shlex

import pytest

from cfg.flags import FLAGS, parse
from cfg.help import help_text, version_text
from cfg.listing import KINDS, top_level_keys

EXAMPLES = re.findall(r"^  python train.py ?(.*?)(?:  .*)?$", help_text(), re.MULTILINE)


def test_every_flag_is_explained():
    assert not [name for name in FLAGS if f"{name} " not in help_text()]


def test_every_kind_of_list_is_named():
    assert ", ".join(KINDS) in help_text()


def test_there_are_examples():
    assert len(EXAMPLES) >= 8


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_command_line(example):
    parse(shlex.split(example))


def test_the_keys_it_names_exist():
    block = help_text().split("cfg/config.yaml):\n")[1].split("  anything below")[0]
    assert {name.split(".")[0] for name in block.split()} <= set(top_level_keys())


def test_the_version_is_one_line():
    assert re.fullmatch(r"rlgx[, ].+\n", version_text())
