"""Notes every operation that has to wait for a device; the CPU is asked for the same ones as a GPU."""

from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode

WAITING = ("_local_scalar_dense", "nonzero", "masked_select", "is_nonzero", "equal", "unique", "item")


class Waits(TorchDispatchMode):
    """A block's operations that read numbers from the device, or whose result's shape depends on them."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__
        indexes = args[1] if name in ("index", "index_put", "index_put_") else ()
        by_mask = any(index is not None and str(index.dtype) == "torch.bool" for index in indexes)
        if name in WAITING or by_mask:
            self.seen.append(name)
        return func(*args, **(kwargs or {}))
