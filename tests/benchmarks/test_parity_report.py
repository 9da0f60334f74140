"""What the tables say follows from the seeds' scores, worked by hand."""

import pytest

from benchmarks import parity_report
from benchmarks.learning import COLUMNS, keep
from benchmarks.parity import PUBLISHED, Anchor, Row
from benchmarks.parity_report import Reached, band, interval, iqm, load, parity_sheet

ROW = Row(("task=CartPole",), (), 100, Anchor(500.0, "somebody"), seeds=(1, 2, 3))


def line(seed: object, kind: str, score: float, **more: object) -> dict:
    return dict.fromkeys(COLUMNS, "") | {"seed": str(seed), "kind": kind, "score": str(score), **more}


def ends(*scores: float) -> list[dict]:
    return [
        line("random", "random", 20.0),
        *(line(seed, "final", score, wall_s="3.5", commit="c") for seed, score in enumerate(scores, 1)),
    ]


def test_the_interval_of_equal_scores_is_a_point_and_that_of_two_their_range():
    assert interval([7.0, 7.0, 7.0]) == (7.0, 7.0)
    assert interval([0.0, 1.0]) == (0.0, 1.0)  # one resample in four is all zeros, more than 2.5 %


def test_the_interval_of_five_leaves_out_what_is_rarer_than_one_in_forty():
    # Of 0, 0, 0, 0, 5 the mean is the number of fives drawn: none in 0.8^5 = 33 %, four or more in 0.7 %.
    assert interval([0.0, 0.0, 0.0, 0.0, 5.0]) == (0.0, 3.0)


def test_the_interquartile_mean_leaves_a_quarter_out_at_either_end():
    assert iqm([100.0, 1.0, 2.0, 3.0, -50.0]) == 2.0
    assert iqm([0.0, 1.0, 3.0, 4.0, 5.0, 6.0, 8.0, 9.0]) == (3 + 4 + 5 + 6) / 4


def test_a_row_holds_where_the_lower_end_reaches_what_is_asked():
    assert Reached.of(ends(480.0, 476.0, 490.0)).holds(ROW)  # 500 - 5 % of 480 = 476
    assert not Reached.of(ends(480.0, 475.0, 475.0)).holds(ROW)
    assert Reached.of(ends(480.0, 480.0)).holds(ROW) is None, "a seed is missing"
    assert Reached.of(ends(480.0, 480.0, 480.0)[1:]).holds(ROW) is None, "nobody knows random play"


def test_the_table_tells_what_holds_what_does_not_and_what_is_missing(tmp_path):
    keep(tmp_path / "cartpole_ppo.csv", ends(500.0, 500.0, 500.0, 500.0, 500.0))
    keep(
        tmp_path / "pendulum_ppo.csv", [line("random", "random", -1200.0), *ends(-300.0, -300.0, -300.0)[1:]]
    )
    sheet = parity_sheet(load(tmp_path))
    rows = {cells[0]: dict(zip(sheet.columns, cells, strict=True)) for cells in sheet.rows}
    assert rows["cartpole_ppo"]["mean (95 %)"] == "500.0 (500.0 to 500.0)"
    assert (rows["cartpole_ppo"]["holds"], rows["cartpole_ppo"]["asked"]) == ("yes", "476.0")
    assert (rows["pendulum_ppo"]["holds"], rows["pendulum_ppo"]["seeds"]) == ("not yet", "3")
    assert len(sheet.rows) + len(sheet.missing) == len(PUBLISHED)


def test_a_band_is_over_the_frames_that_all_seeds_have():
    points = [line(1, "curve", 0.0, frame="0"), line(1, "curve", 10.0, frame="10")]
    points += [line(2, "curve", 4.0, frame="2"), line(2, "curve", 14.0, frame="12")]
    frames, mean, low, high = band(points)
    assert (frames[0], frames[-1]) == (2.0, 10.0)
    assert mean[0] == pytest.approx(3.0) and mean[-1] == pytest.approx(11.0)
    assert (low <= mean).all() and (mean <= high).all() and low[0] == pytest.approx(2.0)


def test_a_picture_has_a_panel_for_each_row(tmp_path):
    pytest.importorskip("matplotlib")
    keep(tmp_path / "cartpole_ppo.csv", [*ends(500.0), line(1, "curve", 20.0, frame="1"),
                                         line(1, "curve", 500.0, frame="9")])  # fmt: skip
    parity_report.draw(["cartpole_ppo"], tmp_path / "curves.png", tmp_path)
    assert (tmp_path / "curves.png").stat().st_size > 5_000
