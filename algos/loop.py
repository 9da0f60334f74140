"""The training loop of every algorithm: epochs, reports, evaluations, checkpoints, and when to stop.

Best and solved are judged by evaluation alone: greedy episodes on environments of their own, never the noisy
training episodes. Knows no particular algorithm and no environment.
"""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from algos import checkpoint
from algos.base import Agent
from algos.boundary import LastBoundary, Moment
from algos.evaluation import IN_THIS_PROCESS, Evaluation, evaluate, evaluation_envs, shows_masks
from algos.recording import TrainingFilms
from algos.reporting.report import EpochReport, Reporter
from algos.resuming import go_on, snapshot
from algos.run_dir import RunDir
from algos.saving import Saver
from algos.seeding import derived_seed
from algos.signals import Stopped, StopRequest
from cfg.compose import fingerprint
from cfg.errors import ClusterError, EnvFault, NumericalFault, StorageError
from cfg.schema import Config

_EVAL_EPOCHS = 10  # between evaluations, where eval_every is auto


@dataclass(frozen=True)
class _LastEvaluation:
    """When it was, in epochs and frames of training, and how many steps it took."""

    epoch: int = -1
    frame: int = 0
    steps: int = 0


class TrainingLoop:
    """One run of training.

    Attributes:
        status: None while training, then solved, budget, interrupted or failed.
        wall_s: seconds of training so far, of earlier parts of a resumed run too.
        best_eval: the best evaluation's mean return, None before the first.
    """

    def __init__(self, config: Config, run: RunDir, reporters: Sequence[Reporter], stop: StopRequest) -> None:
        self.config = config
        self.run = run
        self.status: str | None = None
        self.wall_s = 0.0
        self.best_eval: float | None = None
        self._reporters = reporters
        self._stop = stop
        about = {"config": fingerprint(config)}
        self._saver = Saver(run, config.keep_last, about, config.save_every_s)
        self._films = TrainingFilms(config, run.videos)
        self._resumed_wall_s, self._began = 0.0, time.monotonic()
        self._evaluated = _LastEvaluation()
        self._boundary = LastBoundary()
        self._epoch_s = 0.0  # of the last one
        self._saved: tuple[int, int] | None = None  # epoch and frame of the newest checkpoint

    def __call__(self, agent: Agent) -> None:
        """Train until solved, out of budget or asked to stop; always leaves a checkpoint of the end."""
        self._began = time.monotonic()
        try:
            self._train(agent)
        except Stopped:
            self._leave(agent)
        except NumericalFault as fault:
            self.status = "failed"  # and nothing is saved: the last good checkpoint stays the newest
            raise _with_evidence(fault, agent, self.run) from fault
        except (EnvFault, ClusterError):
            if self._stop.signum is None:
                self._fail(agent)
                raise
            self._leave(agent)  # the signal reached the environments' processes as well
        except Exception:
            self._fail(agent)
            raise
        except KeyboardInterrupt:
            self.status = "interrupted"
            raise
        finally:
            self.wall_s = self._elapsed()

    def _train(self, agent: Agent) -> None:
        left = self._evaluated.epoch != agent.epoch_num and self._evaluation_is_due(agent)
        if agent.epoch_num and left and self._evaluate(agent):  # a signal had cut this one short
            self.status = "solved"
        self._film(agent)
        while self.status is None:
            self.status = self.reason_to_stop(agent) or self._epoch(agent)
        self._finish(agent)

    def _fail(self, agent: Agent) -> None:
        """Save what can be saved; whatever becomes of that, the error that ended the run is told."""
        self.status = "failed"
        with contextlib.suppress(Exception):
            if agent.is_whole or self._boundary.moment is not None:
                self._save_whole(agent)
            else:  # an environment failed between two steps, where weights and replay are whole
                self._save(agent)

    def _leave(self, agent: Agent) -> None:
        self.status = "interrupted"
        self._save_whole(agent)

    def _epoch(self, agent: Agent) -> str | None:
        """One epoch with all that falls due after it; "solved" where it is."""
        if agent.rounds == 1 and not agent.growing():  # others are left between two rounds
            self._boundary.keep(lambda: self._now(agent), self._epoch_s)
        began = time.perf_counter()
        frames_before = agent.frame
        with self._stop.may_leave():
            timings, losses = agent.train_epoch()
        epoch_s = self._epoch_s = time.perf_counter() - began
        frames = agent.frame - frames_before
        report = EpochReport(
            epoch=agent.epoch_num,
            frame=agent.frame,
            wall_s=self._elapsed(),
            fps=frames / epoch_s,
            reward_mean=agent.episodes.return_mean,
            episode_length_mean=agent.episodes.length_mean,
            losses=losses,
            step_s=timings["step_s"],
            play_s=timings["play_s"],
            epoch_s=epoch_s,
            frames=frames,
        )
        for reporter in self._reporters:
            reporter.epoch(report)
        agent.algo_observer.after_print_stats(agent.frame, agent.epoch_num, report.wall_s)
        solved = self._evaluation_is_due(agent) and self._evaluate(agent)
        self._film(agent)
        frequency = self.config.settings.save_frequency
        by_epoch = frequency and agent.epoch_num % frequency == 0
        if by_epoch or self._stop.takes_save() or self._saver.is_overdue():
            self._save(agent)
        return "solved" if solved else None

    def reason_to_stop(self, agent: Agent) -> str | None:
        """The status with which training ends now; None where it goes on."""
        config = self.config
        if self._stop.signum is not None:
            return "interrupted"
        spent = (
            (agent.epoch_num, config.max_iterations),
            (agent.frame, config.max_frames),
            (self._elapsed(), config.max_wall_s),
        )
        return "budget" if any(limit is not None and used >= limit for used, limit in spent) else None

    def _finish(self, agent: Agent) -> None:
        due = self.config.eval_every and self._evaluated.epoch != agent.epoch_num
        if due and self.status == "budget" and agent.epoch_num and self._evaluate(agent):
            self.status = "solved"
        self._save(agent)

    def _elapsed(self) -> float:
        return self._resumed_wall_s + time.monotonic() - self._began

    # Evaluation

    def _evaluation_is_due(self, agent: Agent) -> bool:
        every = self.config.eval_every
        if every != "auto":
            return bool(every) and agent.epoch_num % every == 0
        trained = agent.frame - self._evaluated.frame
        return agent.epoch_num % _EVAL_EPOCHS == 0 and trained >= self._evaluated.steps

    def _evaluate(self, agent: Agent) -> bool:
        """Evaluate, keep the best, and say whether the task is solved: twice, on independent episodes."""
        result = self._play(agent, self.config.episodes, "evaluation")
        steps = round(result.length_mean * result.episodes)
        self._evaluated = _LastEvaluation(agent.epoch_num, agent.frame, steps)
        is_best = agent.epoch_num >= self.config.settings.save_best_after and (
            self.best_eval is None or result.return_mean >= self.best_eval
        )
        self._report(agent, {**result.as_dict(), "best": is_best})
        goal = self.config.task.solve_at
        confirmed = False
        if goal is not None and result.return_mean >= goal:
            second = self._play(agent, self.config.task.confirm_episodes, "confirmation")
            confirmed = second.return_mean >= goal
            self._report(agent, {**second.as_dict(), "confirms": confirmed})
        if is_best or confirmed:
            self.best_eval = result.return_mean
            self._saver.save_best(self._state(agent))
        return confirmed

    def _play(self, agent: Agent, episodes: int, purpose: str) -> Evaluation:
        seed = derived_seed(self.config.seed, agent.epoch_num, purpose)
        kind = IN_THIS_PROCESS.get(self.config.vec_env, self.config.vec_env)
        vec_env = evaluation_envs(self.config, episodes, seed, vec_env=kind, render_mode=None)
        try:
            # Training goes on with the random numbers it would have had without the evaluation.
            with torch.random.fork_rng(), self._stop.may_leave():
                policy, masked = agent.act(self.config.deterministic), shows_masks(self.config, vec_env)
                return evaluate(policy, vec_env, episodes, seed, masked)
        finally:
            vec_env.close()

    def _film(self, agent: Agent) -> None:
        if self._films.is_due(agent.frame):
            with self._stop.may_leave():
                clip = self._films.record(agent)
            for reporter in self._reporters:
                reporter.video(agent.frame, clip)

    def _report(self, agent: Agent, result: dict[str, Any]) -> None:
        for reporter in self._reporters:
            reporter.evaluation(agent.epoch_num, agent.frame, result)

    # Checkpoints

    def _save(self, agent: Agent) -> None:
        self._write(self._now(agent), agent)

    def _save_whole(self, agent: Agent) -> None:
        """The newest state that can be gone on from; the counters are its own afterwards."""
        if agent.is_whole:
            self._save(agent)
            return
        kept = self._boundary.moment
        if kept is None:  # within a round: weights and replay are of now, and the episodes begin anew
            reward = agent.episodes.return_mean
            now = Moment(agent.epoch_num, agent.frame, self._state(agent), dict(agent.resume_state()), reward)
            self._write(now, agent)
        elif self._saved is None or self._saved < (kept.epoch, kept.frame):
            self._write(kept, agent)
        if self._saved is not None:
            agent.epoch_num, agent.frame = self._saved

    def _now(self, agent: Agent) -> Moment:
        reward = agent.episodes.return_mean
        return Moment(agent.epoch_num, agent.frame, self._state(agent), snapshot(agent), reward)

    def _write(self, moment: Moment, agent: Agent) -> None:
        """What lies beside the checkpoint is written first, and the checkpoint names it."""
        at = (moment.epoch, moment.frame)
        beside = self._saver.save_beside(moment.beside, agent.growing(), at)
        state = {**moment.state, "rlgx": {**moment.state["rlgx"], "beside": beside}}
        self._saver.save_last(state, moment.epoch, moment.reward)
        self._saved = moment.epoch, moment.frame

    def _state(self, agent: Agent) -> dict[str, Any]:
        """A stock rl_games checkpoint, with what rlgx needs besides under a key of its own."""
        sizes = {name: size for reporter in self._reporters for name, size in reporter.flush().items()}
        best = -float("inf") if self.best_eval is None else self.best_eval
        return {
            **agent.get_full_state_weights(),
            "last_mean_rewards": best,
            "rlgx": {
                "task": self.config.task.name,
                "env": self.config.env_id,
                "algo": self.config.train.params.algo.name,
                "seed": self.config.seed,
                "policy": agent.describe(),
                "best_eval": self.best_eval,
                "evaluated": asdict(self._evaluated),
                "wall_s": self._elapsed(),
                "episodes": agent.episodes.state(),
                "log_sizes": sizes,
                "beside": None,
                "rounds": agent.rounds_done(),
            },
        }

    def restore(self, agent: Agent, state: dict[str, Any], beside: dict[str, Any]) -> str | None:
        """Go on from a checkpoint of this run: agent, counters, best score and the logs' ends.

        Returns what the user should know of it, if anything.
        """
        agent.set_full_state_weights(state)
        self._saved = agent.epoch_num, agent.frame
        note = go_on(agent, beside)
        self._saver.load_rows(beside, agent.growing())
        about = state["rlgx"]
        agent.episodes.load(about["episodes"])
        self.best_eval = about["best_eval"]
        agent.load_rounds_done(about.get("rounds", {"timings": [], "losses": []}))
        self._evaluated = _LastEvaluation(**about.get("evaluated", {}))
        self.wall_s = self._resumed_wall_s = about["wall_s"]
        return note


def _with_evidence(fault: NumericalFault, agent: Agent, run: RunDir) -> NumericalFault:
    """The fault, which says besides in which file the numbers are that led to it."""
    file = run.resume / f"nonfinite_ep_{agent.epoch_num + 1}.pth"
    about = {"fault": fault.problem, "epoch": agent.epoch_num + 1, "frame": agent.frame}
    try:
        checkpoint.write_any(file, {**about, **agent.evidence()})
    except StorageError:
        return fault
    return NumericalFault(fault.problem, f"{fault.remedy}; the batch is in {file}")
