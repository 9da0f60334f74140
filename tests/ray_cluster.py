"""A real Ray cluster of two nodes on this machine, and a process that has joined it.

Both are processes of their own: the tests' own process may be on a Ray of its own, and can be on one only.
"""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
CPUS_A_NODE = 2
STORE_BYTES = 80 * 2**20


@dataclass
class Cluster:
    """Two nodes behind a token.

    Attributes:
        address: host:port of its head.
        token: what it asks for.
        folder: where its nodes and workers put what they write.
        driver: a process that has joined it.
    """

    process: "subprocess.Popen[str]"
    address: str
    token: str
    folder: Path
    driver: ProcessPoolExecutor = field(init=False)

    def environment(self) -> dict[str, str]:
        """Of a process that may join it."""
        return {**os.environ, "RAY_AUTH_TOKEN": self.token}

    def run(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """What a function of a module gives in the driver's process."""
        return self.driver.submit(call, self.address, *arguments).result(timeout=100)

    def lose_a_node(self) -> None:
        """Ends the second node, and waits until it is gone."""
        self._tell("lose")

    def gain_a_node(self) -> None:
        """Starts one in its place."""
        self._tell("gain")

    def _tell(self, word: str) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == f"{word}\n"


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[Cluster]:
    """The cluster; ended with all its processes when the tests are over, or their process is."""
    token = secrets.token_hex(32)
    environment = {
        **os.environ,
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": token,
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    # A short name, because Ray keeps its sockets there.
    with TemporaryDirectory(prefix="rc-", ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.ray_cluster"],
            cwd=ROOT, env={**environment, "TMPDIR": folder}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            cluster = Cluster(process, process.stdout.readline().strip(), token, Path(folder))
            with ProcessPoolExecutor(1, get_context("spawn"), _show, (token,)) as driver:
                driver.submit(os.getpid).result()  # its process is there before the first test
                cluster.driver = driver
                yield cluster
        finally:
            process.stdin.close()
            process.wait(timeout=60)


def _show(token: str) -> None:
    # Modules of tests import Ray before anybody joins, and it reads its lock only once.
    os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token}


def settle() -> None:
    """Waits, in a driver, until all CPUs are free: an actor that was killed keeps its own for a moment."""
    if "ray" not in sys.modules:  # whoever imports it first has to switch its lock on before
        return
    import ray

    until = time.monotonic() + 30
    while ray.is_initialized() and ray.available_resources().get("CPU") != ray.cluster_resources()["CPU"]:
        assert time.monotonic() < until, "workers that were closed keep their CPUs"
        time.sleep(0.05)


def serve() -> None:
    """Runs the cluster until standard input ends, and loses or gains a node when told to."""
    from ray.cluster_utils import Cluster as Nodes

    node = {"num_cpus": CPUS_A_NODE, "object_store_memory": STORE_BYTES}
    nodes = Nodes(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    other = nodes.add_node(**node)
    _say(nodes.address)
    for word in sys.stdin:
        if word == "lose\n":
            nodes.remove_node(other)
        else:
            other = nodes.add_node(**node)
        _say(word.strip())
    nodes.shutdown()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    serve()
