"""Which package an id belongs to, and which installed version is known to break one."""

import gymnasium
import pytest

from tasks import namespaces
from tasks.namespaces import Conflict, conflict_of, owner_of


@pytest.mark.parametrize(
    ("env_id", "module"),
    [
        ("MiniGrid-DoorKey-5x5-v0", "minigrid"),
        ("BabyAI-GoToObj-v0", "minigrid"),
        ("two-way-v0", "highway_env"),
        ("lane-keeping-v0", "highway_env"),
        ("FetchReach-v4", "gymnasium_robotics"),
        ("PointMaze_UMaze-v3", "gymnasium_robotics"),
        ("CartPole-v1", None),
    ],
)
def test_an_id_shows_its_package(env_id, module):
    assert owner_of(env_id) == module


@pytest.mark.parametrize("package", ["minigrid", "highway_env"])
def test_every_id_that_an_installed_package_registers_is_known_as_its(package):
    pytest.importorskip(package, reason=f"{package} is not installed")
    ids = [
        spec.id
        for spec in gymnasium.registry.values()
        if isinstance(spec.entry_point, str) and spec.entry_point.startswith(f"{package}.")
    ]
    assert ids and [env_id for env_id in ids if owner_of(env_id) != package] == []


def test_a_version_that_breaks_a_package_is_known_by_what_is_installed(monkeypatch):
    table = {"robots": Conflict("gymnasium", 1, "older"), "cars": Conflict("gymnasium", 99, "older")}
    monkeypatch.setattr(namespaces, "CONFLICTS", {**table, "boats": Conflict("no-such-package", 1, "older")})
    assert conflict_of("robots.envs:Arm") == table["robots"]
    assert [conflict_of(module) for module in ("cars:Car", "boats:Boat", "planes:Plane")] == [None] * 3
