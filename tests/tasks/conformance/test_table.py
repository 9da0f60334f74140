"""The table says ok of what was judged alone, and every other cell has its line below."""

from tasks.conformance.column import Column
from tasks.conformance.report import Report
from tasks.conformance.table import lines_below, show
from tasks.vec_env.claims import Claim

RIGHT = Column({}, {Claim.TERMINATIONS: "too short"}, frozenset({Claim.MASKS}), 1234.5, (), "by hand")
WRONG = Column({Claim.FRESH: ["it writes", "twice"]}, {}, frozenset(), None, ("an old one",), "sync")
REPORT = Report("Toy", {"sync": RIGHT, "ray": WRONG}, {"native": "there is none"})


def test_each_cell_is_one_word(capsys):
    show(REPORT)
    rows = [line.split("│") for line in capsys.readouterr().out.splitlines()]
    cells = {row[1].strip(): [cell.strip() for cell in row[2:4]] for row in rows if len(row) > 3}
    assert cells["terminations"] == ["not seen", "ok"]
    assert cells["masks"] == ["-", "ok"]
    assert cells["fresh arrays"] == ["ok", "FAIL"]
    assert cells["steps/s"] == ["1,234", "-"]
    assert len(cells) == len(Claim) + 1


def test_faults_come_first_and_each_reason_is_given():
    assert lines_below(REPORT) == [
        "ray: fresh arrays: FAIL: it writes",
        "ray: fresh arrays: FAIL: twice",
        "sync: terminations: not seen: too short",
        "ray: note: an old one",
        "sync: rows were compared with by hand",
        "ray: rows were compared with sync",
        "left out: there is none",
    ]
