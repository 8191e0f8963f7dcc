"""The senses as far as they need no weights: posters, moving pictures, texts to say, lines to read."""

from __future__ import annotations

import io
import wave
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from local_models.memory import give_memory_back
from local_models.moving_pictures import pick_frame, zoom
from local_models.poster import print_poster
from local_models.protocol import HostRequest, UnusableInput
from local_models.reader.text_lines import find_lines
from local_models.sound_files import decoded, wav
from local_models.speech.mel import mel_picture
from local_models.speech.spoken_text import MAX_PIECE, MAX_TEXT, spoken_pieces
from local_models.speech.whisper import NOTHING, tidied


def request(
    model: str, path: Path | None = None, text: str = "", **parameters: object
) -> HostRequest:
    return HostRequest(model, text=text, path=str(path or ""), parameters=parameters)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Red on the left, blue on the right."""
    pixels = np.zeros((90, 161, 3), np.uint8)
    pixels[:, :80, 0] = pixels[:, 80:, 2] = 230
    path = tmp_path / "picture.png"
    Image.fromarray(pixels).save(path)
    return path


def test_a_poster_is_the_same_for_the_same_words_and_seed() -> None:
    first, again, other = (
        print_poster(request("local:poster", text="wet paint", seed=seed)).data
        for seed in (1, 1, 2)
    )

    assert first == again != other
    assert Image.open(io.BytesIO(first)).size == (1280, 720)


def test_noise_wears_a_poster() -> None:
    clean, worn = (
        np.asarray(
            Image.open(io.BytesIO(print_poster(request("p", text="wet", noise=noise)).data)), float
        )
        for noise in (0, 1)
    )

    assert clean[:20, :20].std(axis=(0, 1)).max() < 3
    assert worn[:20, :20].std(axis=(0, 1)).max() > 20


@pytest.mark.parametrize("text", ["a" * 500, "long " * 200, "é ü 漢字", "x"])
def test_any_words_fit_on_a_poster(text: str) -> None:
    assert len(print_poster(request("local:poster", text=text)).data) > 1000


def test_a_poster_needs_words() -> None:
    with pytest.raises(UnusableInput):
        print_poster(request("local:poster", text=" ... "))


def test_a_zoom_moves_and_lasts_as_long_as_asked(picture: Path, tmp_path: Path) -> None:
    reply = zoom(request("local:zoom", picture, seconds=2))

    film = tmp_path / "film.mp4"
    film.write_bytes(reply.data)
    with av.open(str(film)) as media:
        frames = [frame.to_ndarray(format="rgb24").astype(float) for frame in media.decode(video=0)]
    assert reply.content_type == "video/mp4"
    assert len(frames) == 50
    assert frames[0].shape == (90, 160, 3)
    assert np.abs(frames[0] - frames[-1]).mean() > 2
    steps = [np.abs(a - b).mean() for a, b in pairwise(frames)]
    assert max(steps) < np.abs(frames[0] - frames[-1]).mean()


def test_the_same_picture_is_zoomed_the_same_way(picture: Path) -> None:
    first, again, other = (
        zoom(request("local:zoom", picture, seconds=2, seed=seed)).data for seed in (1, 1, 2)
    )

    assert first == again != other


def test_a_frame_is_taken_from_its_place(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    with av.open(str(film), "w") as media:
        stream = media.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for level in range(0, 250, 25):
            frame = av.VideoFrame.from_ndarray(
                np.full((48, 64, 3), level, np.uint8), format="rgb24"
            )
            media.mux(stream.encode(frame))
        media.mux(stream.encode(None))

    levels = [
        np.asarray(Image.open(io.BytesIO(pick_frame(request("f", film, at=at)).data))).mean()
        for at in (0, 0.5, 1)
    ]

    assert levels == pytest.approx([0, 125, 225], abs=6)


def test_a_file_that_is_no_film_has_no_frame(picture: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("no film")
    sound = tmp_path / "sound.wav"
    sound.write_bytes(wav(np.zeros(800, np.float32), 8000))

    for path in (text, sound):
        with pytest.raises(UnusableInput):
            pick_frame(request("local:frame", path))


def test_long_texts_are_said_in_pieces_and_cut() -> None:
    pieces = spoken_pieces("One sentence. " + "word " * 60 + "! " + "x" * 900)

    assert pieces[0] == "One sentence."
    assert all(0 < len(piece) <= MAX_PIECE for piece in pieces)
    assert sum(map(len, pieces)) <= MAX_TEXT


@pytest.mark.parametrize("text", ["", " ... ", "!?"])
def test_what_has_no_words_cannot_be_said(text: str) -> None:
    with pytest.raises(UnusableInput):
        spoken_pieces(text)


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        (" a red  balloon.", "a red balloon."),
        ("[Music]", NOTHING),
        ("(wind) Hello", "Hello"),
        ("", NOTHING),
    ],
)
def test_notes_of_noises_are_no_words(heard: str, written: str) -> None:
    assert tidied(heard) == written


def test_a_tone_stands_in_its_band() -> None:
    low, high = (
        mel_picture(np.sin(np.arange(16_000) * 2 * np.pi * hertz / 16_000).astype(np.float32))
        for hertz in (300, 3000)
    )

    assert low.shape == (80, 3000)
    assert low[:, 50].argmax() < 15 < high[:, 50].argmax()
    assert low[:, 2000].max() == low.min()


def test_lines_are_read_from_the_top_and_from_the_left() -> None:
    marks = np.zeros((100, 200), bool)
    marks[62:70, 10:90] = marks[60:68, 120:190] = marks[20:28, 30:160] = True
    marks[90, 5] = True  # too small to be a line

    lines = find_lines(marks)

    assert [(line.left < 40, line.top < 40) for line in lines] == [
        (True, True),
        (True, False),
        (False, False),
    ]


def test_marks_that_meet_further_down_are_one_line() -> None:
    marks = np.zeros((40, 60), bool)
    marks[5:20, 5:15] = marks[5:20, 30:40] = marks[15:20, 5:40] = True

    (line,) = find_lines(marks)

    assert line.left <= 5
    assert line.right >= 40


def test_a_sound_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    tone = (np.sin(np.arange(8000) / 5) * 0.5).astype(np.float32)
    path.write_bytes(wav(tone, 16_000))

    back = decoded(path, rate=16_000, max_seconds=0.25)

    with wave.open(str(path)) as file:
        assert file.getnframes() == 8000
    assert len(back) == 4000
    assert np.abs(back / back.max() - tone[:4000] / tone.max()).max() < 0.01


def test_memory_can_be_given_back_anywhere() -> None:
    give_memory_back()
