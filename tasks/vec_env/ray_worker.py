"""Steps some rows in a Ray actor. Sent there as code, so it imports nothing until it knows where from."""

from typing import Any


class RowsActor:
    """One worker process and its rows.

    The environments are made by `start`, not by the constructor: an exception there would come back as text.
    """

    def start(
        self, search_path: list[str], factory: bytes, rows: range, seed: int, role: str
    ) -> tuple[Any, bytes]:
        """Makes the environments; gives an address and the key to it.

        Args:
            search_path: of the driver; what it can import, the worker can.
            factory: the pickled `EnvFactory`; it may need the search path to be read.
            rows: global positions.
            seed: of the run.
            role: one of `tasks.seeding.ROLES`.
        """
        import pickle
        import secrets
        import sys
        from multiprocessing.connection import Listener

        sys.path.extend(path for path in search_path if path not in sys.path)
        from tasks.vec_env.rows import Rows

        self._rows = Rows(pickle.loads(factory), rows, seed, role)  # noqa: S301  # the driver made it
        key = secrets.token_bytes(32)
        # A socket in a folder of its own, which only this user may enter.
        self._listener = Listener(authkey=key)
        return self._listener.address, key

    def serve(self) -> None:
        """Answers the driver's requests, once it has come to the address, until it is gone."""
        from tasks.vec_env.rows_server import RowsServer
        from tasks.vec_env.wire import Wire

        with self._listener:
            RowsServer(self._rows).serve(Wire(self._listener.accept(), is_worker=True))
