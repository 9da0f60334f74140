"""Steps some rows in a Ray actor. Sent there as code, so it imports nothing until it knows where from."""

from typing import Any


class RowsActor:
    """One worker process and its rows.

    Environments are made by `make`, not by the constructor: an exception there comes back as text.
    On the driver's node a socket serves them; elsewhere each request of the driver's is a call of Ray's.
    """

    _lacking: str | None = None
    _rows: Any = None
    _folder: Any = None

    def node(self) -> str:
        """The id of the node it runs on."""
        import ray

        node: str = ray.get_runtime_context().get_node_id()
        return node

    def look_in(self, search_path: list[str]) -> None:
        """Has it import whatever the driver can, on the driver's own node."""
        import sys

        sys.path.extend(path for path in search_path if path not in sys.path)

    def unpack(self, code: bytes) -> None:
        """Has it import the driver's own code first, from an archive (`tasks.vec_env.carried_code`)."""
        import io
        import sys
        import tempfile
        import zipfile

        self._folder = tempfile.TemporaryDirectory(prefix="rlgx-", ignore_cleanup_errors=True)
        zipfile.ZipFile(io.BytesIO(code)).extractall(self._folder.name)  # noqa: S202  # the driver's own
        sys.path.insert(0, self._folder.name)

    def make(self, factory: bytes, rows: range, *how: Any) -> None:
        """Makes the environments.

        Args:
            factory: the pickled `EnvFactory`; it may need the driver's code to be read.
            rows: global positions.
            how: what else `tasks.vec_env.rows.Rows` takes.
        """
        import pickle

        try:
            from tasks.vec_env.rows import Rows
            from tasks.vec_env.timers import EXACT_S, set_timer_slack

            set_timer_slack(EXACT_S)  # Ray's own may be late (`tasks.vec_env.ray_init`), environments not
            self._rows = Rows(pickle.loads(factory), rows, *how)  # noqa: S301  # the driver made it
        except Exception as error:
            cause: BaseException | None = error
            while cause is not None and not (isinstance(cause, ModuleNotFoundError) and cause.name):
                cause = cause.__cause__
            self._lacking = cause.name if isinstance(cause, ModuleNotFoundError) else None
            raise

    def lacking(self) -> str | None:
        """The module for want of which `make` failed; None where that was not the reason."""
        return self._lacking

    def listen(self) -> tuple[Any, bytes, int]:
        """An address on this machine and the key to it, for `serve`, and the id of this process."""
        import os
        import secrets
        import tempfile
        from multiprocessing.connection import Listener

        key = secrets.token_bytes(32)
        # A folder of its own, which only this user may enter.
        self._place = tempfile.TemporaryDirectory(prefix="rlgx-", ignore_cleanup_errors=True)
        self._listener = Listener(os.path.join(self._place.name, "socket"), "AF_UNIX", authkey=key)
        return self._listener.address, key, os.getpid()

    def serve(self) -> None:
        """Answers the driver's requests, once it has come to the address, until it is gone."""
        from tasks.vec_env.lifeline import end_with_driver
        from tasks.vec_env.rows_server import RowsServer
        from tasks.vec_env.wire import Wire

        with self._place, self._listener:
            connection = self._listener.accept()
            end_with_driver(connection.fileno())
            wire = Wire(connection, stays_awake=True)
        # The folder is gone again before anybody can kill this process: nobody else is to come.
        RowsServer(self._rows).serve(wire)

    def answer(self, request: str, arguments: tuple[Any, ...]) -> Any:
        """The answer to one request of a driver on another node; an error of ours is one too."""
        from tasks.vec_env.remote_rows import answer

        return answer(self._rows, request, arguments)

    def leave(self) -> None:
        """Closes the environments, if there are any yet, and takes the driver's code away."""
        if self._rows is not None:
            self._rows.close()
        if self._folder is not None:
            self._folder.cleanup()
