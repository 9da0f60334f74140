"""After every test: no process of a vector environment, and no shared-memory file. Ray itself may stay."""

from collections.abc import Iterator

import pytest

from tasks.conformance.leftovers import leftovers_now, wait_for_none_since

PATIENCE_S = 5.0


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    """Fails the test that leaves something; what a fixture of a longer life started is there before it."""
    before = leftovers_now()
    yield
    left = wait_for_none_since(before, PATIENCE_S)
    assert not left, f"the test leaves behind: {'; '.join(left)}"
