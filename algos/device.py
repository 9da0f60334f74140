"""Where networks live: the configuration's device, judged against this machine."""

import torch

from cfg.errors import ConfigError


def pick_device(name: str) -> str:
    """ "auto" -> the GPU if there is one; else the named device. Raises ConfigError where it does not exist."""
    if name == "auto":
        return "cuda:0" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda"):
        index = int(name.partition(":")[2] or 0)
        if index >= torch.cuda.device_count():
            raise ConfigError(
                f"device={name}: torch {torch.__version__} sees {torch.cuda.device_count()} GPUs",
                "use device=auto or device=cpu, or install a GPU build of torch (README)",
            )
        return f"cuda:{index}"
    return name
