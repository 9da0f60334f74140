"""Where networks live and how many threads they get: the configuration judged against this machine."""

import os

import torch

from cfg.errors import ConfigError
from cfg.schema import Config

_WORTH_THREADS = 100_000_000


def pick_device(name: str) -> str:
    """The GPU if there is one for "auto", else the named device. Raises ConfigError where it is absent."""
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


def mixes_precision(is_wanted: bool, device: str) -> bool:
    """Whether networks learn in bfloat16, as rl_games' `mixed_precision` says: on a GPU only."""
    return is_wanted and torch.device(device).type == "cuda"


def precision_notes(is_wanted: bool, device: str) -> tuple[str, ...]:
    """What is to be told of `mixed_precision`, a line each."""
    if not is_wanted or mixes_precision(is_wanted, device):
        return ()
    return (f"mixed_precision=True has no effect on {device}: networks learn in float32",)


def of_simulators(config: Config) -> str:
    """Where a task's simulator runs: where the policy learns, which the configuration's rules see to."""
    return pick_device(config.rl_device)


def flush_denormals() -> None:
    """Has the processor take numbers below 1e-38 for 0, in this thread and those it starts.

    Adam's moments of a dead unit halve every few steps, until a multiplication of them takes a hundred
    times as long: SAC's gradient step grew from 5.5 to 6.8 ms within 500 (docs/log.md).
    """
    torch.set_flush_denormal(True)


def limit_threads(threads: int | str, parameters: int, minibatch_size: int) -> None:
    """Set torch's threads for `train.params.torch_threads`; "auto" gives small networks one.

    rl_games' Runner, whose "auto" came before, gives up to 4 whatever OMP_NUM_THREADS says. Here that is the
    most: two trainings from pictures on 2 processors make 200 steps/s each with two threads, 700 with one.

    Threads wait for each other after every operation. Below about 1e8 multiplications a minibatch they gain
    nothing, and where another process wants the same cores they lose nearly everything: 64 CartPoles beside
    one busy process made 6,000 steps/s with two threads and 42,200 with one (docs/log.md).
    """
    if threads != "auto":
        return
    most = os.environ.get("OMP_NUM_THREADS", "")
    if parameters * minibatch_size < _WORTH_THREADS:
        torch.set_num_threads(1)
    elif most.isdecimal() and 0 < int(most) < torch.get_num_threads():
        torch.set_num_threads(int(most))
