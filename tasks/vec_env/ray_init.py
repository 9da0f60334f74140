"""Starts Ray on this machine the way rlgx wants it: locked, quiet, small. Knows no environment.

Ray's ports listen on every interface and run whatever they are sent, so the token is the only lock there is.
"""

import logging
import os
import secrets
import signal
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cfg.errors import ClusterError
from tasks.vec_env.timers import lazy_timers

OBJECT_STORE_BYTES = 100 * 1024**2
"""Only what is on its way between a worker and the driver lies there; more would spill to disk, not fail."""

ENVIRONMENT = {
    "RAY_AUTH_MODE": "token",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # without it Ray prints a warning about what it will change
}

QUIET: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
"""For `ray.init`."""

CALM = {
    # In ms, several times a second by default: to report what waits and what is free, to look for idle
    # workers, for garbage, for objects on their way and for room on the disk, and to probe its own threads.
    "RAY_report_worker_backlog_interval_ms": "10000",
    "RAY_raylet_report_resources_period_milliseconds": "1000",
    "RAY_kill_idle_workers_interval_ms": "2000",
    "RAY_raylet_check_gc_period_milliseconds": "1000",
    "RAY_object_manager_timer_freq_ms": "1000",
    "RAY_local_fs_monitor_interval_ms": "1000",
    "RAY_io_context_monitor_probe_interval_ms": "10000",
    # Once a second: to ask what waits, for the autoscaler, and to tell of tasks, for the dashboard.
    "RAY_gcs_pull_resource_loads_period_milliseconds": "10000",
    "RAY_task_events_report_interval_ms": "0",
}
"""Settings of a Ray that rlgx starts."""

SLACK_S = 0.02
"""How late timers of its processes may be: 150 threads look for something now and then, at the cost of
workers that step in lock-step. With a tenth of a second that is another 0.4 % less of a step, but Ray takes
0.9 s longer to start (docs/log.md)."""

_REPLACE = "remove it for a new one, or set RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH"

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def ensure_ray() -> None:
    """Starts Ray, unless the process has a Ray already, which is left as it is."""
    import ray

    if ray.is_initialized():
        return
    lock_with_token()
    # Ray's own 15 leaves a worker a thirtieth of a processor that the policy, or anybody else, wants too.
    os.environ.setdefault("RAY_worker_niceness", "0")
    with own_signal_handlers(), _calm(), lazy_timers(SLACK_S):
        try:
            ray.init(
                address="local",
                include_dashboard=False,
                object_store_memory=OBJECT_STORE_BYTES,
                **QUIET,
            )
        except Exception as cause:  # a bare one where its processes do not come up in time
            raise ClusterError(
                f"Ray did not start: {type(cause).__name__}: {cause}",
                "see the logs of its newest session, or use vec_env=sync",
            ) from cause
    _end_idlers()


def _end_idlers() -> None:
    """Ends Ray's autoscaler, log monitor and usage reporter, which have nothing to do on one machine.

    No argument of `ray.init` leaves them out. That saves 140 MiB, their turns, and a second at the end.
    """
    import ray

    with suppress(AttributeError):  # these are Ray's own, and not promised: in another one they go on
        node: Any = ray._private.worker.global_worker.node
        for end in (node.kill_monitor, node.kill_log_monitor, node.kill_dashboard):
            end(check_alive=False)


@contextmanager
def _calm() -> Iterator[None]:
    """Has a Ray that starts here look less often for what nobody waits for. A later one looks as ever.

    Its processes take turns from workers that step in lock-step: idle, it cost each step 2 % (docs/log.md).
    """
    added = CALM.keys() - os.environ.keys()
    os.environ.update({name: CALM[name] for name in added})
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def lock_with_token() -> None:
    """Has Ray ask for a token that nobody else on this machine can read. To be called before Ray's import.

    Raises ClusterError for a token of somebody else's.
    """
    require_token_mode()
    if has_token():
        return
    try:
        _write_token(_token_path())
    except OSError:
        # No home to write to: the token then lives and dies with this process and its children.
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)


def require_token_mode() -> None:
    """Has Ray ask for a token, or show the one it has. To be called before Ray's import."""
    mode = os.environ.get("RAY_AUTH_MODE", "token")
    if mode.lower() != "token":
        raise ClusterError(
            f"RAY_AUTH_MODE={mode} lets anyone who reaches this machine run code on it", "unset RAY_AUTH_MODE"
        )
    if "ray" not in sys.modules:
        # Ray reads these when it is imported; one that was imported before asks for a token by itself.
        for name, value in ENVIRONMENT.items():
            os.environ.setdefault(name, value)


def has_token() -> bool:
    """Whether there is a token to show to a Ray; a file that others could read is closed to them first.

    Raises ClusterError for a file that is another's, or that leads to one.
    """
    if os.environ.get("RAY_AUTH_TOKEN", "").strip():
        return True
    path = _token_path()
    try:
        status = path.lstat()
        _refuse_anothers(path, status)
        if status.st_mode & 0o077:
            path.chmod(0o600)
        if path == _own_path():
            path.parent.chmod(0o700)  # who may write there may put a token of their own
        if not path.read_text().strip():
            raise ClusterError(f"{path}, Ray's token, is empty", _REPLACE)
        return True
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError) as cause:
        raise ClusterError(f"{path}, Ray's token, cannot be read or locked: {cause}", _REPLACE) from cause


def _refuse_anothers(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ClusterError(f"{path}, Ray's token, is a link or no file", _REPLACE)
    folder = path.parent.stat()
    if status.st_uid != os.geteuid() or (path == _own_path() and folder.st_uid != os.geteuid()):
        raise ClusterError(f"{path}, Ray's token, belongs to another user", _REPLACE)


def _token_path() -> Path:
    return Path(os.environ.get("RAY_AUTH_TOKEN_PATH") or _own_path())


def _own_path() -> Path:
    return Path.home() / ".ray" / "auth_token"


def _write_token(path: Path) -> None:
    """Writes a token that appears complete, readable by its owner alone, and never replaces another's."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path == _own_path():
        path.parent.chmod(0o700)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        with suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        os.unlink(temporary)


@contextmanager
def own_signal_handlers() -> Iterator[None]:
    """Puts this process's handlers back: Ray replaces that of SIGTERM by one that exits with 15."""
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        yield
    finally:
        # Only the main thread may set handlers, and only there does Ray replace them.
        with suppress(ValueError):
            for number, handler in handlers.items():
                signal.signal(number, handler)
