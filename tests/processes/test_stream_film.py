"""A real encoder is killed in the middle of a film: the next one goes on where the film is by then."""

from __future__ import annotations

import io
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from pytest_django import Settings

from assets.rolling import RollingChannel, Segment
from streams.air import EncoderProcess
from streams.encoder.clock import FPS, nearest_frame, time_of
from streams.encoder.protocol import Picture
from tests.operations.clips import SOUND_RATE, flat, tone, write_clip

RATE, SECONDS = 10, 17
DARKEST, SLATE = 60, 45  # levels of the film's first picture, and above those of the slate
KILLED_AT, HEARD_FROM, LOOKED_UNTIL = 6.0, 10.0, 14.0  # seconds of the film
CODE = 4  # levels, so 0.4 seconds: how exactly a picture says when it is


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Each picture is lighter than the one before it, so that it says when it is; its sound begins late."""
    silence = np.zeros(round(HEARD_FROM * SOUND_RATE), np.float32)
    sound = np.concatenate([silence, tone(SECONDS - HEARD_FROM, level=0.5)])
    pictures = [flat(DARKEST + number, 160, 90) for number in range(RATE * SECONDS)]
    return write_clip(tmp_path / "film.mp4", pictures, rate=RATE, sound=sound)


@pytest.fixture
def encoder(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[EncoderProcess]:
    settings.DATA_DIR = tmp_path
    monkeypatch.setenv("PANIC_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "panic.settings")
    one = EncoderProcess("trial")
    yield one
    one.stop()


class Recording:
    """All segments of a channel since it was made, also those that are gone."""

    def __init__(self, channel: RollingChannel) -> None:
        self._channel = channel
        self.segments: dict[int, tuple[Segment, bytes]] = {}

    def look(self) -> None:
        for one in self._channel.segments():
            if one.sequence not in self.segments:
                self.segments[one.sequence] = one, one.path.read_bytes()

    @property
    def end(self) -> float:
        newest = max((one for one, _ in self.segments.values()), key=lambda one: one.sequence)
        return newest.created_at.timestamp() + newest.seconds

    def levels(self) -> dict[int, int]:
        """How light the middle of each frame is."""
        found: dict[int, int] = {}
        for segment, data in self.segments.values():
            first = nearest_frame(segment.created_at.timestamp())
            with av.open(io.BytesIO(data), "r", format="mpegts") as media:
                frames = list(media.decode(video=0))
            for frame in frames:
                number = first + round((frame.time - frames[0].time) * FPS)
                found[number] = int(frame.to_ndarray()[360, 640])
        return found

    def heard_from(self) -> float:
        """The Unix time of the first sound."""
        for segment, data in sorted(self.segments.values(), key=lambda one: one[0].sequence):
            with av.open(io.BytesIO(data), "r", format="mpegts") as media:
                picture = next(media.decode(video=0)).time or 0.0
            with av.open(io.BytesIO(data), "r", format="mpegts") as media:
                for frame in media.decode(audio=0):
                    if np.abs(frame.to_ndarray()).max() > 0.2:
                        return segment.created_at.timestamp() + (frame.time or 0.0) - picture
        raise AssertionError("nothing is heard")


def test_a_film_goes_on_where_it_is_when_its_encoder_is_killed(
    tmp_path: Path, encoder: EncoderProcess, film: Path
) -> None:
    picture = Picture("film#1", "video", path=str(film), sound=str(film), once=True)
    recording = Recording(RollingChannel("trial"))

    def play_until(is_so: Callable[[], bool], shown: Picture = picture) -> None:
        until = time.monotonic() + 120
        while not is_so():
            assert time.monotonic() < until
            encoder.keep_alive()
            encoder.show(shown)
            recording.look()
            time.sleep(0.05)

    words = Picture("words", "text", text="Before it")
    play_until(lambda: len(recording.segments) > 3, words)
    play_until(lambda: encoder.report.shown == picture.key)
    began = encoder.report.began
    play_until(lambda: time.time() > time_of(began) + KILLED_AT)
    os.kill(encoder._child.pid, signal.SIGKILL)
    play_until(lambda: bool(recording.segments) and recording.end > time_of(began) + LOOKED_UNTIL)

    assert encoder.restarts == 1
    assert encoder.report.began == began
    levels = recording.levels()
    killed = began + round(KILLED_AT * FPS)
    shown = {n: level for n, level in levels.items() if n > began + FPS and level > SLATE}
    wrong = {
        n - began: level - DARKEST - (n - began) / FPS * RATE for n, level in sorted(shown.items())
    }
    assert {n: levels for n, levels in wrong.items() if abs(levels) > CODE} == {}
    assert len([n for n in shown if n > killed]) > FPS
    assert abs(recording.heard_from() - time_of(began) - HEARD_FROM) <= 0.25
