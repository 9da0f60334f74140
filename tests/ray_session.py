"""Ray for the tests that need it: started once, as rlgx starts it, and stopped at the end."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def ray_session() -> Iterator[None]:
    """Ray on this machine, with a token."""
    from tasks.vec_env.ray_init import ensure_ray

    ensure_ray()
    import ray

    yield
    ray.shutdown()
