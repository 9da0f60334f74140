"""A fresh environment with the example plug-in, installed as its README says, for the tests that use it.

The environment sees the packages that the tests themselves run with, so that torch is not downloaded.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.source_tree import ROOT, files

PLUGIN = "examples/hexapod_plugin"
INSTALL = ("install", "--quiet", "--no-deps", "--no-build-isolation")


@dataclass(frozen=True)
class PluginEnvironment:
    """A Python with the plug-in, and a directory to start from."""

    python: Path
    place: Path

    def train(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`python train.py` with words; fails with what it printed."""
        command = [str(self.python), str(ROOT / "train.py"), *words]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            command, cwd=self.place, env=environment, capture_output=True, text=True, timeout=110
        )
        assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        assert "Traceback" not in done.stderr, done.stderr[-2000:]
        return done

    def newest_run(self) -> Path:
        """The run directory made last."""
        return max((self.place / "runs").iterdir(), key=lambda path: path.stat().st_mtime_ns)


@pytest.fixture(scope="session")
def plugin_environment(tmp_path_factory: pytest.TempPathFactory) -> PluginEnvironment:
    """The environment, made once."""
    place = tmp_path_factory.mktemp("plugin")
    python = fresh_python(place / "venv")
    for path in files():
        if path.startswith(f"{PLUGIN}/"):
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, place / path)
    install = [str(python), "-m", "pip", *INSTALL, f"./{PLUGIN}"]
    done = subprocess.run(install, cwd=place, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return PluginEnvironment(python, place)


def fresh_python(venv: Path) -> Path:
    """The Python of a new environment that sees what this one has installed, pip included."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    (site,) = (venv / "lib").glob("python*/site-packages")
    seen = [path for path in sys.path if path.endswith("site-packages")]
    (site / "seen.pth").write_text("\n".join(seen) + "\n")
    return venv / "bin" / "python"
