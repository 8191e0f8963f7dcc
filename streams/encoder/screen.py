"""What is on at each frame: the picture that is shown, the cross-fade from the one before it, films."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np

from .canvas import Canvas, FrameBox, Planes, place, video_planes
from .clock import FPS
from .protocol import Picture

FADE_FRAMES = 24
FILM_FRAMES_AHEAD = 90  # decoded at most for one frame of ours: a film of 2,700 frames/s ends there


class FilmLoop:
    """The frames of a video, over and over, or `once`: then its last one stays. Raises what PyAV raises where it cannot be
    decoded."""

    def __init__(self, path: Path, *, once: bool = False) -> None:
        self._once = once
        self._container = av.open(str(path))
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "NONE"
        self._frames = self._container.decode(self._stream)
        self._began = 0.0
        self.frame = next(self._frames)
        self._origin = self.frame.time or 0.0

    def at(self, seconds: float) -> Any:
        """The frame that is on after so long."""
        for _ in range(FILM_FRAMES_AHEAD):
            if (self.frame.time or 0.0) - self._origin >= seconds - self._began:
                break
            try:
                self.frame = next(self._frames)
            except (StopIteration, av.FFmpegError):
                if not self._once:
                    self._restart(seconds)
                break
        return self.frame

    def close(self) -> None:
        self._container.close()

    def _restart(self, seconds: float) -> None:
        self._began = seconds
        self._container.seek(0)
        self._frames = self._container.decode(self._stream)
        self.frame = next(self._frames, self.frame)


class ReadyScene:
    """A picture that is ready to be shown."""

    def __init__(self, picture: Picture, canvas: Canvas) -> None:
        drawn = canvas.draw(picture)
        self.picture = picture
        self._planes, self._box = drawn.planes, drawn.media_box
        is_film = picture.kind == "video"
        self._film = FilmLoop(Path(picture.path), once=picture.once) if is_film else None
        self._place: FrameBox | None = None
        self._shown: Any = None
        self._latest = self._planes
        if self._film:
            frame = self._film.frame
            self._place = self._box.fitted(frame.width, frame.height)
        self.began_at = 0  # the frame it is on since

    def planes(self, frame: int) -> Planes:
        """Of equal object identity as long as nothing moves."""
        if self._film is None or self._place is None:
            return self._planes
        found = self._film.at((frame - self.began_at) / FPS)
        if found is not self._shown:
            self._shown = found
            small = video_planes(found, self._place.width, self._place.height)
            self._latest = place(self._planes, small, self._place)
        return self._latest

    def close(self) -> None:
        if self._film:
            self._film.close()


class Screen:
    """The scene that is on. Others are made ready in a thread, so that no frame waits for a large file."""

    def __init__(
        self, canvas: Canvas, first: Picture, on_change: Callable[[Picture], None]
    ) -> None:
        self._canvas = canvas
        self._on_change = on_change
        self._scene = ReadyScene(first, canvas)
        self._before: Planes | None = None
        self._ready: ReadyScene | None = None
        self._wanted = first
        self._lock = threading.Condition()
        self.begun = ""
        self.failures, self.failed, self.reason = 0, "", ""
        threading.Thread(target=self._make_ready, daemon=True, name="pictures").start()

    @property
    def shown(self) -> Picture:
        return self._scene.picture

    def show(self, picture: Picture) -> None:
        """As soon as it is ready; one that was asked for before and is not ready yet is left out."""
        with self._lock:
            if picture.key != self._wanted.key:
                self._wanted = picture
                self._lock.notify()

    def planes(self, frame: int) -> Planes:
        self._change(frame)
        planes = self._scene.planes(frame)
        gone = frame - self._scene.began_at
        if self._before is None or gone >= FADE_FRAMES:
            self._before = None
            return planes
        return blend(self._before, planes, (gone + 1) / (FADE_FRAMES + 1))

    def _change(self, frame: int) -> None:
        """Not in the middle of a cross-fade."""
        if self._ready is None or self._before is not None:
            return
        with self._lock:
            ready, self._ready = self._ready, None
        self._before = self._scene.planes(frame)
        self._scene.close()
        self._scene = ready
        self._scene.began_at = frame
        self._on_change(ready.picture)

    def _make_ready(self) -> None:
        made = self._wanted.key
        while True:
            with self._lock:
                while self._wanted.key == made:
                    self._lock.wait()
                picture = self._wanted
            made, self.begun = picture.key, picture.key
            try:
                scene = ReadyScene(picture, self._canvas)
            except Exception as error:  # whatever a damaged file makes a decoder raise
                made = self._note_failed(picture, error)
                continue
            finally:
                self.begun = ""
            with self._lock:
                self._ready = scene

    def _note_failed(self, picture: Picture, error: Exception) -> str:
        """What is on stays; asked for again, it is tried again."""
        with self._lock:
            self.failures += 1
            self.failed, self.reason = picture.key, f"{type(error).__name__}: {error}"[:300]
            if self._wanted is picture:
                self._wanted = self._scene.picture
            return self._scene.picture.key


def blend(before: Planes, after: Planes, share: float) -> Planes:
    """The cross-fade of two pictures; `share` of the second one, 0 to 1."""
    weight = np.uint16(round(256 * share))
    mixed = before.astype(np.uint16) * (np.uint16(256) - weight)
    mixed += after.astype(np.uint16) * weight
    mixed >>= 8
    made: Planes = mixed.astype(np.uint8)
    return made
