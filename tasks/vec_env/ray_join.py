"""Joins a Ray cluster that runs already; one that does not answer is told in one line. Knows no environment.

`ray.init` itself waits for up to 80 s, prints line after line and ends the process where something else than
Ray answers. So another process tries it first, for a limited time.
"""

import os
import re
import socket
import subprocess
import sys
from functools import cache

from cfg.errors import ClusterError
from tasks.vec_env.ray_init import ENVIRONMENT, QUIET, has_token, own_signal_handlers, require_token_mode

CONNECT_TIMEOUT_S = 3
JOIN_TIMEOUT_S = 10
"""With the start of a run less than 15 s, on a busy machine too; joining takes 2 s on an idle one."""

_ATTEMPTS = {"RAY_NUM_REDIS_GET_RETRIES": "3"}
"""For the trial: a token that is refused stays refused, and Ray would try for 20 s."""

_TRIAL = """
import sys, ray
ray.init(address=sys.argv[1], logging_level=50, log_to_driver=False)
print("joined", ray.get_runtime_context().gcs_address)
"""

_REASONS = (
    (
        "InvalidAuthToken|AuthenticationError",
        "does not accept this machine's token",
        "copy ~/.ray/auth_token from the cluster's head to here, or set RAY_AUTH_TOKEN",
    ),
    (
        "Could not find any running Ray instance",
        "no cluster runs on this machine",
        "start one with `ray start --head`, or name its head as host:port",
    ),
)
"""What Ray prints, what that means and what to do about it."""


def join_ray(address: str) -> None:
    """Connects this process to a cluster, unless it is connected to it already.

    Raises ClusterError where there is none, or one that it cannot join.
    """
    require_token_mode()
    import ray

    if ray.is_initialized():
        _require_same(address, ray.get_runtime_context().gcs_address)
        return
    if "RAY_AUTH_MODE" not in os.environ:
        raise ClusterError(
            f"ray.address={address}: Ray was imported here without its lock, and reads that only once",
            "set RAY_AUTH_MODE=token in the shell, or import ray later",
        )
    found = find_cluster(address)
    with own_signal_handlers():
        try:
            ray.init(address=found, **QUIET)
        except (RuntimeError, ValueError, OSError) as cause:
            problem = f"ray.address={address}: the cluster was lost: {type(cause).__name__}: {cause}"
            raise ClusterError(problem, "see whether it still runs, with `ray status`") from cause


@cache
def find_cluster(address: str) -> str:
    """The host:port of a cluster that this process can join. Raises ClusterError in less than 15 s."""
    require_token_mode()
    if address != "auto":
        _require_listener(address)
    if not has_token():
        raise ClusterError(
            f"ray.address={address}: this machine has no token for that cluster",
            "copy ~/.ray/auth_token from its head to here, or set RAY_AUTH_TOKEN",
        )
    said, printed = _try(address)
    joined = re.search(r"^joined (\S+)$", printed, re.MULTILINE)
    if joined:
        return joined[1]
    raise _explain(address, said)


def _try(address: str) -> tuple[str, str]:
    """What a process that joins the cluster says on stderr and stdout, until it is done or late."""
    command = [sys.executable, "-c", _TRIAL, address]
    environment = {**ENVIRONMENT, **os.environ, **_ATTEMPTS}
    try:
        trial = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=JOIN_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as late:
        return _text(late.stderr), ""
    return trial.stderr, trial.stdout


def _require_listener(address: str) -> None:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_TIMEOUT_S).close()
    except OSError as cause:
        raise ClusterError(
            f"ray.address={address}: nobody answers there: {cause.strerror or cause}",
            "start a cluster there with `ray start --head --port=...`, or leave ray.address out",
        ) from cause


def _require_same(address: str, joined: str) -> None:
    is_same_port = address.rpartition(":")[2] == joined.rpartition(":")[2]
    # Names of one machine differ, and many clusters have the same port: then only the cluster itself knows.
    if address not in ("auto", joined) and not (is_same_port and find_cluster(address) == joined):
        raise ClusterError(
            f"ray.address={address}, but this process is on the Ray at {joined}", "use another process"
        )


def _explain(address: str, said: str) -> ClusterError:
    """What was wrong, from what Ray printed."""
    versions = re.findall(r"Ray: (\S+)\s+Python: (\S+)", said)
    if len(versions) == 2:
        (ray, python), (our_ray, our_python) = versions
        return ClusterError(
            f"ray.address={address} runs Ray {ray} on Python {python}, and this is Ray {our_ray} on Python "
            f"{our_python}",
            "install the same on both",
        )
    for pattern, problem, remedy in _REASONS:
        if re.search(pattern, said):
            return ClusterError(f"ray.address={address}: {problem}", remedy)
    last = said.strip().splitlines()[-1] if said.strip() else f"silence for {JOIN_TIMEOUT_S} s"
    return ClusterError(
        f"ray.address={address}: no Ray answers there: {last}", "name the port of the cluster's head"
    )


def _text(output: str | bytes | None) -> str:
    return output.decode(errors="replace") if isinstance(output, bytes) else output or ""
