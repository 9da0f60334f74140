"""Whether there is a display for windows. Opens none."""

import os
import sys


def has_display() -> bool:
    """Whether a window could open here."""
    return sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
