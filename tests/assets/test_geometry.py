"""Videos that are turned, mirrored, or have pixels that are not square look as they were meant."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from assets.geometry import Geometry
from assets.images import TURNS
from assets.ingest import store
from assets.models import Asset

from .made_media import CORNERS, MATRICES, SIZE, film, quarters, turned, wrapped

pytestmark = pytest.mark.django_db


def corners_of(picture: Image.Image) -> list[int]:
    """Which of the colours is in each corner."""
    pixels = np.asarray(picture.convert("RGB")).astype(int)
    high, wide, _ = pixels.shape
    found = []
    for row in (high // 8, high * 7 // 8):
        for column in (wide // 8, wide * 7 // 8):
            away = [abs(pixels[row, column] - colour).sum() for colour in np.array(CORNERS)]
            found.append(int(np.argmin(away)))
    return found


def expected_corners(orientation: int) -> list[int]:
    picture, turn = Image.fromarray(quarters()), TURNS[orientation]
    return corners_of(picture if turn is None else picture.transpose(turn))


def poster_of(asset: Asset, media_root: Path) -> Image.Image:
    return Image.open(next(media_root.rglob(f"{asset.sha256}.poster.webp")))


@pytest.mark.parametrize("orientation", MATRICES)
def test_a_kept_video_has_its_poster_and_size_upright(orientation: int, media_root: Path) -> None:
    data = turned(film(), MATRICES[orientation])

    asset = store(data, kind="video")

    size = SIZE if orientation < 5 else SIZE[::-1]
    poster = poster_of(asset, media_root)
    assert (asset.width, asset.height) == poster.size == size
    assert corners_of(poster) == expected_corners(orientation)
    mirrored = orientation in {2, 4, 5, 7}
    with asset.path() as path:
        assert (path.read_bytes() != data) is mirrored  # not every browser mirrors


@pytest.mark.parametrize("orientation", MATRICES)
def test_a_converted_video_is_turned(orientation: int, media_root: Path) -> None:
    data = wrapped(turned(film(), MATRICES[orientation]), "matroska")

    asset = store(data, kind="video")

    with asset.path() as path, av.open(str(path)) as file:
        frame = next(file.decode(video=0))
        assert frame.rotation == 0
        assert file.streams.video[0].sample_aspect_ratio in {None, 1}
        assert corners_of(Image.fromarray(frame.to_ndarray(format="rgb24"))) == expected_corners(
            orientation
        )
        assert (frame.width, frame.height) == (asset.width, asset.height)
    assert corners_of(poster_of(asset, media_root)) == expected_corners(orientation)


@pytest.mark.parametrize("aspect", [Fraction(2), Fraction(1, 2), Fraction(16, 11)])
def test_a_converted_video_has_square_pixels(aspect: Fraction) -> None:
    asset = store(wrapped(film(aspect=aspect), "matroska"), kind="video")

    wide, high = Geometry(aspect=aspect).square(*SIZE)
    assert (asset.width, asset.height) == (wide // 2 * 2, high // 2 * 2)
    with asset.path() as path, av.open(str(path)) as file:
        context = file.streams.video[0].codec_context
        assert (context.width, context.height) == (asset.width, asset.height)


def test_odd_sides_become_even_and_are_recorded_so() -> None:
    asset = store(film(size=(161, 121), pixels="yuv444p"), kind="video")

    assert (asset.width, asset.height) == (160, 120)


def test_metadata_goes_and_turn_and_aspect_stay() -> None:
    box = b"\0\0\0\x20uuid" + b"a prompt, and a workflow"
    data = turned(film(aspect=Fraction(2)), MATRICES[6]) + box

    asset = store(data, kind="video")

    assert (asset.width, asset.height) == (120, 320)
    with asset.path() as path:
        kept = path.read_bytes()
    assert b"a prompt" not in kept
    with av.open(io.BytesIO(kept), "r") as file:
        assert file.streams.video[0].sample_aspect_ratio == 2
        assert next(file.decode(video=0)).rotation in {90, -90}


@pytest.mark.parametrize("size", [(160, 120), (1280, 720)])
def test_a_converted_video_says_what_its_colours_are(size: tuple[int, int]) -> None:
    film_in_rgb = film([Fraction(0)], muxer="matroska", codec="ffv1", pixels="bgr0", size=size)

    asset = store(film_in_rgb, kind="video")

    with asset.path() as path, av.open(str(path)) as file:
        frame = next(file.decode(video=0))
        said = (frame.colorspace, frame.color_primaries, frame.color_trc, frame.color_range)
        assert said == (1, 1, 1, 1)
        seen = frame.to_ndarray(format="rgb24").astype(int)
    assert abs(seen[size[1] // 4, size[0] // 4] - CORNERS[0]).max() < 12
