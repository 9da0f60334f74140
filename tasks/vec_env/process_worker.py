"""The worker's side of `process_env`: makes environments and serves them. Imports no torch, no Ray."""

from multiprocessing.connection import Connection

from cfg.streams import open_ends
from tasks.vec_env.lifeline import end_with_driver, leave_signals_to_driver
from tasks.vec_env.rows_server import serve_from_start
from tasks.vec_env.wire import Wire


def main(descriptor: int) -> None:
    """Serve over an inherited socket until its other end closes or says so."""
    leave_signals_to_driver()
    end_with_driver(descriptor)
    with open_ends():
        serve_from_start(Wire(Connection(descriptor), stays_awake=True))
