"""What is on at each frame: the picture that is shown, the cross-fade from the one before it, films."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np

from .canvas import Canvas, FrameBox, Planes, place, video_planes
from .clock import FPS
from .protocol import Picture

FADE_FRAMES = 24
FILM_FRAMES_AHEAD = 90  # decoded at most for one frame of ours: a film of 2,700 frames/s ends there
MAX_SEEK_FRAMES = 1_800  # decoded at most to go on within a film: a minute without a key frame
PLACEHOLDER = Picture("", "slate", text="…")


class FilmLoop:
    """The frames of a video from the second `start` on, over and over, or `once`: then its last one stays. Raises what
    PyAV raises where it cannot be decoded."""

    def __init__(self, path: Path, *, once: bool = False, start: float = 0.0) -> None:
        self._once = once
        self._container = av.open(str(path))
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "NONE"
        self._frames = self._container.decode(self._stream)
        self._began = 0.0
        self.frame = next(self._frames)
        self._origin = self.frame.time or 0.0
        if start > 0:
            self._seek(start)

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

    def _seek(self, seconds: float) -> None:
        """To the key frame before it, and on from there."""
        ticks = round((self._origin + seconds) / (self._stream.time_base or 1))
        self._container.seek(ticks, stream=self._stream)
        self._frames = self._container.decode(self._stream)
        for frame in islice(self._frames, MAX_SEEK_FRAMES):
            self.frame = frame
            if (frame.time or 0.0) - self._origin >= seconds:
                break

    def _restart(self, seconds: float) -> None:
        self._began = seconds
        self._container.seek(0)
        self._frames = self._container.decode(self._stream)
        self.frame = next(self._frames, self.frame)


class ReadyScene:
    """A picture that is ready to be shown; `frame`: the newest of the channel. One that an encoder before this one has
    begun goes on where it is by now."""

    def __init__(self, picture: Picture, canvas: Canvas, frame: int = 0) -> None:
        drawn = canvas.draw(picture)
        self.picture = picture
        self._planes, self._box = drawn.planes, drawn.media_box
        self.began_at = (
            picture.began if picture.began <= frame else 0
        )  # 0: it begins when it is shown
        self._film: FilmLoop | None = None
        if picture.kind == "video":
            start = self.seconds_at(frame)
            self._film = FilmLoop(Path(picture.path), once=picture.once, start=start)
        self._place: FrameBox | None = None
        self._shown: Any = None
        self._latest = self._planes
        if self._film:
            shown = self._film.frame
            self._place = self._box.fitted(shown.width, shown.height)

    def seconds_at(self, frame: int) -> float:
        """How long it has been on."""
        return (frame - self.began_at) / FPS if self.began_at else 0.0

    def planes(self, frame: int) -> Planes:
        """Of equal object identity as long as nothing moves."""
        if self._film is None or self._place is None:
            return self._planes
        found = self._film.at(self.seconds_at(frame))
        if found is not self._shown:
            self._shown = found
            small = video_planes(found, self._place.width, self._place.height)
            self._latest = place(self._planes, small, self._place)
        return self._latest

    def close(self) -> None:
        if self._film:
            self._film.close()


class Screen:
    """The scene that is on. Others are made ready in a thread, so that no frame waits for a large file. It begins with
    `PLACEHOLDER`, from which nothing is faded, at the frame `first`.

    `on_begin` is called before a picture is made ready, in that thread; `on_change` with each picture that is on from now
    on, and for how many seconds it has been on before, by another encoder."""

    def __init__(
        self,
        canvas: Canvas,
        first: int,
        on_change: Callable[[Picture, float], None],
        on_begin: Callable[[], None] = lambda: None,
    ) -> None:
        self._canvas = canvas
        self._on_change, self._on_begin = on_change, on_begin
        self._scene = ReadyScene(PLACEHOLDER, canvas)
        self._frame = self._changed_at = first
        self._before: Planes | None = None
        self._ready: ReadyScene | None = None
        self._wanted = PLACEHOLDER
        self._lock = threading.Condition()
        self.begun = ""
        self.failures, self.failed, self.reason = 0, "", ""
        threading.Thread(target=self._make_ready, daemon=True, name="pictures").start()

    @property
    def shown(self) -> Picture:
        return self._scene.picture

    @property
    def began(self) -> int:
        """The frame with which that began."""
        return self._scene.began_at

    @property
    def is_idle(self) -> bool:
        """Whether what was asked for last is ready, or cannot be made ready."""
        return self._ready is not None or self._wanted is self._scene.picture

    def show(self, picture: Picture) -> None:
        """As soon as it is ready; one that was asked for before and is not ready yet is left out."""
        with self._lock:
            if picture.key != self._wanted.key:
                self._wanted = picture
                self._lock.notify()

    def planes(self, frame: int) -> Planes:
        self._frame = frame
        self._change(frame)
        planes = self._scene.planes(frame)
        gone = frame - self._changed_at
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
        if self._scene.picture is not PLACEHOLDER:
            self._before = self._scene.planes(frame)
        self._scene.close()
        self._scene, self._changed_at = ready, frame
        ready.began_at = ready.began_at or frame
        self._on_change(ready.picture, ready.seconds_at(frame))

    def _make_ready(self) -> None:
        made = self._wanted.key
        while True:
            with self._lock:
                while self._wanted.key == made:
                    self._lock.wait()
                picture = self._wanted
            made, self.begun = picture.key, picture.key
            try:
                self._on_begin()
                scene = ReadyScene(picture, self._canvas, self._frame)
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
