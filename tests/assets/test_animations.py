"""Animated pictures where a film is expected: every format, each frame as long as it says."""

from __future__ import annotations

import io
from typing import Any

import av
import pytest
from PIL import Image

from assets import animations
from assets.errors import DamagedMedia, TooLarge, WrongMedia
from assets.ingest import store
from assets.kinds import MediaKind, MediaLimits
from assets.models import Asset
from tests.assets import samples

pytestmark = pytest.mark.django_db

FORMATS = ["GIF", "WEBP", "PNG", "AVIF"]
COLOURS = [(200, 0, 0), (0, 200, 0), (0, 0, 200), (200, 200, 0)]


def animation(file_format: str, **options: Any) -> bytes:
    frames = [Image.new("RGB", (61, 41), colour) for colour in COLOURS]
    buffer = io.BytesIO()
    frames[0].save(buffer, file_format, save_all=True, append_images=frames[1:], **options)
    return buffer.getvalue()


def pictures(asset: Asset) -> list[tuple[float, tuple[int, int, int]]]:
    """When each frame of a film begins, and the colour in it."""
    with asset.path() as path, av.open(str(path)) as file:
        frames: Any = file.decode(video=0)
        return [(float(frame.time), frame.to_image().getpixel((20, 20))) for frame in frames]


def shown_at(asset: Asset) -> list[tuple[float, int]]:
    """When another colour begins, and which."""
    found: list[tuple[float, int]] = []
    for at, seen in pictures(asset):
        distances = [sum(abs(a - b) for a, b in zip(seen, one, strict=True)) for one in COLOURS]
        colour = distances.index(min(distances))
        if not found or found[-1][1] != colour:
            found.append((at, colour))
    return found


@pytest.mark.parametrize("file_format", FORMATS)
def test_an_animated_picture_is_a_film(file_format: str) -> None:
    asset = store(animation(file_format, duration=100), kind="video")

    assert (asset.kind, asset.content_type) == ("video", "video/mp4")
    assert asset.seconds == pytest.approx(0.4, abs=0.001)
    assert (asset.width, asset.height) == (60, 40)
    assert asset.rendition("poster")
    assert [colour for _, colour in shown_at(asset)] == [0, 1, 2, 3]
    with asset.path() as path, av.open(path) as video:
        said = video.streams.video[0].codec_context
        bt709 = (said.colorspace, said.color_primaries, said.color_trc)
    assert bt709 == (1, 1, 1)


@pytest.mark.parametrize("file_format", FORMATS)
def test_each_frame_stays_as_long_as_it_says(file_format: str) -> None:
    asset = store(animation(file_format, duration=[40, 500, 60, 2_000]), kind="video")

    assert asset.seconds == pytest.approx(2.6, abs=0.001)
    assert [at for at, _ in shown_at(asset)] == pytest.approx([0, 0.04, 0.54, 0.6], abs=0.001)


def test_a_frame_that_stands_for_minutes_is_encoded_once() -> None:
    asset = store(animation("WEBP", duration=[20, 420_000, 20, 420_000]), kind="video")

    assert asset.seconds == pytest.approx(840.04, abs=0.001)
    assert [at for at, _ in pictures(asset)] == pytest.approx([0, 0.02, 420.02, 420.04], abs=0.001)
    with asset.path() as path, av.open(str(path)) as file:
        assert file.duration == pytest.approx(840.04 * av.time_base, abs=0.01 * av.time_base)


@pytest.mark.parametrize("work", ["decode", "convert"])
def test_work_on_an_animation_ends_at_its_deadline(
    work: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = {"decode": "DECODING_SECONDS", "convert": "CONVERTING_SECONDS"}[work]
    monkeypatch.setattr(animations, limit, -1)

    with pytest.raises(TooLarge, match=f"takes too long to {work}"):
        store(animation("GIF", duration=100), kind="video")


def test_a_frame_without_a_time_stays_as_long_as_browsers_show_it() -> None:
    asset = store(animation("GIF", duration=0), kind="video")

    assert asset.seconds == pytest.approx(0.4, abs=0.001)


def test_the_picture_before_an_animated_png_is_not_a_part_of_it() -> None:
    asset = store(animation("PNG", duration=100, default_image=True), kind="video")

    assert asset.seconds == pytest.approx(0.3, abs=0.001)
    assert [colour for _, colour in shown_at(asset)] == [1, 2, 3]


def test_what_is_transparent_stands_on_black() -> None:
    frames = [Image.new("RGBA", (64, 48), (255, 255, 255, alpha)) for alpha in (0, 255)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "WEBP", save_all=True, append_images=frames[1:], lossless=True)

    asset = store(buffer.getvalue(), kind="video")

    seen = [colour for _, colour in pictures(asset)]
    assert max(seen[0]) < 20
    assert min(seen[-1]) > 235


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG", "JPEG"])
def test_a_still_picture_is_no_film(file_format: str) -> None:
    with pytest.raises(WrongMedia, match="An image came where a video was expected"):
        store(samples.image(file_format), kind="video")

    assert not Asset.objects.exists()


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG"])
def test_an_animation_that_was_cut_short_is_damaged(file_format: str, kept: float) -> None:
    data = animation(file_format, duration=100)

    with pytest.raises(DamagedMedia):
        store(data[: int(len(data) * kept)], kind="video")


def test_an_animation_that_plays_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = MediaLimits(size=1_000_000, pixels=1_000_000, seconds=1)
    monkeypatch.setattr(animations, "LIMIT", limit)

    with pytest.raises(TooLarge, match="plays too long"):
        store(animation("GIF", duration=300), kind="video")


def test_the_same_animation_is_a_picture_and_a_film() -> None:
    data = animation("WEBP", duration=100)

    picture, film = store(data, kind="image"), store(data, kind="video")

    assert (picture.kind, film.kind) == (MediaKind.IMAGE, MediaKind.VIDEO)
    assert store(data, kind="video") == film
