"""A channel goes on after its encoder has ended: within a film, with its sound, and by another time of day."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assets.errors import StorageUnavailable
from assets.rolling import RollingChannel
from streams.air import EncoderProcess
from streams.encoder import __main__ as program
from streams.encoder import sound as sound_module
from streams.encoder.canvas import Canvas
from streams.encoder.clock import FPS, SEGMENT_FRAMES
from streams.encoder.output import Publication
from streams.encoder.protocol import EncoderReport, Picture
from streams.encoder.screen import FilmLoop, Screen
from streams.encoder.sound import RATE, Bed, decode
from tests.operations.clips import flat, tone, write_clip, write_wav

FIRST = 1_000_000 * SEGMENT_FRAMES


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Twelve seconds at 10 pictures a second, each lighter than the one before; one key frame in fifty."""
    pictures = [flat(40 + number, 64, 48) for number in range(120)]

    def rare_key_frames(stream: Any) -> None:
        stream.codec_context.gop_size = 50

    return write_clip(tmp_path / "film.mp4", pictures, rate=10, before_mux=rare_key_frames)


def shown_after(screen: Screen, picture: Picture, frame: int) -> None:
    """Until it is on, at this frame."""
    screen.show(picture)
    while screen.shown != picture:
        screen.planes(frame)


@pytest.mark.parametrize("seconds", [0.5, 4.9, 5.0, 11.5, 60.0])
def test_a_film_begins_at_a_moment_as_if_it_had_played_until_then(
    seconds: float, film: Path
) -> None:
    from_beginning = FilmLoop(film, once=True)
    for step in range(round(seconds * 10) + 1):
        wanted = from_beginning.at(step / 10)

    within = FilmLoop(film, once=True, start=seconds)

    assert within.at(seconds).pts == wanted.pts
    assert within.at(seconds + 0.3).pts == from_beginning.at(seconds + 0.3).pts


def test_a_film_that_another_encoder_has_begun_goes_on_where_it_is_by_now(film: Path) -> None:
    told: list[tuple[str, float]] = []
    screen = Screen(Canvas([]), FIRST, lambda one, start: told.append((one.key, start)))
    began = FIRST - 4 * FPS
    picture = Picture("film#1", "video", path=str(film), once=True, began=began)

    shown_after(screen, picture, FIRST)

    grey = screen.planes(FIRST)[360, 640]
    assert told == [("film#1", 4.0)]
    assert screen.began == began
    assert abs(int(grey) - (40 + 40)) <= 2
    assert abs(int(screen.planes(FIRST + 2 * FPS)[360, 640]) - (40 + 60)) <= 2


def test_a_film_that_is_said_to_begin_later_than_now_begins_now(film: Path) -> None:
    """The segment in which it began was never published: the new encoder makes it anew."""
    told: list[float] = []
    screen = Screen(Canvas([]), FIRST, lambda one, start: told.append(start))

    picture = Picture("film#1", "video", path=str(film), once=True, began=FIRST + 20)
    shown_after(screen, picture, FIRST)

    assert (told, screen.began) == ([0.0], FIRST)


def test_nothing_is_faded_from_the_slate_that_a_new_encoder_begins_with() -> None:
    screen = Screen(Canvas([]), FIRST, lambda one, start: None)
    picture = Picture("words", "text", text="A horse in the snow")
    shown_after(screen, picture, FIRST)

    assert (screen.planes(FIRST) == screen.planes(FIRST + 100)).all()


def test_what_is_made_ready_is_said_before_it_is_begun() -> None:
    """It may end the encoder: then the host knows which it was."""
    order: list[str] = []

    class Recorded(Canvas):
        def draw(self, picture: Picture) -> Any:
            order.append(f"draw {picture.key}")
            return super().draw(picture)

    screen = Screen(Recorded([]), FIRST, lambda one, start: None, lambda: order.append(begun()))

    def begun() -> str:
        return f"say {screen.begun}"

    shown_after(screen, Picture("words", "text", text="…"), FIRST)

    assert order[1:] == ["say words", "draw words"]


@pytest.mark.parametrize("start", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("suffix", ["wav", "mp4"])
def test_sound_begins_at_a_moment(suffix: str, start: float, tmp_path: Path) -> None:
    """Quiet in the first second, loud in the second one, quiet in the third."""
    parts = [tone(1.0, level=0.0), tone(1.0, level=0.8), tone(1.0, level=0.0)]
    sound, path = np.concatenate(parts), tmp_path / f"sound.{suffix}"
    if suffix == "wav":
        write_wav(path, sound)
    else:
        write_clip(path, [flat(90) for _ in range(75)], sound=sound)

    heard = np.abs(np.concatenate(list(decode(path, start)), axis=1)[0]) > 0.1

    onset = int(np.argmax(heard))
    assert abs(heard.shape[0] / RATE - (3.0 - start)) <= 0.05
    if start < 2.0:
        assert abs(onset / RATE - (1.0 - start)) <= 0.01
    else:
        assert not heard[RATE // 20 :].any()


def test_music_that_is_added_to_the_folder_is_heard_without_a_new_encoder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound_module, "LOOK_AGAIN_SECONDS", 0.05)
    music = tmp_path / "music"
    music.mkdir()
    bed = Bed(str(music))
    assert not bed.read(1024).any()

    write_wav(music / "new.wav", tone(1.0, level=0.5))

    until = time.monotonic() + 30
    while not bed.read(1024).any():
        assert time.monotonic() < until
    bed.close()


def test_a_segment_that_could_not_be_published_is_a_break(monkeypatch: pytest.MonkeyPatch) -> None:
    publication = Publication("trial")
    publish = publication.publish

    def numbered(segment: int) -> tuple[bytes, int, int]:
        begins = FIRST + segment * SEGMENT_FRAMES
        return b"x", begins, begins + SEGMENT_FRAMES

    publish(*numbered(0))
    with monkeypatch.context() as patched:
        patched.setattr(RollingChannel, "append", fail)
        with pytest.raises(StorageUnavailable):
            publish(*numbered(1))
    publish(*numbered(2))
    publish(*numbered(3))

    assert [one.is_break for one in RollingChannel("trial").segments()] == [False, True, False]


def fail(*_: object, **__: object) -> None:
    raise StorageUnavailable("no disk")


def test_an_encoder_ends_when_the_time_of_day_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nothing() -> Iterator[Picture]:
        threading.Event().wait()  # its end would be taken for the host's
        yield from ()

    monkeypatch.setattr(program, "FIRST_PICTURE_SECONDS", 0.01)
    encoder = program.Encoder("trial", [], nothing())
    real = time.time
    began = real()
    monkeypatch.setattr(time, "time", lambda: real() + (3600 if real() - began > 1 else 0))

    encoder.run()

    assert real() - began > 1


class FakeChild:
    """Ends and begins on request."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.has_begun = False
        self.starts = self.early_deaths = 0

    def keep_alive(self) -> bool:
        begun, self.has_begun = self.has_begun, False
        return begun

    def tell(self, line: str) -> None:
        self.lines.append(line)


@pytest.fixture
def encoder() -> tuple[EncoderProcess, FakeChild]:
    process, child = EncoderProcess("trial"), FakeChild()
    process._child = child  # type: ignore[assignment]
    return process, child


def test_a_new_encoder_is_told_at_once_what_was_on_and_since_when(
    encoder: tuple[EncoderProcess, FakeChild],
) -> None:
    process, child = encoder
    film = Picture("film#1", "video", once=True)
    process.show(film)
    process._hear(EncoderReport(shown="film#1", began=FIRST).to_line())

    child.has_begun = True
    assert process.keep_alive() == ""
    process.show(film)

    assert len(child.lines) == 2
    assert f'"began": {FIRST}' in child.lines[1]
    process.show(Picture("next", "text"))
    assert '"began": 0' in child.lines[2]


def test_what_an_encoder_was_making_ready_when_it_ended_is_named(
    encoder: tuple[EncoderProcess, FakeChild],
) -> None:
    process, child = encoder
    process.show(Picture("film#1", "video", once=True))
    process._hear(EncoderReport(begun="film#1").to_line())

    child.has_begun = True

    assert process.keep_alive() == "film#1"
    assert len(child.lines) == 1
