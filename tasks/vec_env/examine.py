"""Plays one vector environment at random and finds out which claims of the contract hold. Closes nothing.

What an examination did not meet, e.g. the end of an episode, it does not judge: `Findings.seen` says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cfg.errors import FOREIGN, RlgxError
from tasks.arrays import Array, Observation
from tasks.vec_env.checks import (
    check_columns,
    check_episode,
    check_infos,
    check_masks,
    check_observation,
    check_spaces,
    copy_observation,
    equals,
    sample_actions,
)
from tasks.vec_env.claims import Claim, Complaint
from tasks.vec_env.examine_state import StatePlay
from tasks.vec_env.places import NUMPY, place_of, to_numpy
from tasks.vec_env.trace import Marks, Trace, by_row, marks_of
from tasks.vec_env.transition import pick_rows

SEEN_IN_ANY_STEP = {Claim.RUNS, Claim.VALUES, Claim.BOUNDS, Claim.DEVICES, Claim.FRESH}
HARMLESS = {Claim.BOUNDS, Claim.FRESH}
"""What the next step does not trip over, so that the play goes on."""

OPENING_STEPS = 20


@dataclass
class Findings:
    """What an examination found.

    Attributes:
        complaints: claims that do not hold; the same fault in every step is one complaint.
        seen: claims that there was an occasion to judge.
        restores: whether rows go on from a state, rather than begin new episodes.
        has_masks: whether the environments tell allowed actions.
        lengths: of the episodes that ended, as the learner sees them, in steps.
        trace: what the steps gave.
        is_whole: whether no fault ended the play before its time.
    """

    complaints: list[Complaint] = field(default_factory=list)
    seen: set[Claim] = field(default_factory=set)
    restores: bool = False
    has_masks: bool = False
    lengths: list[int] = field(default_factory=list)
    trace: Trace = field(default_factory=Trace)
    is_whole: bool = False

    def add(self, complaint: Complaint) -> None:
        """Keeps a complaint that was not made before; of bounds the first, as every value is another."""
        is_told = complaint.claim is Claim.BOUNDS and any(
            one.claim is Claim.BOUNDS for one in self.complaints
        )
        if complaint not in self.complaints and not is_told:
            self.complaints.append(complaint)


def examine(vec: Any, num_steps: int, seed: int = 0) -> Findings:
    """Plays a vector environment at random for a number of steps, then looks at what other seeds start with.

    Args:
        vec: an rl_games `IVecEnv`.
        num_steps: how long to play; faults at episode ends need some.
        seed: of the environments and of the actions.
    """
    return _examine(vec, num_steps, seed, judges_seeds=True)


def examine_again(vec: Any, num_steps: int, seed: int = 0) -> Findings:
    """The same without other seeds, which some games take long to start with."""
    return _examine(vec, num_steps, seed, judges_seeds=False)


def _examine(vec: Any, num_steps: int, seed: int, *, judges_seeds: bool) -> Findings:
    view = as_numpy(vec)
    play = _Play(view, seed)
    _gather(play.findings, play.complaints(num_steps))
    if judges_seeds and play.findings.is_whole:
        _gather(play.findings, play.judge_seeds())
        _judge_state(play.findings, StatePlay(view, seed))
    if view is not vec:
        _gather(play.findings, _of_tensors(view))
    return play.findings


def as_numpy(vec: Any) -> Any:
    """A vector environment as one that speaks NumPy, which is how it is examined."""
    if "device" not in vec.get_env_info():
        return vec
    from tasks.vec_env.tensors import NumpyView

    return NumpyView(vec)


def _of_tensors(view: Any) -> Iterator[Complaint]:
    """What a vector environment that speaks torch has wrong with its tensors themselves."""
    return (Complaint(Claim.DEVICES, text) for text in view.complaints)


def _judge_state(findings: Findings, play: StatePlay) -> None:
    _gather(findings, play.complaints())
    findings.restores = play.restores
    findings.seen |= {Claim.STATE} if play.restores else set()


def _gather(findings: Findings, complaints: Iterator[Complaint]) -> None:
    try:
        for complaint in complaints:
            findings.add(complaint)
    except RlgxError as error:
        findings.add(Complaint(Claim.RUNS, str(error)))
    except FOREIGN as cause:  # noqa: BLE001  # the vector environment may be foreign, and raise anything
        findings.add(Complaint(Claim.RUNS, f"{type(cause).__name__}: {cause}"))


class _Play:
    def __init__(self, vec: Any, seed: int) -> None:
        self.findings = Findings()
        self._vec = vec
        self._num_envs: int = vec.num_envs
        self._seed = seed
        self._rng = np.random.default_rng(seed)
        self._lengths, self._steps = np.zeros((2, self._num_envs), np.int64)
        self._held: dict[str, Array] = {}  # of the step before, besides observations
        self._has_moved = False
        self._ends_alike, self._ends = 0, 0

    def complaints(self, num_steps: int) -> Iterator[Complaint]:
        """All that is wrong; a fault that the next step would trip over ends the play."""
        self._info = self._vec.get_env_info()
        if faults := list(check_spaces(self._info)):
            yield from faults
            return
        self.findings.seen.add(Claim.SPACES)
        self._vec.seed(self._seed)
        given = self._vec.reset()
        yield from _judge_places("reset()", {"the observation": given})
        self._obs = to_numpy(given)
        faults = list(check_observation("reset()", self._obs, self._info, self._num_envs))
        yield from faults
        if not HARMLESS.issuperset(fault.claim for fault in faults):
            return
        self.findings.trace.add_first(self._obs)
        for _ in range(num_steps):
            faults = list(self._step())
            yield from faults
            if any(fault.claim not in HARMLESS for fault in faults):
                return
        yield from self._judge_autoreset()
        self.findings.is_whole = True

    def _step(self) -> Iterator[Complaint]:
        masks = self._masks()
        if masks is not None:
            yield from check_masks(masks, self._info["action_space"], self._num_envs)
        actions = sample_actions(self._info["action_space"], self._num_envs, masks, self._rng)
        shown = copy_observation(self._obs)
        held = self._held if masks is None else {**self._held, "masks": masks}
        copies = {name: np.array(part) for name, part in held.items()}
        result = self._vec.step(actions)
        if not isinstance(result, tuple) or len(result) != 4:
            yield Complaint(Claim.VALUES, "step() does not return four values: obs, reward, done, infos")
            return
        if not equals(self._obs, shown):
            yield Complaint(Claim.FRESH, "step() writes into the observation it returned before")
        for name, copy in copies.items():
            if not np.array_equal(held[name], copy):
                yield Complaint(Claim.FRESH, f"step() writes into the {name} that were returned before")
        yield from _judge_places("step()", _parts(*result))
        before, self._obs = shown, to_numpy(result[0])
        reward, done, infos = (to_numpy(part) for part in result[1:])
        faults = [
            *check_observation("step()", self._obs, self._info, self._num_envs),
            *check_columns(reward, done, self._info["value_size"], self._num_envs),
        ]
        if HARMLESS.issuperset(fault.claim for fault in faults):
            faults += check_infos(infos, done, self._obs, self._info, self._num_envs)
        yield from faults
        if HARMLESS.issuperset(fault.claim for fault in faults):
            self.findings.seen |= SEEN_IN_ANY_STEP
            self._held = {"rewards": reward, "dones": done}
            self.findings.trace.add_step(actions, self._obs, reward, done, infos)
            yield from self._judge_ends(before, done, infos)

    def _masks(self) -> Array | None:
        if not self._vec.has_action_masks():
            return None
        self.findings.has_masks = True
        self.findings.seen.add(Claim.MASKS)
        masks: Array = to_numpy(self._vec.get_action_masks())
        return masks

    def _judge_ends(self, before: Observation, done: Array, infos: dict[str, Any]) -> Iterator[Complaint]:
        self._steps += 1
        self._lengths += 1
        yield from check_episode(infos, done, self._lengths)
        self._has_moved = self._has_moved or not equals(pick_rows(self._obs, ~done), pick_rows(before, ~done))
        self._lengths[infos.get("episode", {}).get("row", np.zeros(0, np.int64))] = 0
        if "episode" in infos:
            self.findings.seen.add(Claim.INFOS)
        if not done.any():
            return
        self.findings.seen.add(Claim.FINAL)
        self.findings.seen |= {Claim.TIME_OUTS} if infos["time_outs"].any() else set()
        self.findings.seen |= {Claim.TERMINATIONS} if (done & ~infos["time_outs"]).any() else set()
        self.findings.lengths += self._steps[done].tolist()
        self._steps[done] = 0
        # A lost life ends the learner's episode and not the game: what is seen then may go on.
        over = infos.get("episode", {}).get("row", np.zeros(0, np.int64))
        shown = by_row(marks_of("obs", pick_rows(self._obs, over)))
        ended = by_row(marks_of("obs", pick_rows(infos["final_observation"], over)))
        self._ends += len(over)
        self._ends_alike += sum(one == other for one, other in zip(shown, ended, strict=True))

    def _judge_autoreset(self) -> Iterator[Complaint]:
        """A row that is done shows its next episode: not, where it still shows the end of the last."""
        if self._ends > self._ends_alike:
            self.findings.seen.add(Claim.AUTORESET)
        elif self._ends > 1 and self._has_moved:
            yield Complaint(
                Claim.AUTORESET,
                "a row that is done shows its episode's last observation, not the next one's first",
            )

    def judge_seeds(self) -> Iterator[Complaint]:
        """Whether a seed repeats its episodes, and each row has its own."""
        one, again, other = (self._opening(seed) for seed in (1, 1, 2))
        if one != again:
            yield Complaint(
                Claim.SEEDS,
                "the same seed starts other episodes: the environment does not use the seed of its reset",
            )
        elif one != other and self._num_envs > 1:
            self.findings.seen.add(Claim.SEEDS)
            # Where the first observations tell seeds apart, they tell rows apart.
            told = 1 if one[0] != other[0] else None
            if _rows_are_alike(one[:told]) and _rows_are_alike(other[:told]):
                yield Complaint(Claim.SEEDS, "every row starts alike: the rows share one seed")

    def _opening(self, seed: int) -> list[Marks]:
        """What a seed starts with, all rows doing the same where they may.

        Some games start alike and take their own ways later, so it takes some steps.
        """
        self._vec.seed(seed)
        opening = [marks_of("obs", to_numpy(self._vec.reset()))]
        rng = np.random.default_rng(0)
        space = self._info["action_space"]
        for _ in range(OPENING_STEPS):
            masks = self._masks()
            one = sample_actions(space, 1, None, rng)
            actions = np.repeat(one, self._num_envs, axis=0)
            if masks is not None:
                actions = sample_actions(space, self._num_envs, masks, rng)
            obs, *_ = self._vec.step(actions)
            opening.append(marks_of("obs", to_numpy(obs)))
        return opening


def _rows_are_alike(opening: list[Marks]) -> bool:
    return all(len(set(rows)) == 1 for marks in opening for rows in marks.values())


def _parts(obs: Any, reward: Any, done: Any, infos: Any) -> dict[str, Any]:
    """What a step gives of each row, by the words for it."""
    told = infos if isinstance(infos, dict) else {}
    named = {f'infos["{key}"]': told[key] for key in ("time_outs", "final_observation") if key in told}
    return {"the observation": obs, "the reward": reward, "done": done, **named}


def _judge_places(where: str, parts: dict[str, Any]) -> Iterator[Complaint]:
    """Tensors are for vector environments whose `get_env_info` names their device."""
    for name, part in parts.items():
        place = place_of(part)
        if place not in (None, NUMPY):
            text = f"{where} gives {name} in torch on {place}, but get_env_info() names no device"
            yield Complaint(Claim.DEVICES, text)
