"""The page shows what the committed results say, failures included."""

import json
import re

from tests.chaos import page
from tests.chaos.kinds import KINDS
from tests.chaos.ledger import Ledger
from tests.chaos.trial import Result


def test_the_page_is_what_the_committed_results_render_to():
    shown = page.DOCUMENT.read_text(encoding="utf-8")
    assert len(page.BLOCK.findall(shown)) == 1
    assert page.filled(shown, page.load()) == shown, "run `make chaos ARGS=--write`"


def test_committed_results_are_of_known_kinds_and_of_a_commit():
    for kind, row in page.load()["kinds"].items():
        assert kind in KINDS
        assert re.fullmatch(r"[0-9a-f]{10}", row["commit"]), f"{kind}: of files that are not committed"
        assert row["passed"] + len(row["failed"]) == row["trials"]


def test_a_row_tells_how_many_passed_what_failed_and_what_was_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "RESULTS", tmp_path / "chaos.json")
    monkeypatch.setattr(page, "DOCUMENT", tmp_path / "chaos.md")
    page.DOCUMENT.write_text("a\n<!-- trials -->\nbefore\n<!-- end -->\nz\n")
    ledger = Ledger(tmp_path / "results.jsonl")
    for seed, exit_s in ((1, 0.25), (2, 0.75), (3, 0.5)):
        problems = ("it hung",) if seed == 2 else ()
        ledger.add(Result("disk", seed, problems, {"told_s": exit_s, "world": "sac"}, 2.0))
    page.publish(ledger, "0123456789", ["disk", "sigkill"])
    row = json.loads(page.RESULTS.read_text())["kinds"]["disk"]
    assert row["failed"] == {"2": ["it hung"]} and row["figures"]["world"] == {"sac": 3}
    shown = page.DOCUMENT.read_text()
    assert "| 3 of 50 | 2; failed: seed 2 | `told_s` 0.5, 0.75 | 2 s | 0123456789, " in shown
    assert shown.startswith("a\n") and shown.endswith("<!-- end -->\nz\n") and "before" not in shown
    assert "| sigkill |" not in shown
