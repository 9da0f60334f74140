"""Runs every trial of a task and says of each claim whether it holds, under each vector environment."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from cfg.errors import ConfigError, EnvFault, foreign_code
from cfg.schema import Config
from tasks.conformance.alone import play_alone
from tasks.conformance.column import Column, column_of
from tasks.conformance.kinds import ALIKE, Subject, kinds_of, subject_of
from tasks.conformance.trial import Trial, run_trial, run_trial_again
from tasks.vec_env.claims import Claim, Complaint
from tasks.vec_env.reader import MEND
from tasks.vec_env.slices import split_rows
from tasks.vec_env.trace import Trace, difference

NATURAL_STEPS = 300
LONGEST_LIMIT = 40
"""Steps of the time limit under which a second trial plays, or fewer where episodes are shorter: so that the
ends of long episodes are met as well. Atari games may spend 30 frames, 8 steps, before the first."""
EPISODES_A_LIMIT = 3


@dataclass(frozen=True)
class Report:
    """Columns by kind, and why other kinds have none."""

    name: str
    columns: dict[str, Column]
    left_out: dict[str, str]

    def summary(self) -> dict[str, Any]:
        """As plain data: the exit code, and by kind what is wrong, what was not seen, and the speed."""
        is_broken = any(column.complaints for column in self.columns.values())
        return {
            "exit_code": EnvFault.exit_code if is_broken else 0,
            "vec_envs": {kind: column.summary() for kind, column in self.columns.items()},
        }


def check_task(
    config: Config, explicit: frozenset[str], tell: Callable[[str], None], device: str = "cpu"
) -> Report:
    """Checks a task under each vector environment that may run it, or under the one that was named.

    Args:
        config: of the command line. `max_frames` sets how many steps a first trial takes in all rows.
        explicit: dotted keys of the command line.
        tell: is given the name of a kind before it is tried.
        device: where a simulator runs.

    Raises:
        ConfigError: where nothing can be tried as asked.
    """
    subject = subject_of(config, explicit, device)
    if config.num_workers is not None:
        split_rows(subject.num_envs, config.num_workers)
    frames = config.max_frames if "max_frames" in explicit else None
    steps = NATURAL_STEPS if frames is None else -(-frames // subject.num_envs)
    kinds, left_out = kinds_of(subject)
    bench = _Bench(subject, steps)
    columns = {}
    for kind in kinds:
        tell(kind)
        columns[kind] = bench.column(kind)
    return Report(config.run_name, columns, left_out)


class _Bench:
    """The trials of a subject; those of `sync` are kept, for others to be compared with."""

    def __init__(self, subject: Subject, num_steps: int) -> None:
        self._subject = subject
        self._num_steps = num_steps
        self._sync: dict[int | None, Trial] = {}

    def column(self, kind: str) -> Column:
        """What a kind does, in a first trial and in others under a short time limit."""
        first_workers, *others = self._subject.workers(kind)
        try:
            first = self._trial(kind, None, first_workers)
        except ConfigError as error:
            first = Trial()
            first.findings.add(Complaint(Claim.RUNS, str(error)))
        trials = [first]
        limit = _limit_below(first.findings.lengths)
        if limit and first.findings.is_whole:
            # A module's own vector environment takes no limit: its time-outs may stay unseen.
            with suppress(ConfigError):
                trials += [self._trial(kind, limit, num_workers) for num_workers in others]
        return column_of(trials, self._num_steps, self._subject.expected(kind))

    def _trial(self, kind: str, limit: int | None, num_workers: int | None) -> Trial:
        if kind == "sync" and limit in self._sync:
            return self._sync[limit]
        seed = self._subject.config.seed
        make = self._subject.maker(kind, limit, num_workers)
        if limit is None:
            trial = run_trial(make, self._num_steps, seed)
        else:
            trial = run_trial_again(make, EPISODES_A_LIMIT * limit, seed)
            trial.where = _where(limit, num_workers)
            _require_time_outs(trial, limit)
        if trial.findings.is_whole:
            try:
                with foreign_code(f"compared with {self._subject.expected(kind)}", MEND, EnvFault):
                    _compare(trial, self._expected(kind, limit, num_workers, trial))
            except EnvFault as fault:
                trial.findings.add(Complaint(Claim.SAME_ROWS, str(fault)))
        if kind == "sync":
            self._sync[limit] = trial
        return trial

    def _expected(self, kind: str, limit: int | None, num_workers: int | None, trial: Trial) -> Trace:
        """What a kind has to give with the actions of a trial."""
        subject = self._subject
        seed = subject.config.seed
        if kind == "sync":
            actions = trial.findings.trace.actions
            return play_alone(subject.factory(kind, limit), subject.num_envs, seed, actions)
        if kind in ALIKE:
            return self._trial("sync", limit, None).findings.trace
        make = subject.maker(kind, limit, num_workers)
        return run_trial_again(make, len(trial.findings.trace.actions), seed).findings.trace


def _limit_below(lengths: list[int]) -> int:
    """A time limit in steps that cuts most episodes off; 0 where they are too short for any."""
    return min([LONGEST_LIMIT, *(length // 2 for length in lengths)])


def _where(limit: int, num_workers: int | None) -> str:
    workers = "" if num_workers is None else f", {num_workers} workers"
    return f" (max_episode_steps={limit}{workers})"


def _require_time_outs(trial: Trial, limit: int) -> None:
    lengths = trial.findings.lengths
    is_met = not lengths or max(lengths) >= limit
    if trial.findings.is_whole and is_met and Claim.TIME_OUTS not in trial.findings.seen:
        text = "episodes that a time limit cuts off are not told as time-outs"
        trial.findings.add(Complaint(Claim.TIME_OUTS, text))


def _compare(trial: Trial, expected: Trace) -> None:
    found = difference(expected, trial.findings.trace)
    trial.findings.seen.add(Claim.SAME_ROWS)
    if found:
        trial.findings.add(Complaint(Claim.SAME_ROWS, found))
