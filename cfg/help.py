"""What --help and --version print. Reads the table of flags; judges nothing."""

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

from cfg.flags import FLAGS, SHORT, Request
from cfg.listing import KINDS, listed

_USAGE = """\
Train, resume, evaluate and play any Gymnasium task with rl_games' algorithms.

usage: python train.py [key=value ...] [flags]

examples:
  python train.py                                          train the default task, CartPole
  python train.py task=Pendulum seed=1                     train another; train defaults to <task>PPO
  python train.py task=Gym env=LunarLander-v3              any Gymnasium id, no YAML to write
  python train.py task=CartPole vec_env=ray num_workers=2  environments in Ray actors
  python train.py task=CartPoleNoVelocity network=lstm     another network
  python train.py task=Pendulum train=PendulumSAC          another algorithm
  python train.py task=CartPole train.params.config.gamma=0.95 max_iterations=100
  python train.py --eval --checkpoint runs/<run> episodes=100
  python train.py --play --checkpoint runs/<run>
  python train.py --file path/to/rl_games.yaml             rl_games' own YAML, unchanged
  python train.py --resume runs/<run> max_iterations=500
  python train.py task=CartPole --eval --policy random     a baseline
  python train.py --check task=Pendulum                    does it keep the contract, whoever steps it?
  python train.py -m seed=1,2,3 task=CartPole,Pendulum     every combination, with a table
"""
_KEYS = """\
keys (each with its default and a comment in cfg/config.yaml):
  task train network env env_kwargs vec_env num_envs num_workers seed device
  ray.address ray.placement faults.mode faults.budget faults.step_timeout_s faults.reset_timeout_s
  faults.on_nonfinite max_iterations max_frames max_wall_s checkpoint restore resume file
  policy episodes deterministic headless capture_video capture_video_freq capture_video_len sigma
  experiment eval_every run_dir keep_last save_every_s jobs imports observers torch_deterministic
  sim_device rl_device
  anything below a task or a train by its full path, e.g. task.solve_at=400

exit codes: 0 done, 2 bad input, 3 checkpoint refused, 4 environment fault, 5 storage,
  6 numerical fault, 7 Ray, 130 interrupted. RLGX_DEBUG=1 shows the traceback of an error.
"""


def shown_instead(request: Request) -> str:
    """What --help, --version or --list prints; nothing where the request is to run."""
    shows: dict[str, Callable[[], str]] = {
        "help": help_text,
        "version": version_text,
        "list": lambda: listed(request.kind),
    }
    return shows[request.command]() if request.command in shows else ""


def help_text() -> str:
    """What --help prints."""
    short = {name: spelling for spelling, name in SHORT.items()}
    rows = []
    for name, flag in FLAGS.items():
        spelling = f"{short[name]}, {name}" if name in short else name
        rows.append(f"  {f'{spelling} {flag.value}'.strip():19} {flag.help}")
    kinds = f"  {'':19} KIND is one of {', '.join(KINDS)}"
    return "\n".join([_USAGE, "flags:", *rows, kinds, "", _KEYS])


def version_text() -> str:
    """What --version prints."""
    try:
        return f"rlgx {version('rlgx')}\n"
    except PackageNotFoundError:
        return "rlgx, not installed (run from its source tree)\n"
