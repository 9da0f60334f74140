"""Without a display, libraries draw into memory; what the user set already stands."""

import os

from cfg.display import draw_without_display, has_display

VARIABLES = ("DISPLAY", "WAYLAND_DISPLAY", "MUJOCO_GL", "SDL_VIDEODRIVER", "SDL_AUDIODRIVER")


def test_libraries_draw_into_memory_where_there_is_no_display(monkeypatch):
    # Set first, so that monkeypatch takes back what the function sets.
    for variable in VARIABLES:
        monkeypatch.setenv(variable, "")
        monkeypatch.delenv(variable)
    monkeypatch.setenv("MUJOCO_GL", "osmesa")
    assert not has_display()
    draw_without_display()
    assert os.environ["MUJOCO_GL"] == "osmesa"
    assert os.environ["SDL_VIDEODRIVER"] == "offscreen"
    monkeypatch.delenv("SDL_VIDEODRIVER")
    monkeypatch.setenv("DISPLAY", ":0")
    assert has_display()
    draw_without_display()
    assert "SDL_VIDEODRIVER" not in os.environ
