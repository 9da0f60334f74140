"""What is Ray's own about environments in Ray actors; test_worker_env.py has what all workers share."""

import os
import time

import pytest

from tasks.make import VecEnvPlan, build_vec_env
from tests.toy_envs import toy_factory

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_session")]


def test_closing_kills_the_actors_and_may_be_repeated() -> None:
    import ray

    vec = build_vec_env("ray", VecEnvPlan(toy_factory("Countdown"), 2, 0, num_workers=2))
    vec.reset()
    (actor, *_) = (host.actor for host in vec._hosts.values())
    vec.close()
    vec.close()
    with pytest.raises(ray.exceptions.RayActorError):
        for _ in range(100):
            ray.get(actor.__ray_ready__.remote(), timeout=10)
            time.sleep(0.1)


def test_the_environment_of_this_process_is_left_alone() -> None:
    assert "RAY_AUTH_TOKEN" not in os.environ
