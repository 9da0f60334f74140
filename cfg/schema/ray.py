"""On which Ray the actors of `vec_env=ray` run, and on which of its nodes. Starts no Ray."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator

from cfg.schema.fields import Frozen


def _address(value: str) -> str:
    found = re.fullmatch(r"auto|([\w.-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})", value)
    if not found or (found[2] and not 0 < int(found[2]) < 2**16):
        raise ValueError("write auto, or host:port of the cluster's head, e.g. 10.0.0.1:6379")
    return value


RayAddress = Annotated[str, AfterValidator(_address)]


class RayConfig(Frozen):
    """The keys below `ray`.

    Attributes:
        address: of a cluster that runs already; None starts a Ray of our own on this machine.
        placement: workers on this node first, or all over the cluster; None: pack.
    """

    address: RayAddress | None = None
    placement: Literal["pack", "spread"] | None = None
