"""What a run starts from: its device and its checkpoint, judged before rl_games is loaded."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from algos import checkpoint
from algos.archive import Damaged
from algos.device import pick_device
from algos.run_dir import RunDir
from algos.run_lock import RunLock
from algos.saving import read_whole, rotated_checkpoints
from algos.spaces import space_to_plain
from algos.video import find_ffmpeg
from cfg.compose import fingerprint
from cfg.errors import CheckpointError, ConfigError
from cfg.schema import Config
from cfg.spec import algorithm_of, find, resolve

_BOUNDS = ("low", "high")  # long, and told only where nothing else differs


def _is_log_sizes(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(name, str) and isinstance(size, int) and size >= 0 for name, size in value.items()
    )


# A checksum tells damage, not malice: what a resume relies on is looked at before anything is done with it.
_SECTION: dict[str, Callable[[Any], bool]] = {
    "policy": lambda value: isinstance(value, dict),
    "episodes": lambda value: isinstance(value, dict),
    "log_sizes": _is_log_sizes,
    "wall_s": lambda value: isinstance(value, float | int),
    "best_eval": lambda value: value is None or isinstance(value, float | int),
}


@dataclass(frozen=True)
class Start:
    """The device of the networks, and the checkpoint file and its content; None and {} without one.

    `beside` is what a resumed run kept beside its checkpoint, e.g. where its replay is. `notes` are lines for
    the screen.
    """

    device: str
    file: Path | None
    state: dict[str, Any]
    beside: dict[str, Any]
    notes: tuple[str, ...] = ()


def judge(config: Config) -> Start:
    """Read what the configuration names.

    Raises ConfigError for the device, a missing ffmpeg or a run_dir that is taken, CheckpointError for the
    file.
    """
    device = pick_device(config.rl_device)
    if config.capture_video:
        find_ffmpeg()
    if config.run_dir and Path(config.run_dir).exists():
        raise ConfigError(
            f"run_dir={config.run_dir} is there already", f"name another, or write --resume {config.run_dir}"
        )
    if config.resume:
        return _resumed(config, device)
    file = _file(config)
    return Start(device, file, checkpoint.read(file) if file else {}, {})


def _resumed(config: Config, device: str) -> Start:
    """The newest checkpoint of the run that is whole, with all that it needs beside it."""
    run = RunDir(Path(config.resume or ""), config.run_name)
    RunLock(run.path).release()  # told before anything is read that may just be being written
    damage: list[Damaged] = []
    for file in (run.last, *(rotated_checkpoints(run) if run.nn.is_dir() else ())):
        try:
            state, beside = read_whole(run, file)
        except Damaged as error:
            damage.append(error)
            continue
        _judge_origin(config, file, state)
        notes = (f"{damage[0].problem}; going on from {file} instead",) if damage else ()
        return Start(device, file, state, beside, notes)
    raise damage[0]


def _judge_origin(config: Config, file: Path, state: dict[str, Any]) -> None:
    if "rlgx" not in state:
        raise CheckpointError(
            f"{config.resume} was not trained by rlgx, so it cannot be resumed",
            "start a new run from its weights: checkpoint=<file>",
        )
    if wrong := next(
        (key for key, is_right in _SECTION.items() if not is_right(state["rlgx"].get(key))), None
    ):
        raise CheckpointError(f"{file} is garbled: rlgx.{wrong} is not what it should be", "use another one")
    there = (checkpoint.note_of(file) or {}).get("config")
    if there not in (None, fingerprint(config)):
        raise CheckpointError(
            f"{file} is of another task, network or algorithm than {config.resume}/config.yaml says",
            "put the config.yaml back that the run was made with",
        )


def check_fit(state: dict[str, Any], config: Config, env_info: dict[str, Any]) -> None:
    """Judge the environment's spaces: whether the algorithm can learn there, and a checkpoint is of them.

    A stock checkpoint does not know its own; its tensors are compared when the network is built.

    Raises:
        ConfigError: where the algorithm or its network does not fit.
        CheckpointError: where a checkpoint is of another algorithm or of other spaces.
    """
    if config.policy == "checkpoint":
        resolve(algorithm_of(config).fit)(config.train.params, env_info)
    if "rlgx" not in state:
        return
    about, spec = state["rlgx"], algorithm_of(config)
    there = about["policy"]
    if find(there["algo"]) is not spec:
        raise CheckpointError(
            f"the checkpoint is of {there['algo']}, not of {spec.name}", "use its own train="
        )
    for part in ("observation_space", "action_space"):
        here = space_to_plain(env_info[part])
        if there[part] != here:
            bounds = () if _without(there[part], *_BOUNDS) == _without(here, *_BOUNDS) else _BOUNDS
            raise CheckpointError(
                f"the checkpoint (task {about['task']}) has another {part}: "
                f"{_without(there[part], *bounds)} there, {_without(here, *bounds)} here",
                "use the task it was trained with (its run directory knows it)",
            )


def _without(plain: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in plain.items() if key not in keys}


def _file(config: Config) -> Path | None:
    if config.checkpoint is None or config.policy != "checkpoint":
        return None
    return checkpoint.resolve_path(config.checkpoint)
