"""What one step of some rows gave, and how the pieces of several workers become one. NumPy only."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from tasks.arrays import Array, Observation
from tasks.vec_env.losses import Loss

NOTHING: dict[str, Array] = {}
"""Shared by all that have nothing to say; never written to."""


class Transition(NamedTuple):
    """One step of R rows; see `tasks.vec_env.contract` for what the fields mean.

    Attributes:
        obs: [R, ...], already the next episode's first where `done`.
        reward: float32 [R], or [R, value_size].
        done: bool [R].
        time_outs: bool [R].
        final_observation: the true successor of every row, [R, ...]; None where no row is done.
        episode: statistics of the K episodes that finished, `row` within these R; empty where none did.
        rewards: named terms float64 [R] that the environments report.
        metrics: named numbers float64 [R] that the environments report.
        masks: bool [R, actions], allowed actions for `obs`; None where there are none.
        notes: what to tell the user, said once.
        lost: bool [R], rows whose episode a fault ended; None where there was none.
        losses: what was made anew in the step.
        restarts: how many restarts there were so far, of all rows; told where there was one.
    """

    obs: Observation
    reward: Array
    done: Array
    time_outs: Array
    final_observation: Observation | None = None
    episode: dict[str, Array] = NOTHING
    rewards: dict[str, Array] = NOTHING
    metrics: dict[str, Array] = NOTHING
    masks: Array | None = None
    notes: tuple[str, ...] = ()
    lost: Array | None = None
    losses: tuple[Loss, ...] = ()
    restarts: int = 0

    @property
    def says_more(self) -> bool:
        """Whether it holds what `tasks.vec_env.exchange.StepArrays` have no place for."""
        told = self.rewards or self.metrics or self.notes or self.losses
        return bool(told) or self.masks is not None

    def infos(self) -> dict[str, Any]:
        """The contract's `infos`: `time_outs` always, the rest where there is something to say."""
        infos: dict[str, Any] = {"time_outs": self.time_outs}
        if self.final_observation is not None:
            infos["final_observation"] = self.final_observation
        if self.episode:
            infos["episode"] = self.episode
        if self.rewards:
            infos["rewards"] = self.rewards
        if self.metrics:
            infos["metrics"] = self.metrics
        if self.restarts:
            infos["restarts"] = self.restarts
            infos["lost"] = self.lost if self.lost is not None else np.zeros(len(self.done), bool)
        return infos


class FirstObservation(NamedTuple):
    """What a reset of some rows gave: observations, masks, notes and losses as in `Transition`."""

    obs: Observation
    masks: Array | None = None
    notes: tuple[str, ...] = ()
    losses: tuple[Loss, ...] = ()


def join_firsts(pieces: Sequence[FirstObservation], obs: Observation) -> FirstObservation:
    """Resets of consecutive slices of rows as one, with the observations of all."""
    losses = tuple(loss for piece in pieces for loss in piece.losses)
    return FirstObservation(obs, _join_masks(pieces), _join_notes(pieces), losses)


def join_extras(pieces: Sequence[Transition]) -> dict[str, Any]:
    """What only some environments say, of consecutive slices of rows: fields of a Transition."""
    return {
        "rewards": _join_named(pieces, lambda piece: piece.rewards),
        "metrics": _join_named(pieces, lambda piece: piece.metrics),
        "masks": _join_masks(pieces),
        "notes": _join_notes(pieces),
        "lost": _join_lost(pieces),
        "losses": tuple(loss for piece in pieces for loss in piece.losses),
    }


def replace_rows(batch: Observation, rows: Array, values: Observation) -> Observation:
    """A copy of a batch with some rows replaced, nested or not."""
    if isinstance(batch, dict):
        assert isinstance(values, dict), type(values)
        return {key: replace_rows(part, rows, values[key]) for key, part in batch.items()}
    replaced = batch.copy()
    replaced[rows] = values
    return replaced


def pick_rows(batch: Observation, rows: Array) -> Observation:
    """Some rows of a batch, nested or not."""
    if isinstance(batch, dict):
        return {key: pick_rows(part, rows) for key, part in batch.items()}
    return batch[rows]


def join_rows(pieces: Sequence[tuple[Any, Array | None]]) -> tuple[Observation, Array | None]:
    """Observations and masks of consecutive slices of rows as one, nested or not."""
    if len(pieces) == 1:
        return pieces[0]
    masks = [mask for _, mask in pieces if mask is not None]
    return _join_obs([obs for obs, _ in pieces]), np.concatenate(masks) if masks else None


def _join_obs(pieces: Sequence[Any]) -> Observation:
    if isinstance(pieces[0], dict):
        return {key: _join_obs([piece[key] for piece in pieces]) for key in pieces[0]}
    return np.concatenate(pieces)


def _join_named(
    pieces: Sequence[Transition], read: Callable[[Transition], dict[str, Array]]
) -> dict[str, Array]:
    """Named numbers of all pieces; NaN where a piece lacks a name."""
    names = {name for piece in pieces for name in read(piece)}
    return {
        name: np.concatenate([read(piece).get(name, np.full(len(piece.done), np.nan)) for piece in pieces])
        for name in sorted(names)
    }


def _join_masks(pieces: Sequence[Transition] | Sequence[FirstObservation]) -> Array | None:
    masks = [piece.masks for piece in pieces if piece.masks is not None]
    return np.concatenate(masks) if masks else None


def _join_lost(pieces: Sequence[Transition]) -> Array | None:
    if all(piece.lost is None for piece in pieces):
        return None
    return np.concatenate(
        [np.zeros(len(piece.done), bool) if piece.lost is None else piece.lost for piece in pieces]
    )


def _join_notes(pieces: Sequence[Transition] | Sequence[FirstObservation]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(note for piece in pieces for note in piece.notes))
