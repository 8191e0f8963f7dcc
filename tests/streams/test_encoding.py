"""Frames and sound become segments that play: real encoding, of two seconds each."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from assets.rolling import RollingChannel
from streams.encoder.canvas import HEIGHT, WIDTH, Canvas, FrameBox, place, planes_of
from streams.encoder.clock import FPS, SEGMENT_FRAMES
from streams.encoder.output import Encoding, Publication
from streams.encoder.playlist import PLAYLIST_NAME
from streams.encoder.protocol import Picture
from streams.encoder.screen import FADE_FRAMES, FilmLoop, Screen, blend
from streams.encoder.sound import RATE, Bed, Mixer, silence
from tests.operations.clips import moving_sprite, write_clip

FIRST = 1_000_000 * SEGMENT_FRAMES
RED, BLUE = (planes_of(Image.new("RGB", (WIDTH, HEIGHT), tone)) for tone in ("#a00", "#00a"))


def decoded(data: bytes) -> tuple[list[float], list[float]]:
    """The times of the pictures and of the sounds in a segment."""
    with av.open(io.BytesIO(data), "r", format="mpegts") as segment:
        pictures = [frame.time for frame in segment.decode(video=0)]
    with av.open(io.BytesIO(data), "r", format="mpegts") as segment:
        sounds = [frame.time for frame in segment.decode(audio=0)]
    return [one or 0.0 for one in pictures], [one or 0.0 for one in sounds]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[bytes, int, int]]:
    """Segments with all frames, then with a second of frames left out."""
    segments: list[tuple[bytes, int, int]] = []
    encoding = Encoding(lambda *segment: segments.append(segment), FIRST)
    frames = [*range(FIRST, FIRST + 75), *range(FIRST + 105, FIRST + 200)]
    for number in frames:
        encoding.add_frame(number, RED)
        encoding.add_sound(number + 1, silence)
    return segments


def test_each_segment_is_two_seconds_and_begins_with_a_key_frame(
    made: list[tuple[bytes, int, int]],
) -> None:
    pictures, _ = decoded(made[0][0])

    assert made[0][1:] == (FIRST, FIRST + SEGMENT_FRAMES)
    assert len(pictures) == SEGMENT_FRAMES
    assert pictures == sorted(pictures)


def test_where_frames_are_left_out_the_next_segment_still_begins_on_time_and_sound_has_no_gap(
    made: list[tuple[bytes, int, int]],
) -> None:
    pictures, sounds = decoded(made[1][0])

    assert made[1][1:] == (FIRST + SEGMENT_FRAMES, FIRST + 2 * SEGMENT_FRAMES)
    assert len(pictures) == SEGMENT_FRAMES - 30
    steps = np.diff(sounds)
    assert steps.max() < 1.5 * 1024 / RATE
    assert sounds[-1] - sounds[0] > 1.8


def test_a_segment_is_what_it_is_said_to_be_also_where_a_key_frame_follows_another() -> None:
    """An encoder that begins just before the end of a segment; FFmpeg writes no table before its second frame."""
    segments: list[tuple[bytes, int, int]] = []
    encoding = Encoding(lambda *segment: segments.append(segment), FIRST - 2)
    for number in [FIRST - 2, *range(FIRST, FIRST + 3 * SEGMENT_FRAMES)]:
        encoding.add_frame(number, RED)
        encoding.add_sound(number + 1, silence)

    begins = [decoded(data)[0][0] for data, _, _ in segments]
    said = [first for _, first, _ in segments]
    assert said == [FIRST - 2, FIRST + SEGMENT_FRAMES]
    assert begins[1] - begins[0] == pytest.approx((said[1] - said[0]) / FPS, abs=0.001)


def test_another_encoder_goes_on_in_the_playlist_and_marks_the_break(data_dir: Path) -> None:
    first = Publication("trial")
    for segment in range(3):
        begins = FIRST + segment * SEGMENT_FRAMES
        first.publish(b"x", begins, begins + SEGMENT_FRAMES)
    again = Publication("trial")
    assert again.newest_end == first.newest_end
    begins = FIRST + 3 * SEGMENT_FRAMES
    for segment in range(8):
        again.publish(b"y", begins, begins + SEGMENT_FRAMES)
        begins += SEGMENT_FRAMES
        playlist = (data_dir / "streams/trial" / PLAYLIST_NAME).read_text()
        assert f"#EXT-X-MEDIA-SEQUENCE:{max(0, segment - 2)}\n" in playlist
        seen = playlist.count("#EXT-X-DISCONTINUITY\n")
        assert (seen, "DISCONTINUITY-SEQUENCE:1" in playlist) == (
            (1, False) if segment < 6 else (0, True)
        )

    assert playlist.count("#EXTINF:2.000,") == 6
    assert len(RollingChannel("trial").segments()) == 10


def test_a_cross_fade_begins_with_the_one_picture_and_ends_with_the_other() -> None:
    assert np.abs(blend(RED, BLUE, 0.0).astype(int) - RED).max() <= 1
    assert np.abs(blend(RED, BLUE, 1.0).astype(int) - BLUE).max() <= 1
    middle = blend(RED, BLUE, 0.5).astype(int)
    assert np.abs(middle - (RED.astype(int) + BLUE) / 2).max() <= 1


def test_a_film_is_placed_where_its_box_is() -> None:
    box = FrameBox(200, 100, 400, 300)
    small = planes_of(Image.new("RGB", (WIDTH, HEIGHT), "#0a0"))
    inner = np.concatenate(
        [small[:300, :400].ravel(), np.repeat(small[HEIGHT:].ravel()[:1], 60_000)]
    )

    placed = place(RED, inner.reshape(450, 400), box)

    assert placed[100, 200] == small[0, 0]
    assert placed[399, 599] == small[0, 0]
    assert placed[99, 199] == RED[0, 0]
    assert placed[400, 600] == RED[0, 0]


def test_a_picture_that_cannot_be_made_leaves_what_is_on_and_is_tried_again_when_asked_for(
    tmp_path: Path,
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"not a picture")
    screen = Screen(Canvas([]), 0, lambda picture, start: None)

    for tries in (1, 2):
        screen.show(Picture("broken", "image", path=str(broken)))
        while screen.failures < tries:
            screen.planes(tries)
    good = Picture("good", "text", text="a horse")
    screen.show(good)
    frame = 10
    while screen.shown != good:
        screen.planes(frame)
        frame += FADE_FRAMES

    assert (screen.failed, screen.reason.partition(":")[0]) == ("broken", "UnidentifiedImageError")


@pytest.mark.parametrize("words", ["", "word " * 3000, "x" * 3000, "雪の中の馬 " * 300, "🐴"])
def test_any_caption_and_any_text_fits(words: str, tmp_path: Path) -> None:
    image = tmp_path / "tall.png"
    Image.new("RGB", (9, 400), "white").save(image)

    text = Canvas([]).draw(Picture("a", "text", text=words, label=words, title=words))
    below = Canvas([]).draw(Picture("b", "image", path=str(image), caption=words))

    assert text.planes.shape == below.planes.shape == (HEIGHT * 3 // 2, WIDTH)
    assert below.media_box.height >= HEIGHT // 2


def test_the_sound_of_a_step_is_heard_and_then_there_is_silence(tmp_path: Path) -> None:
    tone = tmp_path / "tone.wav"
    with av.open(str(tone), "w") as file:
        stream = file.add_stream("pcm_s16le", rate=RATE, layout="mono")
        wave = (8000 * np.sin(np.arange(RATE // 2) / 20)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(wave[None, :], format="s16", layout="mono")
        frame.sample_rate = RATE
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            file.mux(packet)
    mixer = Mixer()

    mixer.play(str(tone), "")
    while not np.abs(mixer.read(1024)).max():
        continue
    rest = np.concatenate([mixer.read(1024) for _ in range(60)], axis=1)

    assert np.abs(rest[:, 2048:4096]).max() > 0.1
    assert np.abs(rest[:, -1024:]).max() == 0


def test_the_sound_of_a_film_is_never_late() -> None:
    """What is not decoded in time is left out, so that the rest is in step with the pictures."""
    bed = Bed("", once=True)
    first = bed.read(480)
    for number in (1, 2, 3):
        bed._blocks.put(np.full((2, 480), number, np.float32))

    rest = bed.read(1000)

    assert not first.any()
    assert [rest[0, at] for at in (0, 479, 480, 959, 960)] == [2, 2, 3, 3, 0]


def test_a_film_that_is_played_once_ends_with_its_last_picture(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "film.mp4", moving_sprite(8))
    film = FilmLoop(path, once=True)
    over = FilmLoop(path)

    last = [film.at(second / 10).pts for second in range(40)][-1]
    again = [over.at(second / 10).pts for second in range(40)]

    assert last == 7 * max(again) // 6
    assert again.count(0) > 1
    film.close()
    over.close()
