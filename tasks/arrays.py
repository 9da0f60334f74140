"""Names for what travels between environments and agents. Types only."""

from typing import Any, TypeAlias

from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
"""A NumPy array of any dtype."""

Observation: TypeAlias = Array | dict[str, Any]
"""A batch [N, ...], or a dictionary of batches; with a central critic {"obs": ..., "states": ...}."""
