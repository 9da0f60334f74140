"""Short ways to compose in tests: a configuration, or the one line that refuses it."""

import pytest

from cfg.compose import compose
from cfg.errors import RlgxError
from cfg.flags import parse
from cfg.schema import Config

SETTINGS = "train.params.config"


def composed(*words: str) -> Config:
    return compose(parse(words))


def refused(*words: str) -> str:
    """The one line with which `words` are refused."""
    with pytest.raises(RlgxError) as caught:
        composed(*words)
    line = str(caught.value)
    assert "\n" not in line
    assert " -- " in line
    return line
