"""What this process imported and nobody installed travels to other machines, data files included."""

import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from cfg.errors import ConfigError
from tasks.vec_env import carried_code


def names() -> set[str]:
    return set(zipfile.ZipFile(io.BytesIO(carried_code.carried_code())).namelist())


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the search path; what is imported from it is forgotten afterwards."""
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_our_own_packages_travel_and_installed_ones_do_not() -> None:
    import gymnasium

    assert gymnasium
    found = names()
    assert {"tasks/vec_env/rows.py", "cfg/errors.py"} <= found
    tops = {name.split("/")[0] for name in found}
    assert not tops & {"gymnasium", "numpy", "json", "json.py", "pytest", "pydantic"}


def test_a_users_package_travels_whole_with_its_data_but_not_what_is_hidden(place: Path) -> None:
    for file in (
        "carried_arm/__init__.py",
        "carried_arm/.git/x",
        "carried_arm/meshes/arm.xml",
        "carried_lone.py",
    ):
        (place / file).parent.mkdir(parents=True, exist_ok=True)
        (place / file).write_text("")
    before = names()
    import carried_arm  # noqa: F401
    import carried_lone  # noqa: F401

    assert names() - before == {"carried_arm/__init__.py", "carried_arm/meshes/arm.xml", "carried_lone.py"}


def test_a_folder_without_an_init_file_travels_too(place: Path) -> None:
    (place / "carried_space").mkdir()
    (place / "carried_space" / "robot.py").write_text("")
    import carried_space.robot  # noqa: F401

    assert "carried_space/robot.py" in names()


def test_a_package_full_of_data_is_refused_by_name(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carried_code, "MOST_BYTES", 2**20)
    (place / "carried_heap").mkdir()
    (place / "carried_heap" / "__init__.py").write_text("")
    (place / "carried_heap" / "noise.bin").write_bytes(np.random.default_rng(0).bytes(2**21))
    import carried_heap  # noqa: F401

    with pytest.raises(
        ConfigError, match=r"carried_heap is too large to send to other nodes: over 1 MiB packed"
    ):
        carried_code.carried_code()
