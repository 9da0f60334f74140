"""The worker's side of `process_env`: makes environments and serves them. Imports no torch, no Ray."""

import pickle
from multiprocessing.connection import Connection

from cfg.errors import RlgxError
from cfg.streams import open_ends
from tasks.vec_env.channel import answer_of
from tasks.vec_env.lifeline import end_with_driver, leave_signals_to_driver
from tasks.vec_env.rows import Rows
from tasks.vec_env.rows_server import RowsServer
from tasks.vec_env.wire import Wire


def main(descriptor: int) -> None:
    """Serve over an inherited socket until its other end closes or says so."""
    leave_signals_to_driver()
    end_with_driver(descriptor)
    with open_ends():
        _serve(descriptor)


def _serve(descriptor: int) -> None:
    wire = Wire(Connection(descriptor), is_worker=True)
    _, (packed, rows, *how) = pickle.loads(wire.receive())  # noqa: S301  # the driver's
    name = f"the worker of rows {rows[0]} to {rows[-1]}"
    made = answer_of(name, "start", lambda: Rows(pickle.loads(packed), rows, *how), ())  # noqa: S301
    if isinstance(made, RlgxError):
        wire.send(pickle.dumps(made))
        return
    wire.send(pickle.dumps(True))
    RowsServer(made).serve(wire)
