"""The worker's side of `process_env`: makes environments and serves them. Imports no torch, no Ray."""

import pickle
import signal
from multiprocessing.connection import Connection

from cfg.errors import RlgxError
from tasks.vec_env.rows import Rows
from tasks.vec_env.rows_server import RowsServer


def main(descriptor: int) -> None:
    """Serve over an inherited socket until its other end closes or says so."""
    # Ctrl-C reaches the whole group; the driver then closes the socket, and that is what ends a worker.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Connection(descriptor) as connection:
        _, (packed, rows, seed, role) = pickle.loads(connection.recv_bytes())  # noqa: S301  # the driver's
        try:
            served = Rows(pickle.loads(packed), rows, seed, role)  # noqa: S301
        except RlgxError as error:
            connection.send_bytes(pickle.dumps(error))
            return
        connection.send_bytes(pickle.dumps(True))
        RowsServer(served).serve(connection)
