"""One game beside the vector environment's first row, in colour: it is given the same seed and actions.

ale-py's vector environment shows nothing but its small grey pictures.
"""

from typing import Any

import ale_py
from ale_py import roms

from tasks.arrays import Array
from tasks.atari.protocol import AtariProtocol

WINDOW = "human"


class Mirror:
    """A plain ALE that repeats what row 0 does, frame by frame.

    Args:
        rom: ale-py's name of the game.
        protocol: that of the row.
        render_mode: "human" opens a window that keeps the console's own speed.
    """

    def __init__(self, rom: str, protocol: AtariProtocol, render_mode: str) -> None:
        self._rom_path = roms.get_rom_path(rom)
        self._protocol = protocol
        self._has_window = render_mode == WINDOW
        self._ale: Any = ale_py.ALEInterface()
        self._ale.setLoggerMode(ale_py.LoggerMode.Error)
        self._ale.setFloat("repeat_action_probability", protocol.repeat_action_probability)
        for option in ("display_screen", "sound"):
            self._ale.setBool(option, self._has_window)
        self._elapsed = 0

    def seed(self, seed: int) -> None:
        """Starts the console anew, as a seeded reset of the row does."""
        self._ale.setInt("random_seed", seed)
        self._ale.loadROM(self._rom_path)
        full = self._protocol.full_action_space
        self._actions = self._ale.getLegalActionSet() if full else self._ale.getMinimalActionSet()

    def reset(self, frames: int) -> None:
        """A new game, up to the frame at which the row gives its first picture: FIRE, then no action."""
        self._elapsed = 0
        self._ale.reset_game()
        if self._protocol.use_fire_reset and ale_py.Action.FIRE in self._actions:
            self._ale.act(ale_py.Action.FIRE)
        while self._ale.getEpisodeFrameNumber() < frames and not self._ale.game_over():
            self._ale.act(ale_py.Action.NOOP)

    def follow(self, action: int, is_over: bool, frames: int) -> None:
        """One step of the row: its action, whether the game was over, and the frame that it shows now."""
        self._step(action)
        if is_over:
            self.reset(frames)

    def frame(self) -> Array | None:
        """The screen as it is, uint8 [210, 160, 3]; None where there is a window."""
        return None if self._has_window else self._ale.getScreenRGB()

    def _step(self, action: int) -> None:
        for _ in range(self._protocol.frameskip):
            self._ale.act(self._actions[action])
            self._elapsed += 1
            if self._ale.game_over() or self._elapsed >= self._protocol.max_num_frames_per_episode:
                return
