"""Those who knock at a Ray without its token, each in a process of its own and by another trick.

`tests/tasks/vec_env/test_ray_init.py` sends three, the fault suite twenty.
"""

import os
import subprocess
import sys
from itertools import cycle, islice
from pathlib import Path

IN = "I am in"
_CLIENT = f"""
import ray, sys
ray.init(address=sys.argv[1], logging_level=50)
print('{IN}', ray.cluster_resources())
"""
_TRICKS = (
    {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0" * 64},
    {"RAY_AUTH_MODE": "disabled"},
    {},
    {"RAY_AUTH_MODE": "token"},
    {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": " "},
    {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "Bearer"},
    {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": "/dev/null"},
)


def knock(address: str, home: Path, count: int) -> list[tuple[dict[str, str], int, str]]:
    """What so many strangers with an empty home got: (what each tried, exit code, all that it printed)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    tricks = list(islice(cycle(_TRICKS), count))
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", _CLIENT, address],
            env={**kept, "HOME": str(home), "RAY_NUM_REDIS_GET_RETRIES": "1", **trick},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for trick in tricks
    ]
    said = [process.communicate(timeout=60)[0] for process in processes]
    return [
        (trick, process.returncode, text)
        for trick, process, text in zip(tricks, processes, said, strict=True)
    ]
