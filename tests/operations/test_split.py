"""Clips as they come from cameras and telephones: split into even chunks, or stills."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from operations.chunks import ChunkHeader, own_frames_of, read_header
from operations.contract import MadeOutputs
from operations.errors import BadInput, BadParameters
from operations.planes import planes_of

from .clips import (
    click,
    flat,
    moving_sprite,
    pictures_of,
    psnr,
    sound_of,
    texture,
    tone,
    write_clip,
)
from .conftest import Made


def headers(made: MadeOutputs) -> list[ChunkHeader]:
    return [read_header(one.path) for one in made.outputs]


def own_pictures(made: MadeOutputs) -> list[list[Any]]:
    """Of all chunks in a row."""
    return [
        [plane.copy() for plane in planes_of(frame)]
        for one in made.outputs
        for frame in own_frames_of(one.path, read_header(one.path))
    ]


def test_chunks_are_equal_and_follow_each_other(tmp_path: Path, make: Made) -> None:
    pictures = moving_sprite(14)
    clip = write_clip(tmp_path / "clip.mkv", pictures, codec="ffv1")

    made = make("split", clip, seconds=0.2)

    assert [one.number for one in headers(made)] == [0, 1, 2]
    assert [one.first for one in headers(made)] == [0, 5, 10]
    assert [one.frames for one in headers(made)] == [5, 5, 4]
    assert [one.lead for one in headers(made)] == [0, 4, 4]
    assert [one.overlap for one in headers(made)] == [1, 1, 0]
    assert [one.is_last for one in headers(made)] == [False, False, True]
    assert [one.frames for one in made.outputs] == [6, 10, 8]


def test_nothing_is_lost_in_a_chunk(tmp_path: Path, make: Made) -> None:
    pictures = moving_sprite(8)
    clip = write_clip(tmp_path / "clip.mkv", pictures, codec="ffv1")

    kept = own_pictures(make("split", clip, seconds=0.2))

    # Colours that a small clip does not describe are BT.601, and rounded once where they become BT.709.
    assert all(psnr(one, other) > 48 for one, other in zip(kept, pictures, strict=True))
    again = write_clip(tmp_path / "again.mkv", kept, codec="ffv1")
    assert len(pictures_of(again)) == 8


def test_chunks_have_pictures_of_their_neighbours_at_both_ends(tmp_path: Path, make: Made) -> None:
    clip = write_clip(tmp_path / "clip.mkv", moving_sprite(8), codec="ffv1")

    first, second = (pictures_of(one.path) for one in make("split", clip, seconds=0.16).outputs)

    assert (len(first), len(second)) == (4 + 1, 4 + 4)
    # What both have are the four pictures of the first chunk and the first one of the second.
    for one, other in zip(first, second[:5], strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_uneven_times_become_an_even_rate(tmp_path: Path, make: Made) -> None:
    pictures = moving_sprite(8)
    shown = [0, 1, 2, 6, 7, 8, 9, 15]  # in 25ths of a second
    times = [Fraction(at, 25) for at in shown]
    clip = write_clip(tmp_path / "clip.mp4", pictures, times=times)

    made = make("split", clip)

    assert made.details["had_constant_rate"] is False
    assert (made.details["rate"], made.details["frames"]) == ("25", 16)
    kept = own_pictures(made)
    for instant, picture in enumerate(kept):
        standing = max(number for number, at in enumerate(shown) if at <= instant)
        assert max(range(8), key=lambda at: psnr(picture, pictures[at])) == standing


@pytest.mark.parametrize("rate", [Fraction(24_000, 1001), Fraction(12), Fraction(60_000, 1001)])
def test_even_rate_is_kept_exactly(rate: Fraction, tmp_path: Path, make: Made) -> None:
    clip = write_clip(tmp_path / "clip.mkv", moving_sprite(8), rate=rate)

    (header,) = headers(make("split", clip))

    assert (header.rate, header.frames) == (rate, 8)


def test_other_rate_keeps_the_length(tmp_path: Path, make: Made) -> None:
    clip = write_clip(tmp_path / "clip.mkv", moving_sprite(10), rate=20)

    assert make("split", clip, rate=30).details["frames"] == 15


def turn(path: Path, degrees: int) -> None:
    """Write into the header of an MP4 that its pictures are to be turned."""
    matrices = {90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}
    data = bytearray(path.read_bytes())
    # The matrix stands 40 bytes behind the beginning of the track's header, version 0.
    at = data.index(b"tkhd") + 4 + 40
    a, b, c, d = (number << 16 for number in matrices[degrees])
    for place, number in ((0, a), (4, b), (12, c), (16, d)):
        data[at + place : at + place + 4] = number.to_bytes(4, "big", signed=True)
    path.write_bytes(data)


@pytest.mark.parametrize(("degrees", "quarters"), [(90, 3), (180, 2), (270, 1)])
def test_turned_pictures_stand_upright(
    degrees: int, quarters: int, tmp_path: Path, make: Made
) -> None:
    pictures = moving_sprite(4)
    clip = write_clip(tmp_path / "clip.mp4", pictures)
    turn(clip, degrees)

    made = make("split", clip)
    facts = make("probe", clip).details

    luma = own_pictures(made)[0][0]
    assert (facts["height"], facts["width"]) == luma.shape
    assert psnr([luma], [np.rot90(pictures[0][0], quarters)]) > 45


def test_odd_sizes_are_kept(tmp_path: Path, make: Made) -> None:
    pictures = moving_sprite(3, 65, 49)
    clip = write_clip(tmp_path / "clip.mkv", pictures, codec="ffv1")

    made = make("split", clip)

    assert (headers(made)[0].width, headers(made)[0].height) == (65, 49)
    assert psnr(own_pictures(made)[2], pictures[2]) > 48


def write_deep(path: Path, transfer: int = 1) -> Path:
    """10 bits; grey from black on the left to white on the right."""
    colours = 1 if transfer == 1 else 9
    with av.open(str(path), "w") as media:
        stream = media.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p10le"
        for number in range(3):
            frame = av.VideoFrame(64, 48, "yuv420p10le")
            for place, plane in enumerate(frame.planes):
                width = plane.line_size // 2
                values = np.linspace(64, 940, 64) if place == 0 else np.full(width, 512)
                row = np.zeros(width, np.uint16)
                row[: len(values)] = values
                plane.update(row.tobytes() * (plane.buffer_size // plane.line_size))
            frame.color_trc, frame.color_primaries = transfer, colours
            frame.colorspace, frame.color_range = colours, 1
            context = stream.codec_context
            context.color_trc, context.color_primaries = transfer, colours
            context.colorspace, context.color_range = colours, 1
            frame.pts, frame.time_base = number, Fraction(1, 25)
            media.mux(stream.encode(frame))
        media.mux(stream.encode(None))
    return path


def test_ten_bits_become_eight(tmp_path: Path, make: Made) -> None:
    clip = write_deep(tmp_path / "deep.mkv")

    facts = make("probe", clip).details
    luma = own_pictures(make("split", clip))[0][0]

    assert (facts["bits"], facts["is_hdr"]) == (10, False)
    assert np.abs(luma[0].astype(float) - np.linspace(16, 235, 64)).max() <= 1


def test_scene_cuts_are_found_and_fast_motion_is_none(tmp_path: Path, make: Made) -> None:
    other = [[plane[::-1, ::-1] for plane in picture] for picture in moving_sprite(5)]
    clip = write_clip(tmp_path / "clip.mkv", [*moving_sprite(6), *other, *moving_sprite(3)])

    made = make("split", clip, seconds=0.24)

    assert made.details["cuts"] == [6, 11]
    # Both cuts are known on both sides of the seams: 6 is the picture behind the first chunk's own ones.
    assert [(one.first, one.stored, one.cuts) for one in headers(made)] == [
        (0, 6, ()),
        (5, 10, (1,)),
        (10, 8, (1,)),
    ]


def test_cut_at_a_seam_is_known_to_the_chunk_that_begins_there(tmp_path: Path, make: Made) -> None:
    clip = write_clip(tmp_path / "clip.mkv", [*[flat(30)] * 5, *[flat(200)] * 5], codec="ffv1")

    made = make("split", clip, seconds=0.2)
    joined = make("concat", *(one.path for one in made.outputs)).outputs[0].path

    assert [one.cuts for one in headers(made)] == [(5,), (0,)]
    assert read_header(joined).cuts == (5,)
    assert len(pictures_of(joined)) == 10


def test_scene_of_one_picture_has_a_cut_on_both_sides(tmp_path: Path, make: Made) -> None:
    clip = write_clip(tmp_path / "clip.mkv", [*[flat(30)] * 4, flat(230), *[flat(30)] * 4])

    assert make("split", clip).details["cuts"] == [4, 5]


def test_clip_that_fades_to_black_has_no_cut(tmp_path: Path, make: Made) -> None:
    ground = texture(48, 64, fine=3, seed=4) * 150 + 40
    fading = [[(ground * (12 - n) / 12 + 16).astype(np.uint8), *flat(0)[1:]] for n in range(12)]
    clip = write_clip(tmp_path / "clip.mkv", fading)

    assert make("split", clip).details["cuts"] == []


def test_damaged_middle_is_said_to_be_so(tmp_path: Path, make: Made) -> None:
    clip = write_clip(tmp_path / "clip.mp4", moving_sprite(8))
    data = bytearray(clip.read_bytes())
    begin, end = data.index(b"mdat") + 800, data.index(b"moov") - 4
    data[begin:end] = bytes(end - begin)
    clip.write_bytes(data)

    with pytest.raises(BadInput, match=r"damaged|cut short"):
        make("split", clip)


def test_stills_are_taken_at_times_and_in_steps(tmp_path: Path, make: Made) -> None:
    pictures = moving_sprite(10)
    clip = write_clip(tmp_path / "clip.mkv", pictures, codec="ffv1")

    made = make("extract", clip, times=[0.2, 0.39], every=4)

    stills = [one.path for one in made.outputs]
    assert [still.name for still in stills] == [f"still-{n:06}.png" for n in range(1, 6)]
    for still, number in zip(stills, (0, 4, 5, 8, 9), strict=True):
        with Image.open(still) as image:
            grey = np.asarray(image.convert("L")).astype(float) * 219 / 255 + 16
        nearest = max(range(10), key=lambda at: psnr([grey], [pictures[at][0]]))
        assert nearest == number


def test_still_behind_the_end_is_refused(clip: Path, make: Made) -> None:
    with pytest.raises(BadInput, match=r"no picture at 0\.48 seconds"):
        make("extract", clip, times=[0.48])


def test_sound_is_taken_out_in_time(tmp_path: Path, make: Made) -> None:
    clip = write_clip(tmp_path / "clip.mp4", moving_sprite(25), sound=click(1.0, 0.5))

    made = make("extract", clip, sound=True)

    sound = sound_of(made.outputs[-1].path)
    assert abs(int(np.argmax(np.abs(sound))) / 48_000 - 0.5) < 0.02
    assert abs(made.details["sound_seconds"] - 1) < 0.05


def test_sound_that_begins_late_is_taken_out_in_time(tmp_path: Path, make: Made) -> None:
    late = 24_000
    clip = write_clip(
        tmp_path / "clip.mkv", moving_sprite(25), sound=click(0.5, 0.2), sound_at=late
    )

    sound = sound_of(make("extract", clip, sound=True).outputs[-1].path)

    assert abs(int(np.argmax(np.abs(sound))) / 48_000 - 0.7) < 0.02


def test_clip_without_sound_says_so(tmp_path: Path, make: Made) -> None:
    clip = write_clip(tmp_path / "clip.mp4", moving_sprite(3))

    assert make("probe", clip).details["has_sound"] is False
    with pytest.raises(BadInput, match="no sound"):
        make("extract", clip, sound=True)


def test_extract_wants_to_know_what(clip: Path, make: Made) -> None:
    with pytest.raises(BadParameters, match="times, every or sound"):
        make("extract", clip)


def test_tone_of_a_clip_is_whole(tmp_path: Path, make: Made) -> None:
    clip = write_clip(tmp_path / "clip.mp4", moving_sprite(10), sound=tone(0.4, level=0.5))

    sound = sound_of(make("extract", clip, sound=True).outputs[0].path)

    middle = sound[4_800:-4_800]
    assert abs(float(np.sqrt(np.mean(middle**2))) - 0.5 / np.sqrt(2)) < 0.02
