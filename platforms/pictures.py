"""A picture as a vision model takes it: the largest PNG or JPEG within the limits of its platform.

Reads and decodes files: not for the event loop.
"""

from __future__ import annotations

import base64
import io
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import sentences
from .base import MediaFile
from .errors import Refused

if TYPE_CHECKING:
    from PIL.Image import Image

SMALLEST_EDGE = 448  # pixels; a server that takes no smaller one is not asked on
QUALITY = 92


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """What a platform takes; everything else is made into a PNG or JPEG."""

    longest_edge: int  # pixels
    max_bytes: int


USUAL = PictureLimits(longest_edge=4096, max_bytes=8_000_000)
LIMITS = {  # by platform
    "openai": PictureLimits(longest_edge=8000, max_bytes=20_000_000),
    "anthropic": PictureLimits(longest_edge=8000, max_bytes=5_000_000),
    "gemini": PictureLimits(longest_edge=8192, max_bytes=14_000_000),
}


def address_of_picture(media: MediaFile, limits: PictureLimits) -> str:
    """The picture as a data URI."""
    content, content_type = fitted(media, limits)
    return f"data:{content_type};base64,{base64.b64encode(content).decode()}"


def fitted(media: MediaFile, limits: PictureLimits) -> tuple[bytes, str]:
    """The picture's bytes and their type: as they are where they fit, else made anew.

    Raises Refused for what is no picture.
    """
    from PIL import Image as Opened

    try:
        with Opened.open(media.path) as picture:
            kind = picture.format or ""
            if _fits(picture, kind, limits, media.path.stat().st_size):
                return media.path.read_bytes(), f"image/{kind.lower()}"
            return _made_anew(picture, limits)
    except (OSError, ValueError, SyntaxError, Opened.DecompressionBombError) as error:
        words = {"error": type(error).__name__}
        raise Refused(sentences.PICTURE_UNREADABLE % words) from error


def _fits(picture: Image, kind: str, limits: PictureLimits, size: int) -> bool:
    plain = picture.mode in {"1", "L", "LA", "P", "RGB", "RGBA"}
    still = getattr(picture, "n_frames", 1) == 1
    small = size <= limits.max_bytes and max(picture.size) <= limits.longest_edge
    return kind in {"PNG", "JPEG"} and plain and still and small and not _is_turned(picture)


def _is_turned(picture: Image) -> bool:
    try:
        return bool(picture.getexif().get(0x0112, 1) != 1)
    except Exception:  # damaged metadata raise anything
        return False


def _made_anew(picture: Image, limits: PictureLimits) -> tuple[bytes, str]:
    """The first frame, upright, with eight bits a channel, smaller where it has to be."""
    from PIL import ImageOps

    picture.draft("RGB", (limits.longest_edge, limits.longest_edge))
    first = _eight_bits(picture)
    with suppress(Exception):  # damaged metadata raise anything
        first = ImageOps.exif_transpose(first)
    first.thumbnail((limits.longest_edge, limits.longest_edge))
    lossless = picture.format in {"PNG", "GIF", "BMP"} or "A" in first.getbands()
    while True:
        if lossless and len(content := _saved(first, "PNG")) <= limits.max_bytes:
            return content, "image/png"
        content = _saved(_on_white(first), "JPEG", quality=QUALITY)
        if len(content) <= limits.max_bytes or max(first.size) <= SMALLEST_EDGE:
            return content, "image/jpeg"
        first.thumbnail((first.width * 3 // 4, first.height * 3 // 4))


def _eight_bits(picture: Image) -> Image:
    if picture.mode.startswith(("I", "F")):  # of 16 bits or more: scaled, not cut off
        _, brightest = picture.convert("F").getextrema()
        scale = 255 / 65_535 if float(brightest) > 255 else 1.0  # type: ignore[arg-type]
        return picture.convert("F").point(lambda value: value * scale + 0.0).convert("L")
    alpha = "A" in picture.getbands() or "transparency" in picture.info
    return picture.convert("RGBA" if alpha else "RGB")


def _on_white(picture: Image) -> Image:
    from PIL import Image as Canvas

    if picture.mode != "RGBA":
        return picture.convert("RGB")
    white = Canvas.new("RGBA", picture.size, "white")
    return Canvas.alpha_composite(white, picture).convert("RGB")


def _saved(picture: Image, kind: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format=kind, **options)
    return buffer.getvalue()
