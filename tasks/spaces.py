"""Observations of any Gymnasium space made into what an agent reads. Knows no environment and no agent.

An agent gets one `Box` (a float32 vector, or a channels-first image) or one flat `Dict` of them. Everything
else is turned into that here, a whole batch at a time: integers become one-hot, nested dictionaries become
dotted keys, a tuple becomes one vector, and what no network can read is dropped with a note.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias, TypeVar

import numpy as np
from gymnasium import spaces

from cfg.errors import ConfigError
from tasks.arrays import Array, Observation
from tasks.images import channels_first
from tasks.vec_env.places import is_tensor
from tasks.vec_env.readings import NOT_READABLE, describe

Make = TypeVar("Make")
Path: TypeAlias = tuple[str | int, ...]

RESERVED_KEYS = frozenset({"obs", "states"})
"""rl_games gives these keys a meaning of its own: the actor's and the central critic's observation."""


READABLE_KINDS = {"f": "fiub", "i": "iub", "u": "iub"}
"""Which kinds of numbers can be read as which: an integer as a float, never the other way round."""


class ShapeMismatch(Exception):
    """An observation that is not what its space says.

    Attributes:
        index: position in the batch.
        reason: what was found and what was expected.
    """

    def __init__(self, index: int, reason: str) -> None:
        super().__init__(index, reason)
        self.index = index
        self.reason = reason


@dataclass(frozen=True)
class Column:
    """One array of the converted observation.

    Attributes:
        path: where the environment keeps it: dictionary keys and tuple positions.
        raw_shape: shape of one raw value.
        raw_dtype: what raw values are read as.
        space: what one converted value is.
        convert: raw batch [N, *raw_shape] to converted batch [N, *space.shape]; None where they are the same.
    """

    path: Path
    raw_shape: tuple[int, ...]
    raw_dtype: np.dtype[Any]
    space: spaces.Box
    convert: Callable[[Array], Array] | None

    def batch(self, observations: Sequence[Any]) -> Array:
        """Raw observations of N rows -> fresh array [N, *space.shape]."""
        values = self._pick(observations) if self.path else observations
        try:
            stacked = self._read(values)
        except NOT_READABLE:
            raise self._mismatch(values) from None
        if stacked.shape != (len(values), *self.raw_shape):
            raise self._mismatch(values)
        return stacked if self.convert is None else self.convert(stacked)

    def _pick(self, observations: Sequence[Any]) -> Sequence[Any]:
        """The column's part of each raw observation."""
        values: list[Any] = []
        try:
            values.extend(_follow(self.path, one) for one in observations)
        except (KeyError, IndexError, TypeError):
            # Those before the one that lacks the part are in the list.
            raise ShapeMismatch(len(values), f"{_where(self.path)} is missing") from None
        return values

    def _read(self, values: Any) -> Array:
        """Values as a fresh array of the raw dtype; a number that would lose its fraction is refused."""
        # A batch of tensors may be read, one element at a time; that they are wrong is told by the first.
        # Whether that is an array is the quicker look.
        if values[0].__class__ is not np.ndarray and is_tensor(values[0]):
            raise TypeError("is a tensor")
        array = np.array(values)
        if array.dtype == self.raw_dtype:
            return array
        if array.dtype.kind not in READABLE_KINDS[self.raw_dtype.kind]:
            raise TypeError(f"is of dtype {array.dtype} where its space says {self.raw_dtype}")
        return array.astype(self.raw_dtype)

    def _mismatch(self, values: Sequence[Any]) -> ShapeMismatch:
        for index, value in enumerate(values):
            if is_tensor(value):
                reason = f"{_where(self.path)} is {describe(value)} where NumPy was expected"
                return ShapeMismatch(index, f"{reason}: return tensor.detach().cpu().numpy()")
            try:
                shape = self._read([value]).shape[1:]
            except NOT_READABLE as cause:
                return ShapeMismatch(index, f"{_where(self.path)} {cause}")
            if shape != self.raw_shape:
                return ShapeMismatch(
                    index, f"{_where(self.path)} has shape {shape} where its space says {self.raw_shape}"
                )
        raise AssertionError(f"{_where(self.path)}: {len(values)} values of the right shape did not stack")


@dataclass(frozen=True)
class JoinedColumn:
    """Several vectors of an observation as one, in their order."""

    parts: tuple["Column | JoinedColumn", ...]
    space: spaces.Box

    def batch(self, observations: Sequence[Any]) -> Array:
        """Raw observations of N rows -> fresh array [N, sum of the parts' sizes]."""
        return np.concatenate([part.batch(observations) for part in self.parts], axis=1)


AnyColumn: TypeAlias = Column | JoinedColumn


@dataclass(frozen=True)
class ObservationAdapter:
    """Turns raw observations into arrays of `space`, or into a dictionary of them.

    Attributes:
        columns: by key; a single one without a key makes a plain array.
        notes: what was dropped or renamed, for the log.
    """

    columns: dict[str, AnyColumn]
    notes: tuple[str, ...]

    @property
    def space(self) -> spaces.Box | spaces.Dict:
        """What one converted observation is."""
        if "" in self.columns:
            return self.columns[""].space
        return spaces.Dict({key: column.space for key, column in self.columns.items()})

    @cached_property
    def batch(self) -> Callable[[Sequence[Any]], Observation]:
        """Raw observations of N rows -> fresh arrays [N, ...]."""
        return self.columns[""].batch if "" in self.columns else self._batch

    def _batch(self, observations: Sequence[Any]) -> Observation:
        return {key: column.batch(observations) for key, column in self.columns.items()}


def adapt_observations(space: spaces.Space[Any], root: Path = ()) -> ObservationAdapter:
    """Adapter for a raw observation space.

    Args:
        space: as the environment declares it.
        root: where in the raw observation the space lies, for one half of an asymmetric observation.
    """
    notes: list[str] = []
    columns = _columns(space, root, "", notes)
    if not columns:
        raise ConfigError(
            f"observation space {type(space).__name__} holds nothing a network can read",
            "wrap the environment so that it gives a Box or a Dict of Box",
        )
    return ObservationAdapter(columns, tuple(notes))


def _columns(space: spaces.Space[Any], path: Path, key: str, notes: list[str]) -> dict[str, AnyColumn]:
    """Columns of a space by key; adds to `notes` what it drops or renames."""
    if isinstance(space, spaces.Dict):
        return _dict_columns(space, path, key, notes)
    if isinstance(space, spaces.Tuple):
        return _tuple_columns(space, path, key, notes)
    make = find_by_type(LEAVES, space)
    if make is None:
        notes.append(f'observation "{key or type(space).__name__}" is a {type(space).__name__}: dropped')
        return {}
    return {key: make(space, path)}


def _dict_columns(space: spaces.Dict, path: Path, key: str, notes: list[str]) -> dict[str, AnyColumn]:
    columns: dict[str, AnyColumn] = {}
    for name, part in space.spaces.items():
        part_key = f"{key}.{name}" if key else str(name)
        if part_key in RESERVED_KEYS:
            notes.append(f'observation "{part_key}" is called "{part_key}_": rl_games reserves the name')
            part_key += "_"
        found = _columns(part, (*path, name), part_key, notes)
        twice = columns.keys() & found.keys()
        if twice:
            raise ConfigError(f'observation key "{min(twice)}" comes about twice', "rename one of the keys")
        columns.update(found)
    return columns


def _tuple_columns(space: spaces.Tuple, path: Path, key: str, notes: list[str]) -> dict[str, AnyColumn]:
    columns: dict[str, AnyColumn] = {}
    for index, part in enumerate(space.spaces):
        part_key = f"{key}.{index}" if key else str(index)
        columns.update(_columns(part, (*path, index), part_key, notes))
    if not columns or any(len(column.space.shape) != 1 for column in columns.values()):
        return columns
    parts = tuple(columns.values())
    low = np.concatenate([part.space.low for part in parts])
    high = np.concatenate([part.space.high for part in parts])
    return {key: JoinedColumn(parts, spaces.Box(low, high, dtype=np.float32))}


def _box(space: spaces.Box, path: Path) -> Column:
    to_image = channels_first(space.shape, space.dtype)
    if to_image is not None:
        dtype = np.dtype(np.uint8 if space.dtype == np.uint8 else np.float32)
        low, high = (to_image(bound.astype(dtype)[None])[0] for bound in (space.low, space.high))
        return Column(path, space.shape, dtype, _image_box(low, high), to_image)
    low, high = (np.asarray(bound, np.float32).reshape(-1) for bound in (space.low, space.high))
    flat = spaces.Box(low, high, dtype=np.float32)
    return Column(path, space.shape, np.dtype(np.float32), flat, _flattening(space.shape))


def _image_box(low: Array, high: Array) -> spaces.Box:
    if low.dtype == np.uint8:
        return spaces.Box(low, high, dtype=np.uint8)
    return spaces.Box(low, high, dtype=np.float32)


def _multi_binary(space: spaces.MultiBinary, path: Path) -> Column:
    size = int(np.prod(space.shape))
    return Column(path, space.shape, np.dtype(np.float32), _unit_box(size), _flattening(space.shape))


def _discrete(space: spaces.Discrete, path: Path) -> Column:
    sizes, starts = np.array([space.n]), np.array([space.start])
    return Column(path, (), np.dtype(np.int64), _unit_box(int(space.n)), _OneHot(sizes, starts))


def _multi_discrete(space: spaces.MultiDiscrete, path: Path) -> Column:
    sizes, starts = space.nvec.reshape(-1), space.start.reshape(-1)
    return Column(path, space.shape, np.dtype(np.int64), _unit_box(int(sizes.sum())), _OneHot(sizes, starts))


LEAVES: dict[type, Callable[[Any, Path], Column]] = {
    spaces.Box: _box,
    spaces.Discrete: _discrete,
    spaces.MultiBinary: _multi_binary,
    spaces.MultiDiscrete: _multi_discrete,
}
"""How each space that is not a container becomes a column. What is not here is dropped."""


class _OneHot:
    """Integers [N, ...] of one or more Discrete spaces -> float32 [N, sum of their sizes]."""

    def __init__(self, sizes: Array, starts: Array) -> None:
        self.width = int(sizes.sum())
        self.sizes = sizes
        self.starts = starts
        self.offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]])

    def __call__(self, values: Array) -> Array:
        indices = values.reshape(len(values), -1) - self.starts
        wrong = np.flatnonzero(((indices < 0) | (indices >= self.sizes)).any(axis=1))
        if wrong.size:
            index = int(wrong[0])
            raise ShapeMismatch(index, f"observation {values[index].tolist()} is outside its discrete space")
        one_hot = np.zeros((len(values), self.width), np.float32)
        np.put_along_axis(one_hot, indices + self.offsets, 1.0, axis=1)
        return one_hot


def find_by_type(table: dict[type, Make], value: object) -> Make | None:
    """Entry of a table for the class of a value, or for the nearest of its bases."""
    return next((table[base] for base in type(value).__mro__ if base in table), None)


def _flattening(shape: tuple[int, ...]) -> Callable[[Array], Array] | None:
    """What makes vectors of arrays of a shape; None for vectors."""
    return None if len(shape) == 1 else _flatten


def _flatten(values: Array) -> Array:
    return values.reshape(len(values), -1)


def _unit_box(size: int) -> spaces.Box:
    return spaces.Box(0.0, 1.0, (size,), np.float32)


def _follow(path: Path, value: Any) -> Any:
    for step in path:
        value = value[step]
    return value


def _where(path: Path) -> str:
    return f'observation "{".".join(map(str, path))}"' if path else "the observation"
