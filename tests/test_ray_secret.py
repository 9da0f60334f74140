"""Ray's token appears nowhere: in no file of a run, no log of Ray's, no argument of a process."""

import os
import secrets
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from tests.source_tree import ROOT

WORDS = ("task=CartPole", "vec_env=ray", "num_workers=1", "num_envs=2", "max_iterations=2", "eval_every=0")


def arguments_below(process: psutil.Process) -> set[str]:
    """The arguments of all processes below one, while it runs."""
    found: set[str] = set()
    for child in process.children(recursive=True):
        with suppress(psutil.Error):  # it may have ended meanwhile
            found |= {word for word in child.cmdline() if word}
    return found


@pytest.mark.ray
def test_the_token_is_in_no_file_and_in_no_argument(tmp_path: Path) -> None:
    token = secrets.token_hex(32)
    (tmp_path / ".ray").mkdir(mode=0o700)
    (tmp_path / ".ray" / "auth_token").write_text(token)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    seen: set[str] = set()
    # A short name, because Ray keeps its sockets there.
    with TemporaryDirectory(prefix="rs-", ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "train.py"), *WORDS], cwd=tmp_path, text=True,
            env={**kept, "HOME": str(tmp_path), "TMPDIR": folder, "RAY_TMPDIR": folder},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        watched = psutil.Process(process.pid)
        ended = threading.Event()

        def watch() -> None:
            while not ended.wait(0.1):
                seen.update(arguments_below(watched))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            output, errors = process.communicate(timeout=100)
        finally:
            ended.set()
            watcher.join()
        assert process.returncode == 0, errors
        logs = [path for path in Path(folder).rglob("*") if path.is_file()]
        said = b"\0".join(path.read_bytes() for path in logs)
    assert any("gcs_server" in word for word in seen), "Ray's processes were watched"
    assert len(logs) > 5, "Ray's logs were read"
    run = next((tmp_path / "runs").iterdir())
    files = [path for path in run.rglob("*") if path.is_file()]
    assert {"config.yaml", "command.txt", "run.log", "last.pth"} <= {path.name for path in files}
    said += b"\0".join(path.read_bytes() for path in files)
    assert token.encode() not in said
    assert not any(token in text for text in (*seen, output, errors))
