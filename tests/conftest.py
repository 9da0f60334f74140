"""What every test finds and leaves as it was: rl_games' global tables and torch's global switches."""

import sys
from collections.abc import Iterator

import pytest

from tests.nothing_left import nothing_is_left_behind

__all__ = ["nothing_is_left_behind"]

# rl_games keeps what is registered in module globals.
TABLES = (
    ("rl_games.common.env_configurations", "configurations"),
    ("rl_games.common.vecenv", "vecenv_config"),
)


@pytest.fixture(autouse=True)
def host_tables_as_found() -> Iterator[None]:
    """Takes back what a test registered. Loads nothing: a test without rl_games stays without it."""
    before = {key: dict(vars(sys.modules[key[0]])[key[1]]) for key in TABLES if key[0] in sys.modules}
    yield
    for (module, name), table in before.items():
        live = vars(sys.modules[module])[name]
        live.clear()
        live.update(table)


@pytest.fixture(autouse=True)
def torch_switches_as_found() -> Iterator[None]:
    """Puts back torch's threads, determinism and smallest numbers, which a run sets for the process."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)
    torch.set_flush_denormal(False)
