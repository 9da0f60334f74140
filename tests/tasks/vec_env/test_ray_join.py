"""A cluster that cannot be joined is told in one line and in time; one that can be is left as it was."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cfg.errors import ClusterError
from tasks.vec_env import ray_join
from tests.ray_cluster import ROOT, Cluster

pytestmark = pytest.mark.ray


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """Each test looks for its cluster anew."""
    ray_join.find_cluster.cache_clear()
    yield
    ray_join.find_cluster.cache_clear()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port at which somebody listens who never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def train(place: Path, address: str, **environment: str) -> tuple[int, str, float]:
    """Exit code, stderr and seconds of a training on the cluster at an address."""
    command = [
        sys.executable,
        str(ROOT / "train.py"),
        "task=CartPole",
        "vec_env=ray",
        f"ray.address={address}",
    ]
    began = time.monotonic()
    result = subprocess.run(
        command, cwd=place, env={**os.environ, **environment}, capture_output=True, text=True, timeout=100
    )
    assert result.returncode == 0 or not (place / "runs").exists(), "no run is begun"
    return result.returncode, result.stderr, time.monotonic() - began


def test_an_address_where_nobody_listens_is_told_in_one_line(tmp_path: Path) -> None:
    code, line, wall_s = train(tmp_path, f"127.0.0.1:{(port := free_port())}")
    assert code == 7
    assert line == (
        f"error: ray.address=127.0.0.1:{port}: nobody answers there: Connection refused -- start a cluster "
        "there with `ray start --head --port=...`, or leave ray.address out\n"
    )
    assert wall_s < 15


def test_somebody_who_does_not_speak_ray_is_told_within_15_s(tmp_path: Path, silent_port: int) -> None:
    code, line, wall_s = train(tmp_path, f"127.0.0.1:{silent_port}", RAY_AUTH_TOKEN="0" * 64)
    assert code == 7
    assert line.startswith(f"error: ray.address=127.0.0.1:{silent_port}: no Ray answers there: ")
    assert line.endswith(" -- name the port of the cluster's head\n")
    assert line.count("\n") == 1
    assert wall_s < 15


def test_auto_without_a_cluster_is_told_in_one_line(tmp_path: Path) -> None:
    # Other Rays may run on this machine: none of them takes this token.
    code, line, wall_s = train(tmp_path, "auto", RAY_AUTH_TOKEN=secrets.token_hex(32), RAY_ADDRESS="")
    assert code == 7
    assert line.startswith("error: ray.address=auto: ")
    assert line.count("\n") == 1
    assert wall_s < 15


def test_auto_finds_the_cluster_that_the_environment_names(
    ray_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", ray_cluster.token)
    monkeypatch.setenv("RAY_ADDRESS", ray_cluster.address)
    assert ray_join.find_cluster("auto") == ray_cluster.address


def test_a_wrong_token_is_told_with_where_to_get_the_right_one(
    ray_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", "0" * 64)
    line = (
        f"^ray.address={ray_cluster.address}: does not accept this machine's token -- copy ~/.ray/auth_token"
    )
    with pytest.raises(ClusterError, match=line):
        ray_join.find_cluster(ray_cluster.address)


def test_a_machine_without_a_token_gets_none_of_its_own(
    silent_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(
        ClusterError, match="this machine has no token for that cluster -- copy ~/.ray/auth_token"
    ):
        ray_join.find_cluster(f"127.0.0.1:{silent_port}")
    assert list(tmp_path.iterdir()) == []


def pretend_version(_address: str, python: str) -> str:
    """Has the cluster say that it runs another Python; gives the one it said before."""
    import ray

    kv = ray._private.worker.global_worker.gcs_client
    key, namespace = b"CLUSTER_METADATA", ray._private.ray_constants.KV_NAMESPACE_CLUSTER
    said = json.loads(kv.internal_kv_get(key, namespace))
    kv.internal_kv_put(key, json.dumps({**said, "python_version": python}).encode(), True, namespace)
    version: str = said["python_version"]
    return version


def joined(address: str) -> str:
    """Joins, and joins again, and says where it is."""
    import ray

    ray_join.join_ray(address)
    ray_join.join_ray("auto")
    gcs: str = ray.get_runtime_context().gcs_address
    return gcs


def refused(_address: str, other: str) -> str:
    try:
        ray_join.join_ray(other)
    except ClusterError as error:
        return str(error)
    raise AssertionError("it joined two")


def test_a_process_is_on_one_cluster_and_may_ask_for_it_again(ray_cluster: Cluster) -> None:
    assert ray_cluster.run(joined) == ray_cluster.address
    assert ray_cluster.run(refused, "10.0.0.1:1") == (
        "ray.address=10.0.0.1:1, but this process is on the Ray at "
        f"{ray_cluster.address} -- use another process"
    )


def test_a_cluster_of_another_python_is_told_in_one_line(
    ray_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", ray_cluster.token)
    ray_cluster.run(joined)
    ours = ray_cluster.run(pretend_version, "3.9.1")
    try:
        with pytest.raises(ClusterError) as caught:
            ray_join.find_cluster(ray_cluster.address)
    finally:
        ray_cluster.run(pretend_version, ours)
    line = str(caught.value)
    assert f"ray.address={ray_cluster.address} runs Ray " in line
    assert " on Python 3.9.1, and this is Ray " in line
    assert line.endswith(f" on Python {ours} -- install the same on both")


def test_a_ray_that_was_imported_without_its_lock_is_told() -> None:
    program = "import ray; from tasks.vec_env.ray_join import join_ray; join_ray('127.0.0.1:1')"
    environment = {name: value for name, value in os.environ.items() if name != "RAY_AUTH_MODE"}
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert "set RAY_AUTH_MODE=token in the shell, or import ray later" in result.stderr
