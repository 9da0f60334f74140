"""Fixtures of the tests below."""

from tests.ray_cluster import ray_cluster
from tests.ray_session import ray_session

__all__ = ["ray_cluster", "ray_session"]
