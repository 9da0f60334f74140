"""Imports of rl_games without torch's inductor.

`rl_games.envs`, which its tables of environments import, decorates a method of the test network `simplenet`
with `torch.compile`, and that loads the whole compiler: a second of every start, for a network that a CPU
runs faster as it is.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def uncompiled() -> Iterator[None]:
    """Within it `torch.compile` gives back the function it gets."""
    import torch

    compile_it = torch.compile
    torch.compile = _as_it_is  # type: ignore[assignment]
    try:
        yield
    finally:
        torch.compile = compile_it


def _as_it_is(function: Callable[..., Any]) -> Callable[..., Any]:
    return function
