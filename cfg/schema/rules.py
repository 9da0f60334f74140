"""Rules between keys, each a function that raises one ConfigError with a value that would work.

These hold for every algorithm; `Algorithm.rules` names those of one.
"""

import re
from collections.abc import Callable

from cfg.choices import ONE_ENGINE, WITHOUT_WORKERS
from cfg.errors import ConfigError, did_you_mean
from cfg.schema.config import Config
from cfg.schema.network_rules import judge_network
from cfg.spec import HOSTED, algorithm_of, resolve

Rule = Callable[[Config, frozenset[str]], None]


def check(config: Config, explicit: frozenset[str]) -> None:
    """Raise ConfigError for the first rule that is broken; `explicit` are the command line's dotted keys."""
    for rule in (*RULES, *resolve(algorithm_of(config).rules)):
        rule(config, explicit)


def _one_environment(config: Config, _explicit: frozenset[str]) -> None:
    task = config.task
    said = [key for key in ("env", "entry_point", "simulator") if getattr(task, key)]
    if len(said) > 1:
        raise ConfigError(f"task {task.name} has both {' and '.join(said)}", "keep one of them in its YAML")
    if task.is_open and config.env is None:
        raise ConfigError(
            f"task={task.name} needs an environment", "write env=<Gymnasium id>, e.g. env=LunarLander-v3"
        )
    if not task.is_open and config.env is not None:
        raise ConfigError(
            f"env={config.env} does not go with task={task.name}, which has its own",
            f"write task=Gym env={config.env}",
        )


def _policy_has_a_mode(config: Config, _explicit: frozenset[str]) -> None:
    if config.mode == "train" and config.policy != "checkpoint":
        raise ConfigError(f"policy={config.policy} learns nothing", "add --eval or --play")
    if config.mode != "train" and config.policy == "checkpoint" and config.checkpoint is None:
        raise ConfigError(
            f"--{config.mode} needs a checkpoint",
            "add --checkpoint runs/<run>, or --policy random for a baseline",
        )


def _restore_has_a_checkpoint(config: Config, explicit: frozenset[str]) -> None:
    if "restore" in explicit and (config.checkpoint is None or config.mode != "train"):
        raise ConfigError(
            f"restore={config.restore} says what checkpoint= brings to a new training",
            "add checkpoint=runs/<run>, or leave it out",
        )


def _resume_only_trains(config: Config, _explicit: frozenset[str]) -> None:
    if config.resume is not None and config.mode != "train":
        raise ConfigError(
            f"--resume does not go with --{config.mode}", f"write --{config.mode} --checkpoint PATH"
        )


def _one_run_has_one_place(config: Config, _explicit: frozenset[str]) -> None:
    if config.jobs is not None:
        raise ConfigError(f"jobs={config.jobs} without -m: there is one run", "add -m, or leave it out")
    if config.run_dir is not None and (config.resume is not None or config.mode != "train"):
        raise ConfigError(f"run_dir={config.run_dir}: no new run is made here", "leave it out")


def _films_are_made(config: Config, explicit: frozenset[str]) -> None:
    for key in ("capture_video_freq", "capture_video_len"):
        if key in explicit and not config.capture_video:
            raise ConfigError(f"{key} is set, but nothing is filmed", "add capture_video=True")
    if "capture_video_freq" in explicit and config.mode != "train":
        raise ConfigError(
            f"capture_video_freq means nothing to --{config.mode}, which makes one film", "leave it out"
        )
    if config.capture_video and config.headless is False and config.mode == "play":
        raise ConfigError(
            "headless=False and capture_video=True: an environment draws a window or a film, not both",
            "give one of them",
        )


def _workers_have_envs(config: Config, _explicit: frozenset[str]) -> None:
    if config.num_workers is None:
        return
    if config.vec_env in WITHOUT_WORKERS:
        raise ConfigError(
            f"num_workers={config.num_workers} means nothing to vec_env={config.vec_env}",
            "leave it out" if config.task.simulator else "add vec_env=process or vec_env=ray",
        )
    if config.num_workers > config.num_envs:
        raise ConfigError(
            f"num_workers={config.num_workers} is more than num_envs={config.num_envs}",
            f"write num_workers={config.num_envs} or fewer",
        )


def _ray_keys_have_a_cluster(config: Config, _explicit: frozenset[str]) -> None:
    given = [f"ray.{key}={value}" for key, value in config.ray if value is not None]
    if given and config.vec_env != "ray":
        raise ConfigError(f"{given[0]} means nothing to vec_env={config.vec_env}", "add vec_env=ray")
    if config.ray.placement is not None and config.ray.address is None:
        raise ConfigError(
            f"{given[0]} without ray.address: the workers of a Ray that is started here are all here",
            "add ray.address=auto or host:port, or leave it out",
        )


def _faults_can_be_mended(config: Config, explicit: frozenset[str]) -> None:
    given = sorted(key for key in explicit if key.startswith("faults."))
    if given and config.vec_env in ONE_ENGINE:
        raise ConfigError(
            f"{given[0]} means nothing to vec_env={config.vec_env}, which steps all environments as one",
            "leave it out",
        )
    late = [key for key in given if key.endswith("_timeout_s")]
    if late and config.vec_env == "sync":
        raise ConfigError(
            f"{late[0]}: vec_env=sync steps in the training's own process, which nobody can interrupt",
            "use vec_env=process or ray, or leave it out",
        )
    if config.faults.mode == "ignore" and config.vec_env == "sync":
        raise ConfigError(
            "faults.mode=ignore: vec_env=sync has no workers that could take over", "use faults.mode=restart"
        )
    if config.faults.mode == "fatal" and config.faults.on_nonfinite == "reset":
        raise ConfigError(
            "faults.on_nonfinite=reset makes environments anew, which faults.mode=fatal forbids",
            "use faults.mode=restart, or on_nonfinite=stop",
        )


def _simulators_run_themselves(config: Config, _explicit: frozenset[str]) -> None:
    task = config.task
    if task.simulator and config.vec_env != "simulator":
        raise ConfigError(
            f"vec_env={config.vec_env}: task {task.name} is a simulator, which steps all environments itself",
            "leave vec_env out",
        )
    if config.vec_env == "simulator" and not task.simulator:
        raise ConfigError(
            f"vec_env=simulator: task {task.name} names no simulator", "use vec_env=sync, process or ray"
        )
    if task.simulator and task.wrappers:
        raise ConfigError(
            f"task.wrappers: {task.wrappers[0]['entry_point']} wraps single environments, not a simulator",
            "leave it out",
        )
    if task.simulator and config.capture_video:
        raise ConfigError(
            f"capture_video=True: task {task.name} is a simulator, which draws nothing", "leave it out"
        )


def _simulators_share_the_device(config: Config, _explicit: frozenset[str]) -> None:
    if config.sim_device in ("auto", "cpu") and not config.task.simulator:
        return
    if not config.task.simulator:
        raise ConfigError(
            f"sim_device={config.sim_device}: task {config.task.name} is no simulator",
            "leave it out: these environments run on the CPU",
        )
    if config.sim_device not in ("auto", config.rl_device):
        raise ConfigError(
            f"sim_device={config.sim_device} is not rl_device={config.rl_device}: "
            "a simulator runs where the policy learns",
            "write device= for both",
        )


def _model_belongs_to_the_algorithm(config: Config, _explicit: frozenset[str]) -> None:
    name, spec = config.train.params.model.name, algorithm_of(config)
    known = ("auto", *spec.models)
    if name not in known and spec is not HOSTED:
        raise ConfigError(f"train.params.model.name={name} is not known", did_you_mean(name, known))


def _checkpoint_has_one_door(config: Config, _explicit: frozenset[str]) -> None:
    if config.train.params.load_checkpoint:
        raise ConfigError(
            "train.params.load_checkpoint=True has no effect, in rl_games neither", "write checkpoint=PATH"
        )


def _network_reads_its_block(config: Config, _explicit: frozenset[str]) -> None:
    judge_network(config.train.params.network or {}, "train.params.network")


def _no_code_lies_in_runs(config: Config, _explicit: frozenset[str]) -> None:
    """Runs are data that people give away: a module in one could be imported, since the folder `runs` can."""
    task = config.task
    named = (task.entry_point, task.simulator, *config.imports, *config.observers)
    ids = (env_id for env_id in (config.env, task.env) if env_id and ":" in env_id)
    for name in (*named, *ids, *(wrapper["entry_point"] for wrapper in task.wrappers)):
        if name and re.match(r"\s*runs\s*[.:]|runs$", name):
            raise ConfigError(f"{name} names code in runs/, which holds none", "keep your modules elsewhere")


RULES: tuple[Rule, ...] = (
    _no_code_lies_in_runs,
    _model_belongs_to_the_algorithm,
    _one_environment,
    _policy_has_a_mode,
    _restore_has_a_checkpoint,
    _resume_only_trains,
    _one_run_has_one_place,
    _films_are_made,
    _workers_have_envs,
    _ray_keys_have_a_cluster,
    _faults_can_be_mended,
    _simulators_run_themselves,
    _simulators_share_the_device,
    _checkpoint_has_one_door,
    _network_reads_its_block,
)
