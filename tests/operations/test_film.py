"""From chunks to a film: order, captions, sounds, and the finished MP4."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from operations.chunks import ChunkHeader, read_header, write_chunk
from operations.errors import BadInput, BadParameters
from operations.lettering import MAX_CHARACTERS, FontList, fit_text, usable_fonts
from operations.loudness_meter import measure_loudness
from operations.planes import frame_of
from operations.sounds import decoded_sound

from .clips import (
    add_voice,
    click,
    encode_sound,
    flat,
    moving_sprite,
    pictures_of,
    psnr,
    sound_of,
    tone,
    write_wav,
)
from .conftest import Made

LEVELS = (30, 60, 90, 120, 150, 180)


def chunks_of(folder: Path, *, per_chunk: int = 4, rate: int = 25, **different: Any) -> list[Path]:
    """Six chunks, each of its own grey."""
    made = []
    for number, level in enumerate(LEVELS):
        header = ChunkHeader(
            number=number,
            first=number * per_chunk,
            frames=per_chunk,
            rate=Fraction(rate),
            width=64,
            height=48,
            overlap=int(number < len(LEVELS) - 1),
            is_last=number == len(LEVELS) - 1,
        )
        pictures = [flat(level)] * per_chunk + [flat(level + 30)] * header.overlap
        made.append(write_chunk(folder, header, map(frame_of, pictures)))
    return made


def greys(path: Path) -> list[int]:
    return [round(float(one[0].mean()) / 30) * 30 for one in pictures_of(path)]


def test_chunks_are_joined_by_their_numbers(tmp_path: Path, make: Made) -> None:
    chunks = chunks_of(tmp_path)
    renamed = [one.rename(tmp_path / f"{len(chunks) - n}.mkv") for n, one in enumerate(chunks)]

    whole = make("concat", *sorted(renamed)).outputs[0]

    assert whole.frames == 24
    assert greys(whole.path) == [level for level in LEVELS for _ in range(4)]
    assert read_header(whole.path).stored == 24


def test_chunk_that_is_missing_is_named(tmp_path: Path, make: Made) -> None:
    chunks = chunks_of(tmp_path)

    with pytest.raises(BadInput, match="number 2 is missing"):
        make("concat", *chunks[:2], *chunks[3:])
    with pytest.raises(BadInput, match="The last chunk is missing"):
        make("mux", *chunks[:-1])


def test_chunk_of_an_earlier_try_does_not_slip_in(tmp_path: Path, make: Made) -> None:
    chunks = chunks_of(tmp_path)
    (tmp_path / "longer").mkdir()
    longer = chunks_of(tmp_path / "longer", per_chunk=5)
    (tmp_path / "faster").mkdir()
    faster = chunks_of(tmp_path / "faster", rate=50)

    placed = replace(read_header(longer[1]), first=4)
    replaced = write_chunk(tmp_path / "longer", placed, map(frame_of, [flat(60)] * 6))

    with pytest.raises(BadInput, match="Two chunks have the number 1"):
        make("concat", *chunks, faster[1])
    with pytest.raises(BadInput, match=r"Chunk 1 differs .* 50 pictures"):
        make("concat", chunks[0], faster[1], *chunks[2:])
    with pytest.raises(BadInput, match="Chunk 2 begins at picture 8, not at 9"):
        make("concat", chunks[0], replaced, *chunks[2:])


def test_chunk_with_too_few_pictures_is_found_out(tmp_path: Path, make: Made) -> None:
    chunks = chunks_of(tmp_path)
    with av.open(str(chunks[1])) as media:
        tag = json.loads(media.metadata["PANIC_CHUNK"])
    header = ChunkHeader.from_json(json.dumps(tag))
    honest = replace(header, frames=3)
    cut = write_chunk(tmp_path, honest, map(frame_of, [flat(60)] * 4))
    # A file that says that it has five.
    data = cut.read_bytes()
    cut.write_bytes(data.replace(b'"frames": 3', b'"frames": 4'))

    for operation in ("concat", "mux"):
        with pytest.raises(BadInput, match="Chunk 1 has 4 pictures where 5 should be"):
            make(operation, *chunks[:1], cut, *chunks[2:])


def boxes_of(path: Path) -> list[bytes]:
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        found.append(data[at + 4 : at + 8])
        at += int.from_bytes(data[at : at + 4], "big")
    return found


def test_film_plays_whole_and_in_time(tmp_path: Path, make: Made) -> None:
    chunks = chunks_of(tmp_path, per_chunk=10)
    sound = write_wav(tmp_path / "click.wav", click(2.0, 1.2))

    made = make("mux", *reversed(chunks), sound, title="A film")

    (film,) = made.outputs
    assert greys(film.path) == [level for level in LEVELS for _ in range(10)]
    assert boxes_of(film.path)[:2] == [b"ftyp", b"moov"]
    heard = sound_of(film.path)
    assert abs(int(np.argmax(np.abs(heard))) / 48_000 - 1.2) < 0.02
    media: Any
    with av.open(str(film.path)) as media:
        lengths = {one.type: float(one.duration * one.time_base) for one in media.streams}
        assert {one.codec_context.name for one in media.streams} == {"h264", "aac"}
        assert media.streams.video[0].codec_context.pix_fmt == "yuv420p"
        assert media.metadata["title"] == "A film"
        first = next(media.decode(video=0))
        assert first.pts == 0
    assert abs(lengths["video"] - 2.4) < 0.04
    assert abs(lengths["audio"] - lengths["video"]) < 0.02
    assert abs(len(heard) / 48_000 - 2.4) < 0.02


def test_sounds_begin_where_they_should(tmp_path: Path, make: Made) -> None:
    chunks = chunks_of(tmp_path, per_chunk=10)
    early = write_wav(tmp_path / "early.wav", click(0.5, 0.4))
    late = write_wav(tmp_path / "late.wav", click(3.0, 0.3))

    made = make("mux", *chunks, early, late, offsets=[-0.2, 1.5])

    heard = np.abs(sound_of(made.outputs[0].path))
    loud = np.flatnonzero(heard > 0.3) / 48_000
    first, second = loud[loud < 1], loud[loud > 1]
    assert abs(first[0] - 0.2) < 0.02
    assert abs(second[0] - 1.8) < 0.02


def test_sound_may_come_in_a_matroska_file_too(tmp_path: Path, make: Made) -> None:
    with av.open(str(tmp_path / "sound.mkv"), "w") as media:
        encode_sound(media, add_voice(media, click(1.0, 0.5)), click(1.0, 0.5))

    made = make("mux", *chunks_of(tmp_path, per_chunk=10), tmp_path / "sound.mkv")

    heard = sound_of(made.outputs[0].path)
    assert abs(int(np.argmax(np.abs(heard))) / 48_000 - 0.5) < 0.02


def test_film_without_sound_is_a_film(tmp_path: Path, make: Made) -> None:
    made = make("mux", *chunks_of(tmp_path))

    assert made.details["has_sound"] is False
    assert made.details["seconds"] == 0.96


def test_odd_sizes_become_even_by_a_line_more(tmp_path: Path, make: Made) -> None:
    header = ChunkHeader(0, 0, 3, Fraction(25), 65, 49, is_last=True)
    pictures = moving_sprite(3, 65, 49)
    chunk = write_chunk(tmp_path, header, map(frame_of, pictures))

    film = pictures_of(make("mux", chunk, quality=0).outputs[0].path)

    assert film[0][0].shape == (50, 66)
    assert psnr([film[2][0][:49, :65]], pictures[2]) > 45


def test_one_offset_for_each_sound(tmp_path: Path, make: Made) -> None:
    sound = write_wav(tmp_path / "sound.wav", tone(0.1))

    with pytest.raises(BadParameters, match="one value, or one for each of the 1 files"):
        make("mux", *chunks_of(tmp_path), sound, offsets=[0, 1])


@pytest.mark.parametrize("level", [0.01, 0.5])
def test_sound_becomes_as_loud_as_it_should(level: float, tmp_path: Path, make: Made) -> None:
    sound = write_wav(tmp_path / "sound.wav", tone(1.0, level=level))

    made = make("loudness", sound)

    measured = measure_loudness(lambda: decoded_sound(made.outputs[0].path), lambda: None)
    assert abs(measured.integrated - -16) < 0.5
    assert measured.peak <= -1.4
    assert abs(len(sound_of(made.outputs[0].path)) - 48_000) < 480


def test_peaks_stay_under_the_ceiling(tmp_path: Path, make: Made) -> None:
    peaks = tone(2.0, level=0.02)
    peaks[::4_800] = 0.9
    sound = write_wav(tmp_path / "sound.wav", peaks)

    made = make("loudness", sound)

    assert make("loudness", made.outputs[0].path).details["peak"] <= -1
    assert made.details["after"] < -15


def test_silence_stays_silence(tmp_path: Path, make: Made) -> None:
    sound = write_wav(tmp_path / "sound.wav", np.zeros(24_000, np.float32))

    made = make("loudness", sound)

    assert made.details["is_silent"] is True
    assert not sound_of(made.outputs[0].path).any()


def one_chunk(folder: Path, width: int = 128, height: int = 96) -> Path:
    header = ChunkHeader(0, 0, 2, Fraction(25), width, height, is_last=True)
    return write_chunk(folder, header, map(frame_of, [flat(100, width, height)] * 2))


LONG_WORD = "x" * 3_000


@pytest.mark.parametrize(
    "text",
    [
        "Short",
        "Two\nlines",
        "many words " * 60,
        LONG_WORD,
        "漢字" * 300,
        "مرحبا بالعالم",
        "🙂 " * 40,
    ],
)
def test_caption_fits_into_the_lower_half(text: str, tmp_path: Path, make: Made) -> None:
    chunk = one_chunk(tmp_path)

    made = make("caption", chunk, text=text)

    pictures = pictures_of(made.outputs[0].path)
    changed = np.abs(pictures[0][0].astype(int) - pictures_of(chunk)[0][0]) > 8
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    assert rows.min() >= 96 * 0.45
    assert rows.max() < 96
    assert 0 <= columns.min() <= columns.max() < 128
    assert changed.any(1).sum() > 3


@pytest.mark.parametrize("text", ["Short", "many words " * 60])
def test_words_that_stand_alone_are_in_the_middle(text: str, tmp_path: Path, make: Made) -> None:
    chunk = one_chunk(tmp_path)

    made = make("caption", chunk, text=text, place="middle", size=0.12)

    after, before = pictures_of(made.outputs[0].path)[0][0], pictures_of(chunk)[0][0]
    rows = np.flatnonzero((np.abs(after.astype(int) - before) > 8).any(1))
    assert abs((rows.min() + rows.max()) / 2 - 48) < 6


def test_what_does_not_fit_is_cut_with_an_ellipsis() -> None:
    fonts = FontList(usable_fonts([]))

    fitted = fit_text("many words " * 300, fonts, 200, 60, 20)

    assert fitted.is_cut
    assert fitted.lines[-1].endswith("…")
    assert fitted.height <= 60
    assert sum(map(len, fitted.lines)) < MAX_CHARACTERS


def test_short_text_is_not_shrunk() -> None:
    fitted = fit_text("A ring", FontList(usable_fonts([])), 400, 200, 24)

    assert (fitted.lines, fitted.size, fitted.is_cut) == (["A ring"], 24, False)


def test_empty_caption_changes_nothing(tmp_path: Path, make: Made) -> None:
    chunk = one_chunk(tmp_path)

    made = make("caption", chunk, text=" \x07 ")

    assert made.details["lines"] == 0
    assert np.array_equal(pictures_of(made.outputs[0].path)[0][0], pictures_of(chunk)[0][0])


def test_caption_stands_on_odd_pictures_too(tmp_path: Path, make: Made) -> None:
    made = make("caption", one_chunk(tmp_path, 65, 49), text="Odd", place="top")

    assert pictures_of(made.outputs[0].path)[0][0].shape == (49, 65)


@pytest.mark.parametrize("method", ["lanczos", "learned"])
def test_pictures_become_larger(method: str, tmp_path: Path, make: Made) -> None:
    header = ChunkHeader(0, 0, 1, Fraction(25), 64, 48, is_last=True)
    chunk = write_chunk(tmp_path, header, map(frame_of, moving_sprite(1)))

    doubled = pictures_of(make("upscale", chunk, factor=2, method=method).outputs[0].path)[0]
    tall = pictures_of(make("upscale", chunk, height=72).outputs[0].path)[0]

    assert doubled[0].shape == (96, 128)
    assert tall[0].shape == (72, 96)
    assert abs(float(doubled[0].mean()) - float(moving_sprite(1)[0][0].mean())) < 1


def stills(folder: Path, *levels: int) -> list[Path]:
    paths = []
    for number, level in enumerate(levels):
        paths.append(folder / f"still-{number}.png")
        Image.new("RGB", (70, 40), (level,) * 3).save(paths[-1])
    return paths


SMALL: dict[str, Any] = {"width": 64, "height": 48, "rate": 10, "fill": True}


def test_stills_stand_and_fade_into_each_other(tmp_path: Path, make: Made) -> None:
    made = make("crossfade", *stills(tmp_path, 0, 255, 0), seconds=[1, 1.5, 1], fade=0.3, **SMALL)

    means = [float(one[0].mean()) for one in pictures_of(made.outputs[0].path)]
    assert made.details["ends"] == [10, 25, 35]
    assert [round(one) for one in means[:7]] == [16] * 7
    assert [round((one - 16) / 219, 2) for one in means[7:10]] == [0.25, 0.5, 0.75]
    assert [round(one) for one in means[10:22]] == [235] * 12
    assert [round(one) for one in means[25:]] == [16] * 10


def test_chunks_of_stills_make_one_film_without_a_seam(tmp_path: Path, make: Made) -> None:
    paths = stills(tmp_path, 0, 255, 0)
    given = SMALL | {"seconds": [1], "fade": 0.3}
    whole = make("crossfade", *paths, **given).outputs[0].path

    parts = [
        make("crossfade", *paths[:2], into_last=True, is_last=False, **given),
        make("crossfade", *paths[1:], into_last=True, number=1, first=10, is_last=False, **given),
        make("crossfade", paths[2], number=2, first=20, **given),
    ]

    joined = make("concat", *(one.outputs[0].path for one in parts)).outputs[0].path
    for one, other in zip(pictures_of(whole), pictures_of(joined), strict=True):
        assert np.array_equal(one[0], other[0])


def test_times_of_many_stills_do_not_drift(tmp_path: Path, make: Made) -> None:
    made = make("crossfade", *stills(tmp_path, 0, 255) * 8, seconds=[0.33], fade=0, **SMALL)

    assert made.outputs[0].frames == round(16 * 0.33 * 10)


def test_still_that_is_shorter_than_its_fade_is_refused(tmp_path: Path, make: Made) -> None:
    with pytest.raises(BadParameters, match="longer than the cross-fade"):
        make("crossfade", *stills(tmp_path, 0, 255), seconds=[1], fade=1, **SMALL)


def test_still_that_is_no_image_is_refused(tmp_path: Path, make: Made) -> None:
    (tmp_path / "text.png").write_text("no image")

    with pytest.raises(BadInput, match="The image is damaged"):
        make("crossfade", tmp_path / "text.png", **SMALL)
