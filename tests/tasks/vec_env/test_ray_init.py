"""Ray is started locked, quiet and without taking this process's signal handlers. Each run is a process."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cfg.errors import ClusterError
from tasks.vec_env.ray_init import lock_with_token

START = """
import os, signal, sys
before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
from tasks.vec_env.ray_init import ensure_ray
ensure_ray()
import ray
from ray._raylet import AuthenticationMode, get_authentication_mode
assert get_authentication_mode() == AuthenticationMode.TOKEN
assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
address = ray.get_runtime_context().gcs_address
import subprocess
stranger = "import ray; ray.init(address=sys.argv[1], logging_level=50)"
env = {**os.environ, "HOME": sys.argv[1], "RAY_AUTH_TOKEN": "0" * 64, "RAY_NUM_REDIS_GET_RETRIES": "1"}
code = "import sys; " + stranger
refused = subprocess.run([sys.executable, "-c", code, address], env=env, capture_output=True, text=True)
assert refused.returncode != 0 and "InvalidAuthToken" in refused.stderr, refused.stderr
assert ray.cluster_resources().get("object_store_memory", 0) <= 100 * 1024**2
"""


@pytest.mark.ray
def test_ray_starts_quietly_behind_a_token_with_our_signal_handlers(tmp_path: Path) -> None:
    token = tmp_path / ".ray" / "auth_token"
    env = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": os.getcwd()}
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        env.pop(name, None)
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", START, str(tmp_path / "stranger")],
        env=env, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert run.stdout + run.stderr == ""
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    assert len(token.read_text()) == 64


@pytest.fixture
def no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home and an environment without Ray's settings; gives where the token would be."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    return tmp_path / ".ray" / "auth_token"


def test_a_token_that_others_could_read_is_closed_to_them(no_token: Path) -> None:
    no_token.parent.mkdir()
    no_token.write_text("mine")
    no_token.chmod(0o644)
    lock_with_token()
    assert stat.S_IMODE(no_token.stat().st_mode) == 0o600
    assert no_token.read_text() == "mine"


def test_a_token_is_written_whole_and_leaves_nothing_beside_it(no_token: Path) -> None:
    lock_with_token()
    assert [path.name for path in no_token.parent.iterdir()] == ["auth_token"]
    assert len(no_token.read_text()) == 64


def test_a_home_that_cannot_be_written_gets_its_token_from_the_environment(
    no_token: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_token.parent.write_text("a file where the folder would be")
    lock_with_token()
    assert len(os.environ["RAY_AUTH_TOKEN"]) == 64


def test_a_lock_that_is_switched_off_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    with pytest.raises(ClusterError, match="RAY_AUTH_MODE=disabled lets anyone .* -- unset RAY_AUTH_MODE"):
        lock_with_token()
