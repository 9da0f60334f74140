"""A factory that cannot travel to a worker names the field that keeps it."""

import pickle
import threading

import pytest

from cfg.errors import ConfigError
from tasks.factory import EnvFactory
from tasks.vec_env.packing import pack


def test_a_factory_travels() -> None:
    factory = EnvFactory("toy", "tests.toy_envs:Countdown", kwargs={"size": 3})
    assert pickle.loads(pack(factory)) == factory


def test_what_cannot_travel_is_named() -> None:
    factory = EnvFactory("toy", "tests.toy_envs:Countdown", kwargs={"lock": threading.Lock()})
    line = "^toy: kwargs.lock cannot be sent to a worker process: TypeError: cannot pickle '_thread.lock'"
    with pytest.raises(ConfigError, match=line):
        pack(factory)
