"""What is compared with torch.compile is stepped by turns, and is the learners' own gradient step."""

import pytest

from benchmarks.compiling import CASES, by_turns


def test_ways_take_turns_within_each_round() -> None:
    seen: list[str] = []
    taken = by_turns({"a": lambda: seen.append("a"), "b": lambda: seen.append("b")}, rounds=2, steps=3)
    assert "".join(seen) == "aaabbbaaabbb"
    assert {name: len(times) for name, times in taken.items()} == {"a": 2, "b": 2}


@pytest.mark.parametrize(("case", "ways"), [("mlp", ["as it is", "autograd"]), ("sac", ["as it is"])])
def test_what_is_measured_without_a_compiler_runs(case: str, ways: list[str]) -> None:
    made = CASES[case][0]()
    assert [*made] == [*ways, "compiled"]
    for way in ways:
        made[way]()
