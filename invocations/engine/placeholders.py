"""Harmless outputs that take the place of a refused one, so that the run goes on."""

from __future__ import annotations

import io
import math
import struct
import wave
from typing import TYPE_CHECKING

from assets import ingest
from platforms.base import Modality

if TYPE_CHECKING:
    from PIL import Image

    from assets.models import Asset

DARK, RED = (18, 16, 20), (244, 63, 94)
FRAMES = 8  # a second: it is slow
TEXT = "A quiet room with one red lamp, and a chair that nobody has moved for years."


def asset(modality: Modality) -> Asset | None:
    """A stored placeholder of this modality, the same one every time; None for text."""
    if modality is Modality.AUDIO:
        return ingest.store(io.BytesIO(_tone()), kind="audio", content_type="audio/wav")
    if modality is Modality.IMAGE:
        return ingest.store(io.BytesIO(_lamp()), kind="image", content_type="image/png")
    if modality is Modality.VIDEO:
        return ingest.store(io.BytesIO(_breath()), kind="video", content_type="video/mp4")
    return None


def _lamp() -> bytes:
    out = io.BytesIO()
    _lit_room().save(out, "PNG")
    return out.getvalue()


def _lit_room() -> Image.Image:
    """A red light that fades into a dark room."""
    from PIL import Image, ImageDraw, ImageFilter

    picture = Image.new("RGB", (960, 540), DARK)
    ImageDraw.Draw(picture).ellipse((400, 190, 560, 350), fill=RED)
    return picture.filter(ImageFilter.GaussianBlur(60))


def _breath() -> bytes:
    """The same room for four seconds, in which the light goes and comes back once."""
    import av
    import numpy

    room = numpy.asarray(_lit_room().resize((480, 270)), dtype=numpy.float32)
    dark = numpy.array(DARK, dtype=numpy.float32)
    out = io.BytesIO()
    with av.open(out, mode="w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libx264", rate=FRAMES)
        stream.width, stream.height, stream.pix_fmt = 480, 270, "yuv420p"
        stream.options = {"preset": "ultrafast", "threads": "1"}
        for number in range(4 * FRAMES):
            light = 0.5 + 0.5 * math.cos(math.tau * number / (4 * FRAMES))
            lit = (dark + light * (room - dark)).astype(numpy.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(lit, format="rgb24")))
        container.mux(stream.encode(None))
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
