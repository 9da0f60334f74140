"""Trials that bring NaN or infinity into a training: by the environment, or by steps far too large."""

from pathlib import Path

from tasks.seeding import env_seed
from tests.chaos import judge, watch
from tests.chaos.faulty import FAULTS, told
from tests.chaos.processes import Driver, start
from tests.chaos.trial import Trial
from tests.chaos.worlds import SEED, WORLDS, World

NUMERICAL = 6
"""The exit code."""
WITHIN_S = 60.0
WORLDS_HERE = ("discrete", "continuous", "sac")
DIVERGING = {
    "discrete": ("train.params.config.learning_rate=1e20", "train.params.config.lr_schedule=constant",
                 "train.params.config.max_lr=1e20"),
    "continuous": ("train.params.config.learning_rate=1e20", "train.params.config.lr_schedule=constant",
                   "train.params.config.max_lr=1e20"),
    "sac": ("train.params.config.critic_lr=1e20", "train.params.config.actor_lr=1e20"),
}  # fmt: skip
OF_ENVIRONMENT = [fault for fault in FAULTS if fault != "hang"]
BY_COMMAND = 10


def bring_in(trial: Trial) -> None:
    """Five times in six by the environment, else by the learning rate."""
    name = WORLDS_HERE[trial.seed % len(WORLDS_HERE)]
    world = WORLDS[name]
    fault = "learning_rate" if trial.chance.random() < 1 / 6 else trial.chance.choice(OF_ENVIRONMENT)
    trial.figures |= {"world": name, "fault": fault}
    more = DIVERGING[name] if fault == "learning_rate" else faulty_words(trial, world, fault)
    words = world.command("eval_every=0", *more)
    driver = start(trial.folder, words, warm=trial.seed % BY_COMMAND != 0)
    if not judge.ended_with(trial, driver, NUMERICAL, WITHIN_S):
        return
    judge.said_no_traceback(trial, driver)
    judge.said_one_error(trial, driver)
    judge.nothing_left(trial, driver)
    run = judge.the_run(trial.folder)
    if not trial.expect(run, "there is no run"):
        return
    assert run is not None
    judge.checkpoints_are_whole(trial, run)
    if fault == "learning_rate":
        is_caught_at_once(trial, run)
    else:
        is_named(trial, driver, world)


def is_caught_at_once(trial: Trial, run: Path) -> None:
    """No epoch with an update was finished, and the batch that went wrong is kept under the epoch at work."""
    lines = judge.metrics(run) if (run / "metrics.jsonl").is_file() else []
    learned = [line["epoch"] for line in lines if any(name.endswith("_loss") for name in line)]
    trial.expect(not learned, f"the epochs {learned} were finished with such a learning rate")
    at_work = watch.epoch(trial.folder) + 1
    kept = run / "resume" / f"nonfinite_ep_{at_work}.pth"
    trial.expect(kept.is_file(), f"there is no {kept.name}: {[path.name for path in kept.parent.glob('*')]}")


def faulty_words(trial: Trial, world: World, fault: str) -> tuple[str, ...]:
    """The words that have an environment do something wrong, in a row and a step that chance chooses."""
    at = trial.chance.randrange(1, world.epochs * world.steps // 2)
    row = trial.chance.randrange(world.num_envs)
    trial.figures |= {"row": row, "step": at}
    seed = env_seed(SEED, "train", row)
    kwargs = f"{{fault: {fault}, at: {at}, seed: {seed}, folder: '{trial.folder / 'fault'}'}}"
    return (f"task.wrappers=[{{entry_point: 'tests.chaos.faulty:Faulty', kwargs: {kwargs}}}]",)


def is_named(trial: Trial, driver: Driver, world: World) -> None:
    """The environment and the step are told, and no later epoch was finished."""
    fault = told(trial.folder / "fault")
    if not trial.expect(fault, "the fault never came"):
        return
    assert fault is not None
    judge.said_one_error(trial, driver, rf"\brow {trial.figures['row']}\b.*\bstep {fault['step']}\b")
    epochs, begun = watch.epoch(trial.folder), (fault["step"] - 1) // world.steps
    trial.expect(epochs == begun, f"{epochs} epochs were finished, and the fault came in epoch {begun + 1}")
