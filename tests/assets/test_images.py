from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import BinaryIO

import pytest
from PIL import Image

from assets import blobs
from assets.errors import AssetError, DamagedMedia, TooLarge, WrongMedia
from assets.ingest import store
from assets.models import Asset

from . import samples
from .conftest import EverythingKept

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("file_format", "content_type", "extension"),
    [
        ("PNG", "image/png", "png"),
        ("JPEG", "image/jpeg", "jpg"),
        ("WEBP", "image/webp", "webp"),
        ("GIF", "image/gif", "gif"),
        ("AVIF", "image/avif", "avif"),
    ],
)
def test_an_image_is_kept_as_it_came(file_format: str, content_type: str, extension: str) -> None:
    data = samples.image(file_format)

    asset = store(data, kind="image", content_type="application/octet-stream")

    assert (asset.content_type, asset.extension) == (content_type, extension)
    assert (asset.width, asset.height, asset.bytes) == (64, 48, len(data))
    with asset.path() as path:
        assert path.read_bytes() == data


@pytest.mark.parametrize("file_format", ["BMP", "TIFF"])
def test_an_image_that_browsers_do_not_show_becomes_a_png(file_format: str) -> None:
    asset = store(samples.image(file_format), kind="image")

    assert asset.content_type == "image/png"
    with asset.path() as path, Image.open(path) as image:
        assert image.format == "PNG"
        assert image.tobytes() == Image.open(io.BytesIO(samples.image(file_format))).tobytes()


@pytest.mark.parametrize("as_source", ["bytes", "path", "stream"])
def test_any_source_gives_the_same_asset(as_source: str, tmp_path: Path) -> None:
    data = samples.image()
    path = tmp_path / "given.png"
    path.write_bytes(data)
    sources: dict[str, bytes | Path | BinaryIO] = {
        "bytes": data,
        "path": path,
        "stream": io.BytesIO(data),
    }

    asset = store(sources[as_source], kind="image")

    assert asset.url == f"/assets/{asset.sha256}.png"
    assert path.exists()


def test_the_same_bytes_twice_are_one_asset(everything_kept: EverythingKept) -> None:
    first = store(samples.image(), kind="image")
    before = everything_kept.published()

    second = store(samples.image(), kind="image")

    assert second == first
    assert everything_kept.published() == before
    assert everything_kept.temporary() == []


def test_a_lost_file_comes_back_with_the_same_bytes() -> None:
    asset = store(samples.image(), kind="image")
    with asset.path() as path:
        path.unlink()

    again = store(samples.image(), kind="image")

    assert again == asset
    assert blobs.exists(asset.name)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        pytest.param(b"", DamagedMedia, id="zero bytes"),
        pytest.param(b"<!doctype html><title>502</title>", DamagedMedia, id="html"),
        pytest.param(samples.image("PNG")[:-900], DamagedMedia, id="png cut short"),
        pytest.param(samples.image("JPEG")[:-900], DamagedMedia, id="jpeg cut short"),
        pytest.param(samples.image("WEBP")[:-900], DamagedMedia, id="webp cut short"),
        pytest.param(samples.image("GIF")[:-900], DamagedMedia, id="gif cut short"),
        pytest.param(samples.image("AVIF")[:-900], DamagedMedia, id="avif cut short"),
        pytest.param(samples.animation()[:-20], DamagedMedia, id="animation cut short"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"<html>" * 20, DamagedMedia, id="html behind a magic"),
        pytest.param(samples.huge_png(), TooLarge, id="bomb"),
        pytest.param(samples.huge_png(8_100, 8_100), TooLarge, id="a little too large"),
        pytest.param(samples.sound("wav"), WrongMedia, id="a sound"),
        pytest.param(samples.video("mp4"), WrongMedia, id="a video"),
    ],
)
def test_what_is_no_good_image_is_refused_in_a_sentence_and_leaves_nothing(
    data: bytes, error: type[AssetError], everything_kept: EverythingKept
) -> None:
    with pytest.raises(error, match=r"^[A-Z].+\.$"):
        store(data, kind="image", content_type="image/png")

    assert not Asset.objects.exists()
    assert everything_kept.published() == []
    assert everything_kept.temporary() == []


def test_a_flipped_bit_in_a_png_is_noticed() -> None:
    data = bytearray(samples.image("PNG"))
    data[len(data) // 2] ^= 1

    with pytest.raises(DamagedMedia):
        store(bytes(data), kind="image")


def test_more_bytes_than_allowed_stop_the_reading() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            self.given += size
            return b"\x89" * size

    source = Endless()

    with pytest.raises(TooLarge, match="at most 32 MB"):
        store(source, kind="image")

    assert source.given < 40_000_000


def test_a_large_image_gets_a_tile_and_a_screen() -> None:
    asset = store(samples.image("JPEG", (4_000, 1_000)), kind="image")

    assert _measures(asset, "tile") == ("WEBP", (960, 240))
    assert _measures(asset, "screen") == ("WEBP", (3_840, 960))
    assert asset.tile_url == f"/assets/{asset.sha256}/tile.webp"
    assert asset.screen_url == f"/assets/{asset.sha256}/screen.webp"


def test_a_small_image_is_never_enlarged_and_its_tile_fills_the_screen() -> None:
    asset = store(samples.image(size=(512, 512)), kind="image")

    assert _measures(asset, "tile") == ("WEBP", (512, 512))
    assert asset.screen_url == asset.tile_url


def test_a_very_tall_image_still_gets_its_renditions() -> None:
    asset = store(samples.image("PNG", (40, 20_000)), kind="image")

    assert _measures(asset, "tile")[1][1] <= 2_160


def test_renditions_stand_upright_and_carry_no_metadata() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "a secret"

    asset = store(samples.image("JPEG", (80, 40), exif=exif), kind="image")

    assert (asset.width, asset.height) == (40, 80)
    assert _measures(asset, "tile")[1] == (40, 80)
    name, _ = asset.rendition("tile") or ("", 0)
    with blobs.local_path(name) as path:
        assert b"secret" not in path.read_bytes()
        assert b"EXIF" not in path.read_bytes()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_way_to_store_colour_has_a_rendition(mode: str) -> None:
    picture = Image.new("I;16", (30, 20), 40_000) if mode == "I;16" else Image.new(mode, (30, 20))
    buffer = io.BytesIO()
    picture.save(buffer, "TIFF")

    asset = store(buffer.getvalue(), kind="image")

    assert _measures(asset, "tile") == ("WEBP", (30, 20))


def test_sixteen_bits_of_grey_keep_their_brightness() -> None:
    buffer = io.BytesIO()
    Image.new("I;16", (30, 20), 40_000).save(buffer, "PNG")

    asset = store(buffer.getvalue(), kind="image")

    name, _ = asset.rendition("tile") or ("", 0)
    with blobs.local_path(name) as path, Image.open(path) as tile:
        assert abs(tile.convert("L").getpixel((5, 5)) - 40_000 // 256) < 4  # type: ignore[operator]


def test_transparency_survives_in_renditions() -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (30, 20), (255, 0, 0, 0)).save(buffer, "PNG")

    asset = store(buffer.getvalue(), kind="image")

    name, _ = asset.rendition("tile") or ("", 0)
    with blobs.local_path(name) as path, Image.open(path) as tile:
        assert tile.convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_shown_as_it_is(file_format: str) -> None:
    asset = store(samples.animation(file_format), kind="image")

    assert asset.renditions == {}
    assert asset.tile_url == asset.screen_url == asset.url


def _measures(asset: Asset, size: str) -> tuple[str | None, tuple[int, int]]:
    name, length = asset.rendition(size) or ("", 0)
    with blobs.local_path(name) as path, Image.open(path) as image:
        assert path.stat().st_size == length
        return image.format, image.size


def _exif(*entries: bytes, count: int | None = None) -> bytes:
    """A little-endian EXIF block of these entries."""
    number = struct.pack("<H", len(entries) if count is None else count)
    return b"Exif\0\0II*\0\x08\0\0\0" + number + b"".join(entries) + b"\0" * 4


TURNED = struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)
# python-pillow/Pillow#3973, #4215, #4665, #4852, #6123, #8348, #8605, #8790, #8965
BAD_EXIF = {
    "blank": b"Exif\0\0",
    "doubled header": b"Exif\0\0" + _exif(TURNED),
    "no entries": _exif(),
    "more entries than there are": _exif(TURNED, count=200),
    "rational by nothing": _exif(TURNED, struct.pack("<HHII", 0x011A, 5, 1, 8)),
    "signed rational -1/0": _exif(struct.pack("<HHII", 0x9204, 10, 1, 38), TURNED)
    + struct.pack("<ii", -1, 0),
    "orientation as a text": _exif(struct.pack("<HHI4s", 0x0112, 2, 2, b"6\0\0\0")),
    "two orientations": _exif(struct.pack("<HHIHH", 0x0112, 3, 2, 6, 1)),
    "orientation 9": _exif(struct.pack("<HHIHH", 0x0112, 3, 1, 9, 0)),
    "rational orientation": _exif(struct.pack("<HHII", 0x0112, 5, 1, 8)),
    "unknown type": _exif(struct.pack("<HHII", 0x0112, 77, 1, 6)),
    "a number where a text belongs": _exif(struct.pack("<HHII", 0x010E, 4, 1, 5), TURNED),
    "nothing but noise": b"Exif\0\0" + bytes(range(255)),
}


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning")
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("name", BAD_EXIF)
def test_damaged_exif_costs_no_picture(name: str, file_format: str) -> None:
    data = samples.image(file_format, size=(64, 48), exif=BAD_EXIF[name])

    asset = store(data, kind="image")

    with asset.path() as path, Image.open(path) as kept:
        orientation = kept.getexif().get(0x0112, 1)
        assert set(kept.getexif()) <= {0x0112}
    turned = orientation in {5, 6, 7, 8}
    assert (asset.width, asset.height) == ((48, 64) if turned else (64, 48))
    assert store(data, kind="image").pk == asset.pk
