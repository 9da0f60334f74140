"""What a person sees while training: one live line on a terminal, plain lines elsewhere."""

import logging
import time
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from algos.reporting.report import Clip, EpochReport
from cfg.schema import Config

_LIVE_PERIOD_S = 0.25
_PLAIN_PERIOD_S = 5.0


class Screen:
    """Shows progress to the budget. Never slows training: it redraws a few times a second at most."""

    def __init__(self, config: Config, console: Console) -> None:
        self._config = config
        self._console = console
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal else None
        self._period_s = _LIVE_PERIOD_S if self._live else _PLAIN_PERIOD_S
        self._shown_at = time.monotonic()
        self._started: tuple[float, float] | None = None
        self._handlers = {"rlgx.faults": _Lines(console), "rlgx.tasks": _Notes(console)}
        for name, handler in self._handlers.items():
            logging.getLogger(name).addHandler(handler)
        if self._live:
            self._live.start()

    def epoch(self, report: EpochReport) -> None:
        """See `Reporter.epoch`."""
        now = time.monotonic()
        share = self._share(report)
        if self._started is None:
            self._started = (now, share)
        if now - self._shown_at < self._period_s:
            return
        self._shown_at = now
        line = self._line(report, self._eta_s(now, share))
        if self._live:
            self._live.update(Text(line), refresh=True)
        else:
            self._console.print(line, highlight=False, soft_wrap=True)

    def evaluation(self, epoch: int, frame: int, result: dict[str, Any]) -> None:
        """See `Reporter.evaluation`."""
        mark = " (best)" if result.get("best") else ""
        kind = "confirmation" if result.get("confirms") is not None else "evaluation"
        self._console.print(
            f"{kind} after {frame:,} frames: return {result['return_mean']:.1f} +- {result['return_std']:.1f}"
            f" over {result['episodes']} episodes{mark}",
            highlight=False,
            soft_wrap=True,
        )

    def video(self, frame: int, clip: Clip) -> None:
        """See `Reporter.video`."""
        self._console.print(f"video after {frame:,} frames: {clip.path}", highlight=False, soft_wrap=True)

    def flush(self) -> dict[str, int]:
        """See `Reporter.flush`."""
        return {}

    def close(self) -> None:
        """See `Reporter.close`."""
        for name, handler in self._handlers.items():
            logging.getLogger(name).removeHandler(handler)
        if self._live:
            self._live.stop()

    def _share(self, report: EpochReport) -> float:
        """Share of the nearest budget that is used."""
        limits = (
            (report.epoch, self._config.max_iterations),
            (report.frame, self._config.max_frames),
            (report.wall_s, self._config.max_wall_s),
        )
        return max((done / limit for done, limit in limits if limit), default=0.0)

    def _eta_s(self, now: float, share: float) -> float | None:
        assert self._started is not None
        began, share_then = self._started
        gained = share - share_then
        # The last epoch of a budget in frames overshoots it.
        return max(1.0 - share, 0.0) * (now - began) / gained if gained > 0 else None

    def _line(self, report: EpochReport, eta_s: float | None) -> str:
        limit = f"/{self._config.max_iterations}" if self._config.max_iterations else ""
        parts = [
            f"epoch {report.epoch}{limit}",
            f"frame {report.frame:,}",
            f"fps {report.fps:,.0f}",
            f"reward {_number(report.reward_mean)}",
            f"length {_number(report.episode_length_mean)}",
            *(f"{name} {value:.3g}" for name, value in report.losses.items() if name in _SHOWN_LOSSES),
            "" if eta_s is None else f"at most {_duration(eta_s)} left",
        ]
        return "  ".join(part for part in parts if part)


class _Lines(logging.Handler):
    """Shows what is logged as it comes."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        self._console.print(self.format(record), markup=False, highlight=False, soft_wrap=True)


class _Notes(_Lines):
    """Shows what environments are told of, once: those of every evaluation say it again."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self.setFormatter(logging.Formatter("note: %(message)s"))
        self._shown: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage() not in self._shown:
            self._shown.add(record.getMessage())
            super().emit(record)


_SHOWN_LOSSES = ("a_loss", "c_loss", "c1_loss", "entropy", "kl", "alpha", "last_lr")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
