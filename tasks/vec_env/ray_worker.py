"""Steps some rows in a Ray actor. Sent there as code, so it imports nothing until it knows where from."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tasks.vec_env.transition import FirstObservation


class RowsActor:
    """One worker process's rows.

    The environments are made by `start`, not by the constructor: an exception there would come back as text.
    """

    def start(
        self, search_path: list[str], factory: bytes, rows: range, seed: int, role: str
    ) -> dict[str, Any]:
        """Makes the environments and says what they look like.

        Args:
            search_path: of the driver; what it can import, the worker can.
            factory: the pickled `EnvFactory`; it may need the search path to be read.
            rows: global positions.
            seed: of the run.
            role: one of `tasks.seeding.ROLES`.
        """
        import pickle
        import sys

        sys.path.extend(path for path in search_path if path not in sys.path)
        from tasks.vec_env.rows import Rows

        self._rows = Rows(pickle.loads(factory), rows, seed, role)  # noqa: S301  # the driver made it
        return self._rows.layout.env_info()

    def seed(self, seed: int) -> None:
        """Has the next `reset` start every row's random stream anew."""
        self._rows.seed(seed)

    def reset(self) -> "FirstObservation":
        """Starts a new episode in every row."""
        return self._rows.reset()

    def step(self, actions: bytes) -> bytes:
        """Steps every row with a pickled array of actions; gives a pickled `Transition`.

        Ray passes bytes on as they are, which takes half the time of its own treatment of arrays.
        """
        import pickle

        return pickle.dumps(self._rows.step(pickle.loads(actions)), protocol=5)  # noqa: S301  # the driver's

    def has_masks(self) -> bool:
        """Whether the environments tell allowed actions."""
        return self._rows.has_masks

    def render(self) -> Any:
        """The frame of the worker's first row."""
        return self._rows.render()

    def close(self) -> None:
        """Closes the environments."""
        self._rows.close()
