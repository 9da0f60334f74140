"""Requirements and the built wheel: what it holds, and that it trains where there is no checkout."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.source_tree import PACKAGES, ROOT, files, plain, requirements, text


def is_shipped(path: str) -> bool:
    return path == "train.py" or (
        path.split("/")[0] in PACKAGES and path.endswith((".py", ".yaml", "py.typed"))
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Built from a copy of the files that are committed, with the tools already installed."""
    place = tmp_path_factory.mktemp("wheel")
    for path in files():
        (place / "source" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, place / "source" / path)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(place), "source"]
    built = subprocess.run(command, cwd=place, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    return next(place.glob("*.whl"))


def test_the_wheel_holds_the_code_and_every_yaml_and_nothing_else(wheel):
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == {path for path in files() if is_shipped(path)}


def test_an_installed_wheel_trains_from_an_empty_directory(wheel, tmp_path):
    site, empty = tmp_path / "site", tmp_path / "empty"
    empty.mkdir()
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(site),
        str(wheel),
    ]
    subprocess.run(install, check=True, capture_output=True)
    # PYTHONPATH comes before the checkout that the tests themselves use.
    command = [str(site / "bin" / "rlgx"), "task=CartPole", "max_iterations=2", "eval_every=0"]
    environment = {**os.environ, "PYTHONPATH": str(site)}
    trained = subprocess.run(command, cwd=empty, env=environment, capture_output=True, text=True, timeout=100)
    assert trained.returncode == 0, trained.stdout + trained.stderr
    assert [path.name for path in empty.iterdir()] == ["runs"]
    assert list(empty.glob("runs/*/nn/*.pth"))


def test_every_requirement_of_the_gate_has_a_tested_version():
    tested = {plain(name) for name in re.findall(r"^([\w.-]+)==", text("constraints.txt"), re.MULTILINE)}
    assert requirements("dev", "atari", "box2d", "mujoco", "video") <= tested
