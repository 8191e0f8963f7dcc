"""Dummy models: no key, no network, no weights, and the same answer every time.

They make real media that any player decodes, so a whole ring can be built, broken, paused and
measured on a laptop. Slot parameters make them slow or make them fail, one error per attempt.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import math
import wave
from array import array
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from platforms.base import Call, MediaFile, Modality, Model, Output, Pending, Platform
from platforms.errors import (
    Cancelled,
    NotConfigured,
    PlatformError,
    RateLimited,
    Refused,
    TimedOut,
    Unavailable,
)
from platforms.registry import register

if TYPE_CHECKING:
    from PIL.Image import Image

PAIRS = [
    (source, target)
    for source in (Modality.TEXT, Modality.IMAGE, Modality.AUDIO)
    for target in (Modality.TEXT, Modality.IMAGE, Modality.AUDIO)
] + [
    (Modality.TEXT, Modality.VIDEO),
    (Modality.VIDEO, Modality.TEXT),  # or no ring could hold the other
]

ERRORS: dict[str, Callable[[str], PlatformError]] = {
    "notconfigured": lambda _: NotConfigured("The dummy was told to lack its key."),
    # Without a kind a refusal is one for content: it is the one that networks have a policy for.
    "refused": lambda kind: Refused("The dummy was told to refuse.", kind=kind or "sensitive"),
    "ratelimited": lambda seconds: RateLimited(
        "The dummy was told to have had enough.", retry_after=float(seconds) if seconds else None
    ),
    "unavailable": lambda _: Unavailable("The dummy was told to be down."),
    "timedout": lambda _: TimedOut("The dummy was told to be late."),
}

PARAMETERS = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "delay_seconds": {
            "type": "number",
            "minimum": 0,
            "maximum": 3600,
            "title": "Delay in seconds",
            "description": "How long the call takes; a stop cuts it short.",
        },
        "fail": {
            "type": "array",
            "maxItems": 100,
            "items": {
                "type": ["string", "null"],
                "pattern": (
                    r"^(NotConfigured|not_configured|(Refused|refused)(:(sensitive|invalid))?"
                    r"|(RateLimited|rate_limited)(:\d+(\.\d+)?)?"
                    r"|Unavailable|unavailable|TimedOut|timed_out)$"
                ),
            },
            "title": "Failures",
            "description": (
                "One error per attempt, e.g. Unavailable, RateLimited:2, Refused:invalid; null, "
                "and every attempt beyond the list, succeeds."
            ),
        },
        "noop": {
            "type": "boolean",
            "title": "Do nothing",
            "description": "Answer at once: text is echoed, media are always the same.",
        },
    },
}


MODELS = tuple(
    Model(
        id=f"dummy:{source}-to-{target}",
        name=f"Dummy {source} to {target}",
        input=source,
        output=target,
        parameters=PARAMETERS,
        seconds=0.05,
        usd=0.0,
        deadline_seconds=3700.0,  # longer than the longest delay
        maker="PANIC!",
        note="Deterministic dummy for tests and rehearsals.",
        hidden=True,
    )
    for source, target in PAIRS
)


@register
class Dummy(Platform):
    """One model for every pair of text, image and sound, and to video from text and back."""

    slug: ClassVar[str] = "dummy"
    label: ClassVar[str] = "Dummy"
    keeps_warm: ClassVar[bool] = True

    def models(self) -> Sequence[Model]:
        return MODELS

    async def invoke(self, call: Call) -> Output | Pending:
        if call.cancelled.is_set():
            raise Cancelled
        if delay := _number(call.parameters.get("delay_seconds")):
            call.progress("waiting")
            await call.sleep(delay)
        if error := _failure(call.parameters.get("fail"), call.number):
            raise error
        if call.parameters.get("noop"):
            return _nothing(call)
        output = await asyncio.to_thread(_make, call.model, call.input)
        if call.cancelled.is_set():
            raise Cancelled
        return output


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _failure(fail: object, number: int) -> PlatformError | None:
    """The error that attempt `number` (from 1) was told to end in, None for a success."""
    if not isinstance(fail, Sequence) or isinstance(fail, str) or not 1 <= number <= len(fail):
        return None
    entry = fail[number - 1]
    if entry is None:
        return None
    name, _, argument = str(entry).partition(":")
    make = ERRORS.get(name.replace("_", "").lower())
    if make is None:
        return Refused(f"The dummy knows no error called {name!r}.")
    try:
        return make(argument)
    except ValueError:
        return Refused(f"The dummy cannot read {entry!r}.")


def _nothing(call: Call) -> Output:
    """The shortest way to an output of the right modality."""
    if call.model.output is Modality.TEXT:
        return Output(text=call.input if isinstance(call.input, str) else "nothing")
    data, content_type = _same_media(call.model.output)
    return Output(data=data, content_type=content_type, usd=0.0)


@lru_cache(maxsize=4)
def _same_media(modality: Modality) -> tuple[bytes, str]:
    return MAKERS[modality](hashlib.sha256(b"nothing").digest())


def _make(model: Model, source: str | MediaFile) -> Output:
    content = source.encode() if isinstance(source, str) else source.path.read_bytes()
    digest = hashlib.sha256(f"{model.id}\n".encode() + content).digest()
    if model.output is Modality.TEXT:
        return Output(text=_sentence(digest), usd=0.0)
    data, content_type = MAKERS[model.output](digest)
    return Output(data=data, content_type=content_type, usd=0.0)


VOCABULARY = """\
crimson lilac amber silver violet pale scarlet blue golden ashen green copper
lighthouse heron piano staircase orchard satellite mirror whale typewriter moth
hums waits burns sleeps turns listens drifts counts blooms answers
harbour desert ballroom motorway glacier arcade forest kitchen observatory tide
nobody everybody no-one the-sea the-city somebody the-weather the-machine
watches forgets remembers whispers hesitates dances wakes
"""
WORDS = [line.split() for line in VOCABULARY.splitlines()]


def _sentence(digest: bytes) -> str:
    chosen = [words[digest[index] % len(words)] for index, words in enumerate(WORDS)]
    hue, thing, action, place, who, what = (word.replace("-", " ") for word in chosen)
    article = "An" if hue[0] in "aeiou" else "A"
    return f"{article} {hue} {thing} {action} in the {place} while {who} {what}."


def _image(digest: bytes) -> tuple[bytes, str]:
    buffer = io.BytesIO()
    _picture(digest).save(buffer, format="PNG")
    return buffer.getvalue(), "image/png"


def _picture(digest: bytes, turn: float = 0.0, size: int = 320) -> Image:
    """Soft discs on black, placed by the digest; `turn` (0..1) moves them once around."""
    from PIL import Image as Canvas
    from PIL import ImageDraw, ImageFilter  # here: 50 ms that an idle worker can save

    picture = Canvas.new("RGB", (size, size), (10, 8, 14))
    draw = ImageDraw.Draw(picture, "RGBA")
    for disc in range(6):
        angle, distance, radius, red, green = digest[5 * disc : 5 * disc + 5]
        around = 2 * math.pi * (angle / 256 + turn)
        x = size / 2 + math.cos(around) * distance * size / 600
        y = size / 2 + math.sin(around) * distance * size / 600
        r = size * (0.06 + radius / 1600)
        fill = (red, green // 2, 255 - green // 2, 190)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=fill)
    return picture.filter(ImageFilter.GaussianBlur(size / 100))


def _sound(digest: bytes, rate: int = 16_000) -> tuple[bytes, str]:
    """Eight plucked notes of a pentatonic scale, 1.6 seconds."""
    samples = array("h")
    for step in range(8):
        hertz = 220 * 2 ** ((0, 3, 5, 7, 10, 12, 15, 17)[digest[step] % 8] / 12)
        turn = 2 * math.pi * hertz / rate
        samples.extend(
            int(11_000 * math.sin(turn * n) * math.exp(-14 * n / rate) * min(1, n / 80))
            for n in range(rate // 5)
        )
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return buffer.getvalue(), "audio/wav"


def _clip(digest: bytes, frames: int = 12) -> tuple[bytes, str]:
    """One second in which the discs go around once."""
    import av
    import numpy

    buffer = io.BytesIO()
    with av.open(buffer, mode="w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libx264", rate=frames)
        stream.width = stream.height = 160
        stream.pix_fmt = "yuv420p"
        stream.options = {"preset": "ultrafast", "threads": "1"}
        for number in range(frames):
            picture = _picture(digest, turn=number / frames, size=160)
            frame = av.VideoFrame.from_ndarray(numpy.asarray(picture), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue(), "video/mp4"


MAKERS: dict[Modality, Callable[[bytes], tuple[bytes, str]]] = {
    Modality.IMAGE: _image,
    Modality.AUDIO: _sound,
    Modality.VIDEO: _clip,
}
