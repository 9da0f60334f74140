"""The document shows what the committed figures say."""

import json
import re

import pytest

from benchmarks.render import BLOCK, DOCUMENT, NOT_TAKEN, RESULTS, filled, section
from tests.source_tree import text

OF_TRIALS = "chaos"  # tests/chaos/test_page.py compares it with its own page
FIGURES = sorted(path for path in RESULTS.glob("*.json") if path.stem != OF_TRIALS)


def test_the_documents_tables_are_what_the_committed_figures_render_to():
    shown = DOCUMENT.read_text(encoding="utf-8")
    assert len(BLOCK.findall(shown)) >= 4
    assert filled(shown) == shown, "run `python benchmarks/render.py`"


def test_every_committed_result_is_shown_or_drawn():
    blocks = BLOCK.finditer(DOCUMENT.read_text(encoding="utf-8"))
    shown = {block[2] for block in blocks if NOT_TAKEN not in block[0]}
    drawn = {path.stem for path in RESULTS.glob("sweep_*.json")}
    assert {path.stem for path in FIGURES} == shown | drawn
    assert "](throughput.png)" in text("docs/benchmarks.md")


def test_a_changed_figure_changes_the_document(tmp_path):
    found = json.loads((RESULTS / "cartpole.json").read_text(encoding="utf-8"))
    bare = {**found["matches"][0]["contestants"]["bare"], "steps_per_s": [123456.0]}
    found["matches"][0]["contestants"] = {"bare": bare}
    (tmp_path / "cartpole.json").write_text(json.dumps(found), encoding="utf-8")
    page = "before\n<!-- figures: cartpole -->\nold\n<!-- end -->\nafter\n"
    rendered = filled(page, tmp_path)
    assert "| bare, one core | 123,456 |" in rendered and "old" not in rendered
    assert rendered.startswith("before\n") and rendered.endswith("<!-- end -->\nafter\n")


def test_where_nothing_was_measured_the_document_says_so(tmp_path):
    page = "<!-- figures: race -->\n| 1 |\n<!-- end -->\n"
    assert filled(page, tmp_path) == f"<!-- figures: race -->\n{NOT_TAKEN}\n<!-- end -->\n"


@pytest.mark.parametrize("path", FIGURES, ids=lambda path: path.stem)
def test_figures_say_where_they_come_from(path):
    found = json.loads(path.read_text(encoding="utf-8"))
    assert re.fullmatch(r"[0-9a-f]{10}\+?", found["about"]["commit"])
    assert found["about"]["cores"] >= 1 and found["rounds"] >= 1
    assert "failed" not in section(found)
