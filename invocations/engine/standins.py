"""Harmless outputs that take the place of a refused one, so that the ring goes on turning."""

from __future__ import annotations

import io
import math
import struct
import wave
from typing import TYPE_CHECKING

from assets import ingest
from platforms.base import Modality

if TYPE_CHECKING:
    from assets.models import Asset

TEXT = "A quiet room with one red lamp, and a chair that nobody has moved for years."


def asset(modality: Modality) -> Asset | None:
    """A stored stand-in of this modality, the same one every time; None where there is none."""
    if modality is Modality.AUDIO:
        return ingest.store(io.BytesIO(_tone()), kind="audio", content_type="audio/wav")
    if modality is Modality.IMAGE:
        return ingest.store(io.BytesIO(_lamp()), kind="image", content_type="image/png")
    return None


def _lamp() -> bytes:
    """A red light that fades into a dark room."""
    from PIL import Image, ImageDraw, ImageFilter

    picture = Image.new("RGB", (960, 540), (18, 16, 20))
    ImageDraw.Draw(picture).ellipse((400, 190, 560, 350), fill=(244, 63, 94))
    out = io.BytesIO()
    picture.filter(ImageFilter.GaussianBlur(60)).save(out, "PNG")
    return out.getvalue()


def _tone() -> bytes:
    """Three seconds of a low, swelling fifth."""
    rate, seconds = 22_050, 3
    frames = bytearray()
    for n in range(rate * seconds):
        t = n / rate
        swell = math.sin(math.pi * t / seconds) ** 2
        level = 0.3 * swell * (math.sin(math.tau * 110 * t) + 0.6 * math.sin(math.tau * 165 * t))
        frames += struct.pack("<h", int(max(-1.0, min(1.0, level)) * 32_000))
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(bytes(frames))
    return out.getvalue()
