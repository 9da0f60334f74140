"""Imports of rl_games without torch's inductor.

`rl_games.envs`, which its tables of environments import, decorates a method of the test network `simplenet`
with `torch.compile`, and that loads the whole compiler: to load rl_games' Runner and end took 4.8 s on 2
cores, and takes 3.2 s. Within rlgx `simplenet` is not compiled.
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
