"""What is filmed can be played back; an unfinished film is never seen; a missing ffmpeg costs one line."""

import sys
from pathlib import Path

import numpy as np
import pytest

from algos.video import VideoFile, find_ffmpeg, preview
from cfg.errors import ConfigError, StorageError
from tests.films import needs_ffmpeg, read

pytestmark = needs_ffmpeg


def red_then_blue(height: int, width: int, frames: int = 10) -> list[np.ndarray]:
    """The first half of the film is red, the second blue."""
    film = np.zeros((frames, height, width, 3), np.uint8)
    film[: frames // 2, ..., 0] = 255
    film[frames // 2 :, ..., 2] = 255
    return list(film)


def write(path: Path, frames: list[np.ndarray], fps: float = 5.0) -> None:
    with VideoFile(path, fps) as film:
        for frame in frames:
            film.add(frame)


def test_a_film_can_be_played_back(tmp_path):
    write(tmp_path / "videos" / "film.mp4", red_then_blue(40, 60))
    about, frames = read(tmp_path / "videos" / "film.mp4")
    assert about["codec"] == "h264" and about["pix_fmt"].startswith("yuv420p")
    assert about["fps"] == 5.0 and about["duration"] == 2.0
    assert frames.shape == (10, 40, 60, 3)
    # Colours lose a little in the encoding.
    assert (frames[0].mean((0, 1)) > [200, -1, -1]).all() and frames[0, ..., 2].mean() < 50
    assert frames[-1, ..., 2].mean() > 200 and frames[-1, ..., 0].mean() < 50


def test_odd_sizes_gain_one_black_line(tmp_path):
    write(tmp_path / "odd.mp4", [np.full((41, 59, 3), 255, np.uint8)])
    _, frames = read(tmp_path / "odd.mp4")
    assert frames.shape == (1, 42, 60, 3)
    assert frames[0, :41, :59].min() > 200
    assert frames[0, 41].max() < 50 and frames[0, :, 59].max() < 50


def test_a_film_replaces_an_older_one_only_when_it_is_whole(tmp_path):
    path = tmp_path / "film.mp4"
    write(path, red_then_blue(16, 16))
    before = path.read_bytes()
    with pytest.raises(ZeroDivisionError), VideoFile(path, 5.0) as film:
        film.add(red_then_blue(16, 16)[0])
        raise ZeroDivisionError
    assert path.read_bytes() == before
    write(path, red_then_blue(16, 16, frames=4))
    assert len(read(path)[1]) == 4
    assert list(tmp_path.iterdir()) == [path]


def test_a_film_without_a_frame_is_no_file(tmp_path):
    write(tmp_path / "film.mp4", [])
    assert list(tmp_path.iterdir()) == []


def test_a_preview_is_small_and_of_few_frames(tmp_path):
    write(tmp_path / "film.mp4", red_then_blue(100, 480, frames=200), fps=50.0)
    picture = preview(tmp_path / "film.mp4", 200)
    assert picture.startswith(b"GIF89a")
    assert int.from_bytes(picture[6:8], "little") == 240
    (tmp_path / "film.gif").write_bytes(picture)
    assert read(tmp_path / "film.gif")[1].shape == (50, 50, 240, 3)


def test_a_path_that_cannot_be_written_costs_one_line(tmp_path):
    (tmp_path / "videos").write_text("a file where the folder should be")
    with pytest.raises(StorageError, match="cannot make .*videos"):
        write(tmp_path / "videos" / "film.mp4", red_then_blue(16, 16))


def test_a_folder_in_the_way_costs_one_line(tmp_path):
    (tmp_path / "film.mp4").mkdir()
    with pytest.raises(StorageError, match="cannot write .*film.mp4"):
        write(tmp_path / "film.mp4", red_then_blue(16, 16))


def test_a_missing_ffmpeg_is_told_with_its_variable(monkeypatch):
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "no/such/ffmpeg")
    with pytest.raises(ConfigError, match="there is none at no/such/ffmpeg -- mend or unset the variable"):
        find_ffmpeg()


def test_a_missing_package_is_told_with_its_install_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(ConfigError, match="imageio-ffmpeg, which is not installed -- pip install imageio-f"):
        find_ffmpeg()
