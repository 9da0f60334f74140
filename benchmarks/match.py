"""Contestants that take turns on one environment: who starts, rounds, figures. Knows no table."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from typing import Any

from benchmarks.contestants import CONTESTANTS, Order
from benchmarks.machine import cores
from benchmarks.seats import Seat, SeatError

Say = Callable[[str], None]


@dataclass(frozen=True)
class Rules:
    """How a match is held.

    Attributes:
        rounds: turns of each contestant.
        seconds: that a turn takes at least.
        pythons: interpreters of contestants that need one of their own.
    """

    rounds: int
    seconds: float
    pythons: Mapping[str, str]


class Team:
    """The seats of one contestant: one, or for `bare_all` one for each core, with its share of the rows."""

    def __init__(self, name: str, order: Order, rules: Rules, stack: ExitStack) -> None:
        shares = cores() if name == "bare_all" else 1
        share = replace(order, num_envs=max(1, order.num_envs // shares))
        python = {"python": rules.pythons[name]} if name in rules.pythons else {}
        self._seats = [Seat(name, share, **python) for _ in range(shares)]
        for seat in self._seats:
            stack.callback(seat.close)
        self.about = self._seats[0].about

    def turn(self, seconds: float, speeds: list[float]) -> str | None:
        """Appends the steps a second of all its seats, which play at the same time, or says what failed."""
        for seat in self._seats:
            seat.begin(seconds)
        try:
            speeds.append(sum(seat.speed() for seat in self._seats))
        except SeatError as error:
            return str(error)
        finally:
            for seat in self._seats:
                seat.rest()
        return None

    def memory(self) -> dict[str, Any]:
        """Of the first seat, as `Seat.memory` tells it."""
        return self._seats[0].memory()


def hold(names: list[str], order: Order, rules: Rules, say: Say) -> dict[str, Any]:
    """Has contestants take turns on what was ordered.

    Returns:
        The order's own values, `cores`, and `contestants`: for each name its `status` (ok, absent, failed),
        with `reason` where it is not ok, else `version`, `prepare_s` (imports, and Ray's own start),
        `start_up_s` (until the first observation), `steps_per_s` of each round, and `memory`.
    """
    results: dict[str, dict[str, Any]] = {}
    with ExitStack() as stack:
        teams: dict[str, Team] = {}
        for name in names:
            say(f"{order.env}, {order.num_envs} envs: {CONTESTANTS[name].title} starts")
            results[name] = enter(name, order, rules, teams, stack)
        for index in range(rules.rounds):
            say(f"{order.env}, {order.num_envs} envs: round {index + 1} of {rules.rounds}")
            play_round(index, rules.seconds, teams, results)
        for name, team in teams.items():
            results[name]["memory"] = team.memory()
    return {**asdict(order), "cores": cores(), "contestants": results}


def enter(name: str, order: Order, rules: Rules, teams: dict[str, Team], stack: ExitStack) -> dict[str, Any]:
    """Starts a contestant, puts it among the teams if it plays, and says how it went."""
    most = CONTESTANTS[name].most_envs
    if order.num_envs > most:
        return {"status": "absent", "reason": f"not tried with more than {most} environments"}
    team = Team(name, order, rules, stack)
    if team.about["status"] != "ok":
        return dict(team.about)
    teams[name] = team
    return {**team.about, "steps_per_s": []}


def play_round(
    index: int, seconds: float, teams: dict[str, Team], results: dict[str, dict[str, Any]]
) -> None:
    """One turn of each team; who dies is out. Who begins changes, and so does the direction."""
    names = list(teams)
    start = index % max(1, len(names))
    names = names[start:] + names[:start]
    for name in names if index % 2 else reversed(names):
        failure = teams[name].turn(seconds, results[name]["steps_per_s"])
        if failure is not None:
            results[name] = {"status": "failed", "reason": failure}
            del teams[name]
