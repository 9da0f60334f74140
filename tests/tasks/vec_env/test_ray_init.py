"""Ray is started locked, quiet and without taking this process's signal handlers. Each run is a process."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cfg.errors import ClusterError
from tasks.vec_env.ray_init import has_token, lock_with_token

START = """
import os, signal, sys, time
from tasks.vec_env.timers import timer_slack
slack = timer_slack()
before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
from tasks.vec_env.ray_init import CALM, SLACK_S, ensure_ray
ensure_ray()
assert timer_slack() == slack, "this process's own timers are late"
import ray
from ray._raylet import AuthenticationMode, get_authentication_mode
assert get_authentication_mode() == AuthenticationMode.TOKEN
assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
address = ray.get_runtime_context().gcs_address
from tests.ray_strangers import IN, knock
for trick, code, text in knock(address, sys.argv[1], 3):
    assert code != 0 and IN not in text, (trick, text)
assert not ray._private.worker.global_worker.node.address_info["webui_url"], "a dashboard was started"
import psutil
for process in psutil.Process().children(recursive=True):
    is_of_it = process.name().startswith(("python", "ray::D")) and "ashboard" in " ".join(process.cmdline())
    if process.name() == "raylet":
        raylet = process
    if is_of_it:
        assert not [each for each in process.net_connections() if each.status == "LISTEN"], process
assert ray.cluster_resources().get("object_store_memory", 0) <= 100 * 1024**2
priority = ray.remote(lambda: os.getpriority(os.PRIO_PROCESS, 0))
assert ray.get(priority.remote()) == os.getpriority(os.PRIO_PROCESS, 0), "a worker has less than the driver"
assert ray.get(ray.remote(timer_slack).remote()) == (SLACK_S if slack else 0)
assert not CALM.keys() & os.environ.keys(), "another Ray would have the settings"
time.sleep(1.0)
waits = raylet.num_ctx_switches().voluntary
time.sleep(2.0)
waits = raylet.num_ctx_switches().voluntary - waits
assert waits < 35, f"{waits} in 2 s"
left = {process.name() for process in psutil.Process().children(recursive=True)}
assert left <= {"gcs_server", "raylet", "ray::DashboardAgent", "ray::RuntimeEnvAgent", "ray::IDLE"}, left
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
    assert stat.S_IMODE(token.parent.stat().st_mode) == 0o700
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
    no_token.parent.mkdir(mode=0o755)
    no_token.write_text("mine")
    no_token.chmod(0o644)
    no_token.parent.chmod(0o777)
    lock_with_token()
    assert stat.S_IMODE(no_token.stat().st_mode) == 0o600
    assert stat.S_IMODE(no_token.parent.stat().st_mode) == 0o700
    assert no_token.read_text() == "mine"


def test_a_cluster_is_joined_with_a_closed_token_too(no_token: Path) -> None:
    no_token.parent.mkdir()
    no_token.write_text("mine")
    no_token.chmod(0o644)
    assert has_token()
    assert stat.S_IMODE(no_token.stat().st_mode) == 0o600


def test_a_token_that_the_environment_names_is_closed_and_its_folder_left_alone(
    no_token: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "shared"
    folder.mkdir(mode=0o755)
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(folder / "token"))
    lock_with_token()
    (folder / "token").chmod(0o666)
    assert has_token()
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder / "token", folder)]
    assert modes == [0o600, 0o755]
    assert not no_token.exists()


@pytest.mark.parametrize("kind", ["link", "folder", "pipe", "empty", "anothers", "anothers folder", "bytes"])
def test_a_token_that_may_be_somebody_elses_is_refused(kind: str, no_token: Path, tmp_path: Path) -> None:
    if kind.startswith("anothers") and os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    no_token.parent.mkdir()
    (tmp_path / "elsewhere").write_text("theirs")
    make = {
        "link": lambda: no_token.symlink_to(tmp_path / "elsewhere"),
        "folder": no_token.mkdir,
        "pipe": lambda: os.mkfifo(no_token),
        "empty": lambda: no_token.write_text("\n"),
        "anothers": lambda: (no_token.write_text("theirs"), os.chown(no_token, 12345, -1)),
        "anothers folder": lambda: (no_token.write_text("mine"), os.chown(no_token.parent, 12345, -1)),
        "bytes": lambda: no_token.write_bytes(b"\xff\xfe"),
    }
    make[kind]()
    for act in (lock_with_token, has_token):
        with pytest.raises(ClusterError, match=r"auth_token, Ray's token, .* -- remove it for a new one"):
            act()
    assert (tmp_path / "elsewhere").read_text() == "theirs"
    assert "RAY_AUTH_TOKEN" not in os.environ


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
