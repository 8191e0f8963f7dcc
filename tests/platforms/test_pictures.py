"""What a vision model is handed: a PNG or JPEG that it can read, whatever picture a ring makes."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from PIL import Image

from platforms import chat, pictures
from platforms.base import Call, MediaFile, Modality, Model
from platforms.errors import Refused
from platforms.pictures import PictureLimits, fitted

LIMITS = PictureLimits(longest_edge=600, max_bytes=300_000)
RED = Image.new("RGB", (90, 60), "red")
GLASS = Image.new("RGBA", (90, 60), (255, 0, 0, 180))


def save(path: Path, picture: Image.Image, kind: str, **options: object) -> None:
    picture.save(path, format=kind, **options)


# (what it is, how it is made, what it is handed over as); cline/cline#8977, ollama/ollama#17755,
# can1357/oh-my-pi#2922, NousResearch/hermes-agent#97486, lmstudio-ai/lmstudio-bug-tracker#1150,
# python-pillow/Pillow#8348 and #6123 for the damaged metadata
MADE: list[tuple[str, Callable[[Path], None], str]] = [
    ("PNG", lambda path: save(path, RED, "PNG"), "image/png"),
    ("JPEG", lambda path: save(path, RED, "JPEG"), "image/jpeg"),
    ("WebP", lambda path: save(path, RED, "WEBP"), "image/jpeg"),
    ("transparent WebP", lambda path: save(path, GLASS, "WEBP"), "image/png"),
    ("AVIF", lambda path: save(path, RED, "AVIF"), "image/jpeg"),
    ("MPO", lambda path: save(path, RED, "MPO", save_all=True, append_images=[RED]), "image/jpeg"),
    ("GIF", lambda path: save(path, RED, "GIF", save_all=True, append_images=[RED]), "image/png"),
    ("CMYK", lambda path: save(path, RED.convert("CMYK"), "JPEG"), "image/jpeg"),
    ("TIFF", lambda path: save(path, RED, "TIFF"), "image/jpeg"),
    ("damaged EXIF", lambda path: save(path, RED, "JPEG", exif=b"Exif\0\0MM\0*\xff"), "image/jpeg"),
]


@pytest.mark.parametrize(("make", "kind"), [one[1:] for one in MADE], ids=[one[0] for one in MADE])
def test_every_picture_arrives_as_one_that_is_read(
    tmp_path: Path, make: Callable[[Path], None], kind: str
) -> None:
    make(tmp_path / "in")

    content, content_type = fitted(MediaFile(tmp_path / "in", "image/x"), LIMITS)

    with Image.open(io.BytesIO(content)) as picture:
        assert content_type == kind == f"image/{str(picture.format).lower()}"
        assert picture.size == (90, 60)
        red, green, blue = picture.convert("RGB").getpixel((45, 30))  # type: ignore[misc]
        assert red > 200 > 60 > max(green, blue)


def test_a_picture_that_fits_is_sent_as_it_is(tmp_path: Path) -> None:
    save(tmp_path / "in.png", RED, "PNG")

    content, _ = fitted(MediaFile(tmp_path / "in.png", "image/png"), LIMITS)

    assert content == (tmp_path / "in.png").read_bytes()


def test_sixteen_bits_keep_their_light(tmp_path: Path) -> None:
    save(tmp_path / "in.png", Image.new("I;16", (40, 40), 32_768), "PNG")

    content, content_type = fitted(MediaFile(tmp_path / "in.png", "image/png"), LIMITS)

    assert content_type == "image/png"
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.mode == "L"
        assert 120 <= int(picture.getpixel((20, 20))) <= 136  # type: ignore[arg-type]


def test_a_turned_picture_stands_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    save(tmp_path / "in.jpg", RED, "JPEG", exif=exif)

    content, _ = fitted(MediaFile(tmp_path / "in.jpg", "image/jpeg"), LIMITS)

    with Image.open(io.BytesIO(content)) as picture:
        assert picture.size == (60, 90)


def test_a_huge_picture_is_as_large_as_is_taken(tmp_path: Path) -> None:
    save(tmp_path / "in.png", Image.new("RGB", (3000, 1000), "red"), "PNG")

    content, content_type = fitted(MediaFile(tmp_path / "in.png", "image/png"), LIMITS)

    with Image.open(io.BytesIO(content)) as picture:
        assert picture.size == (600, 200)
    assert content_type == "image/png"


def test_a_heavy_picture_is_made_lighter(tmp_path: Path) -> None:
    noise = Image.frombytes("RGB", (600, 600), os.urandom(600 * 600 * 3))
    save(tmp_path / "in.png", noise, "PNG")

    content, content_type = fitted(MediaFile(tmp_path / "in.png", "image/png"), LIMITS)

    assert content_type == "image/jpeg"
    assert len(content) <= LIMITS.max_bytes


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n\0\0"])
def test_what_is_no_picture_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "in.png").write_bytes(content)

    with pytest.raises(Refused, match="cannot be read"):
        fitted(MediaFile(tmp_path / "in.png", "image/png"), LIMITS)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "Failed to load image or audio file"),
        (400, "The image exceeds the maximum size"),
        (413, ""),
        (500, "failed to process image"),
    ],
)
@pytest.mark.asyncio
async def test_a_server_that_finds_it_too_large_gets_a_smaller_one_from_then_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, words: str
) -> None:
    monkeypatch.setattr(chat, "_compatibilities", {})
    save(tmp_path / "in.png", Image.new("RGB", (3000, 1000), "red"), "PNG")
    model = Model("compatible:box.moth", "Moth", Modality.IMAGE, Modality.TEXT, path="moth")
    call = Call(model, MediaFile(tmp_path / "in.png", "image/png"), {}, {}, idempotency_key="key")
    edges: list[int] = []

    class Refusal(Exception):
        response = httpx.Response(status, content=json.dumps({"error": words}) if words else b"")

    async def send(compatibility: chat.Compatibility, headers: dict[str, str]) -> str:
        limits = chat.limits_of_call(call, compatibility)
        edges.append(limits.longest_edge)
        if limits.longest_edge > 800:
            raise Refusal
        return "A moth."

    assert await chat.ask_as_it_takes_it(call, "The server box", send) == "A moth."
    assert edges == [pictures.USUAL.longest_edge, 1536, 768]

    await chat.ask_as_it_takes_it(call, "The server box", send)
    assert edges[3:] == [768]
