"""Whether there is a display, and drawing without one. Draws nothing itself."""

import os
import sys

# What the libraries that draw are told on a machine without a display, before they are loaded.
_WITHOUT_DISPLAY = {
    "MUJOCO_GL": "egl",  # MuJoCo, gymnasium-robotics and dm_control; osmesa where there is no EGL
    "SDL_VIDEODRIVER": "offscreen",  # pygame; with "dummy" highway-env draws nothing
    "SDL_AUDIODRIVER": "dummy",
}


def has_display() -> bool:
    """Whether a window can be opened."""
    return sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def draw_without_display() -> None:
    """Have what this process loads from here on draw into memory, where there is no display.

    What the environment's variables say already stands.
    """
    if not has_display():
        for variable, value in _WITHOUT_DISPLAY.items():
            os.environ.setdefault(variable, value)
