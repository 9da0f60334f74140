"""mp4 files written frame by frame through ffmpeg, and small pictures of them. Knows no environment.

H.264 with 4:2:0 colours and its index in front: what browsers and every player show.
"""

import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType

import numpy as np
from typing_extensions import Self

from cfg.errors import ConfigError, StorageError

INSTALL = 'pip install imageio-ffmpeg, which is what pip install "rlgx[video]" brings'
PREVIEW_FRAMES = 64
PREVIEW_WIDTH = 240

_REMEDY = "free some space or mend the disk"


def find_ffmpeg() -> str:
    """Path of the ffmpeg that imageio-ffmpeg brings, or that IMAGEIO_FFMPEG_EXE names.

    Raises ConfigError where there is none.
    """
    try:
        import imageio_ffmpeg
    except ImportError:
        problem = "capture_video=True needs the package imageio-ffmpeg, which is not installed"
        raise ConfigError(problem, INSTALL) from None
    try:
        path = str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        raise ConfigError(
            "capture_video=True needs ffmpeg, and imageio-ffmpeg has none for this machine",
            "install ffmpeg, or name it in the variable IMAGEIO_FFMPEG_EXE",
        ) from None
    if shutil.which(path) is None:
        raise ConfigError(
            f"capture_video=True needs ffmpeg, and there is none at {path}",
            "mend or unset the variable IMAGEIO_FFMPEG_EXE",
        )
    return path


class VideoFile:
    """One film, a context manager. It is at its path only once it is whole; without a frame it never is.

    Args:
        path: of the mp4 file; its folder is made, and an older film there is replaced at the end.
        fps: frames a second.

    Attributes:
        frames: how many were added.
    """

    def __init__(self, path: Path, fps: float) -> None:
        self.path = path
        self.fps = fps
        self.frames = 0
        self._part = path.with_name(f".{path.stem}.{os.getpid()}.mp4")
        self._shape: tuple[int, ...] = ()
        self._process: subprocess.Popen[bytes] | None = None

    def add(self, frame: np.ndarray) -> None:
        """Append a frame, uint8 [H, W, 3], of the same size as the first.

        Raises StorageError where it cannot be written.
        """
        if self._process is None:
            self._shape = frame.shape
            self._process = self._begin(find_ffmpeg())
        assert frame.shape == self._shape and frame.dtype == np.uint8, (frame.shape, frame.dtype, self._shape)
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(frame.tobytes())
        except OSError:
            raise self._failure(self._process) from None
        self.frames += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        try:
            if kind is not None:
                process.kill()
                process.communicate()
                return
            _, errors = process.communicate()
            if process.returncode:
                raise self._fault(errors)
            os.replace(self._part, self.path)
        except OSError as error:
            raise StorageError(f"cannot write {self.path}: {error.strerror}", _REMEDY) from None
        finally:
            self._part.unlink(missing_ok=True)

    def _begin(self, ffmpeg: str) -> "subprocess.Popen[bytes]":
        height, width, _ = self._shape
        source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(self.fps)]
        # 4:2:0 keeps one colour for 2 x 2 pixels, so both sides have to be even.
        even = ["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2"]
        target = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "+faststart", str(self._part)]
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"cannot make {self.path.parent}: {error.strerror}", "make it writable"
            ) from None
        return _start([ffmpeg, *_QUIET, *source, "-i", "-", "-an", *even, *target])

    def _failure(self, process: "subprocess.Popen[bytes]") -> StorageError:
        """Why ffmpeg, which takes no more frames, ended."""
        _, errors = process.communicate()
        return self._fault(errors)

    def _fault(self, errors: bytes) -> StorageError:
        reason = (errors.decode(errors="replace").strip().splitlines() or ["it gave no reason"])[-1]
        return StorageError(f"cannot write {self.path}: ffmpeg: {reason}", _REMEDY)


def preview(path: Path, frames: int) -> bytes:
    """An animated GIF of a film of that many frames: small, and no more than PREVIEW_FRAMES of them.

    Raises StorageError where it cannot be read.
    """
    step = -(-frames // PREVIEW_FRAMES)
    # A palette of its own colours: GIF's standard one makes a mess of a rendered scene.
    picture = f"framestep={step},scale='min({PREVIEW_WIDTH},iw)':-1:flags=area"
    colours = f"{picture},split[a][b];[a]palettegen[p];[b][p]paletteuse"
    process = _start([find_ffmpeg(), *_QUIET, "-i", str(path), "-vf", colours, "-f", "gif", "-"])
    picture_bytes, errors = process.communicate()
    if process.returncode:
        raise StorageError(f"cannot read {path}: {errors.decode(errors='replace')}", _REMEDY)
    return picture_bytes


_QUIET = ("-y", "-hide_banner", "-loglevel", "error")


def _start(command: list[str]) -> "subprocess.Popen[bytes]":
    # In a session of its own: Ctrl-C is ours to handle, and the film so far is still to be ended well.
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
