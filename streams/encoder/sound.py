"""What is heard: the sound of a step once, and beneath it, more quietly, a bed that goes on."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

RATE, CHANNELS = 48_000, 2
MAX_SOUND_SECONDS = 60
BED_GAIN, DUCKED_GAIN = 0.35, 0.08
FADE_SAMPLES = RATE // 4
SUFFIXES = {".mp3", ".ogg", ".oga", ".opus", ".wav", ".flac", ".m4a", ".aac"}
BLOCKS_AHEAD = 64  # of decoded music, about a second
MAX_FILES = 500
LOOK_AGAIN_SECONDS = 5.0  # at a folder in which nothing can be played
Samples = NDArray[np.float32]  # (channels, samples)


def decode(path: Path, start: float = 0.0) -> Iterator[Samples]:
    """The sound of a file from the second `start` on, in pieces. Raises what PyAV raises where it cannot be decoded."""
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        base, origin = stream.time_base or 0, stream.start_time or 0
        if start and base:
            container.seek(origin + round(start / base), stream=stream)
        early: int | None = None  # samples that are decoded and lie before `start`
        for frame in chain(container.decode(stream), (None,)):
            if early is None and frame is not None:
                first = float(((frame.pts or 0) - origin) * base)
                early = max(0, round((start - first) * RATE)) if start else 0
            for made in resampler.resample(frame):
                piece = made.to_ndarray().astype(np.float32, copy=False)[:, early:]
                early = max(0, (early or 0) - made.samples)
                if piece.shape[1]:
                    yield piece


def decode_whole(path: Path) -> Samples:
    """The first minute of it."""
    pieces, length = [], 0
    for piece in decode(path):
        pieces.append(piece)
        length += piece.shape[1]
        if length >= MAX_SOUND_SECONDS * RATE:
            break
    return np.concatenate(pieces, axis=1) if pieces else silence(0)


def silence(samples: int) -> Samples:
    return np.zeros((CHANNELS, samples), np.float32)


class Bed:
    """Sounds one after the other, over and over, decoded in a thread; silence where there are none. `once`: the sound of
    a film from its second `start` on, once, in step with its pictures: what was silence because it came late is left out.
    """

    def __init__(self, place: str, *, once: bool = False, start: float = 0.0) -> None:
        self._once, self._start = once, start
        self._late = 0  # samples
        self._blocks: queue.Queue[Samples] = queue.Queue(BLOCKS_AHEAD)
        self._rest = silence(0)
        self._over = threading.Event()
        if place:
            threading.Thread(target=self._fill, args=(Path(place),), daemon=True).start()

    def read(self, samples: int) -> Samples:
        """The next ones; silence for those that are not decoded yet."""
        while self._rest.shape[1] < samples:
            try:
                self._rest = np.concatenate((self._rest, self._in_time()), axis=1)
            except queue.Empty:
                missing = silence(samples - self._rest.shape[1])
                self._late += missing.shape[1] if self._once else 0
                self._rest = np.concatenate((self._rest, missing), axis=1)
        found, self._rest = self._rest[:, :samples], self._rest[:, samples:]
        return found

    def _in_time(self) -> Samples:
        """What was decoded, without what is late. Raises queue.Empty."""
        found = self._blocks.get_nowait()
        late = min(self._late, found.shape[1])
        self._late -= late
        return found[:, late:]

    def close(self) -> None:
        self._over.set()
        with suppress(queue.Empty):
            self._blocks.get_nowait()

    def _fill(self, place: Path) -> None:
        """A folder is looked at anew after its last file: a channel plays for weeks, and its music changes."""
        while not self._over.is_set():
            played = False
            for file in sound_files(place):
                with suppress(av.FFmpegError, OSError, ValueError, IndexError):
                    for piece in decode(file, self._start):
                        played = True
                        if not self._put(piece):
                            return
            if self._once or (not played and self._over.wait(LOOK_AGAIN_SECONDS)):
                return

    def _put(self, piece: Samples) -> bool:
        while not self._over.is_set():
            with suppress(queue.Full):
                self._blocks.put(piece, timeout=1.0)
                return True
        return False


def sound_files(place: Path) -> list[Path]:
    """The file itself, or the sounds of a folder by name."""
    if place.is_file():
        return [place]
    found = place.iterdir() if place.is_dir() else ()
    return sorted(one for one in found if one.suffix.lower() in SUFFIXES)[:MAX_FILES]


class Mixer:
    """The sound of the whole channel, in blocks of any length."""

    def __init__(self) -> None:
        self._sound = silence(0)
        self._at = 0
        self._bed, self._place, self._gain = Bed(""), "", BED_GAIN
        self._is_film = False
        self._lock = threading.Lock()

    def play(self, sound: str, bed: str, start: float = 0.0) -> None:
        """From now on, the sound from its second `start`; what it lacks because it cannot be decoded is silence."""
        if bed != self._place or self._is_film:
            self._bed.close()
            self._bed, self._place, self._is_film = Bed(bed), bed, False
        threading.Thread(target=self._load, args=(sound, start), daemon=True, name="sound").start()

    def play_film(self, path: str, start: float = 0.0) -> None:
        """Its sound from now on and from its second `start`, as loud as it is."""
        self._bed.close()
        self._bed, self._place = Bed(path, once=True, start=start), ""
        self._is_film = True
        self._load("")

    def read(self, samples: int) -> Samples:
        mixed = self._bed.read(samples)
        with self._lock:
            piece = self._sound[:, self._at : self._at + samples]
            self._at += samples
        target = 1.0 if self._is_film else DUCKED_GAIN if piece.shape[1] else BED_GAIN
        step = np.clip(target - self._gain, -samples / RATE, samples / RATE)
        mixed = mixed * np.linspace(self._gain, self._gain + step, samples, dtype=np.float32)
        self._gain += float(step)
        mixed[:, : piece.shape[1]] += piece
        return np.clip(mixed, -1.0, 1.0).astype(np.float32)

    def _load(self, sound: str, start: float = 0.0) -> None:
        made = silence(0)
        if sound:
            with suppress(av.FFmpegError, OSError, ValueError, IndexError):
                made = decode_whole(Path(sound))[:, round(start * RATE) :]
        with self._lock:
            left = self._sound[:, self._at : self._at + FADE_SAMPLES]
            fade = left * np.linspace(1.0, 0.0, left.shape[1], dtype=np.float32)
            if made.shape[1] < fade.shape[1]:
                made = np.pad(made, ((0, 0), (0, fade.shape[1] - made.shape[1])))
            made[:, : fade.shape[1]] += fade
            self._sound, self._at = made, 0
