"""Animated pictures as films: what generators without a video encoder give where a film is expected.

FFmpeg reads no animated WebP, so that Pillow takes every such picture apart, frame by frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

from PIL import Image, ImageSequence, UnidentifiedImageError

from . import sentences
from .containers import codec_errors_as
from .deadlines import CONVERTING_SECONDS, DECODING_SECONDS, Deadline
from .errors import TooLarge
from .kinds import LIMITS, MEGA, MediaKind

LIMIT = LIMITS[MediaKind.VIDEO]
FORMATS = ("PNG", "WEBP", "GIF", "AVIF")  # whose frames follow each other in time
MIN_RATE, MAX_RATE = Fraction(1), Fraction(50)  # frames a second, for an encoder that wants to know
SHORTEST = Fraction(11, 1_000)  # seconds: browsers show what is meant for less as long as USUAL
USUAL = Fraction(1, 10)  # seconds
GROUND = (0, 0, 0, 255)  # behind what is transparent
QUALITY = 18  # better than of a video, whose pictures lost some before
DAMAGED = sentences.DAMAGED % {"noun": "video"}


def moves(path: Path) -> bool:
    """Whether a picture has several frames that follow each other. Raises DamagedMedia."""
    with (
        codec_errors_as(DAMAGED),
        suppress(UnidentifiedImageError),  # of another format
        Image.open(path, formats=FORMATS) as image,
    ):
        return int(getattr(image, "n_frames", 1)) - _first(image) > 1
    return False


def as_film(path: Path, target: Path) -> Path:
    """Write the animation to `target` as an MP4 of H.264, each frame as long as it says.

    Raises DamagedMedia or TooLarge.
    """
    with codec_errors_as(DAMAGED):
        with Image.open(path, formats=FORMATS) as image:
            image.verify()  # only PNG has checksums that decoding passes over
        durations = [seconds for _, seconds in _frames(path, Deadline(DECODING_SECONDS, "decode"))]
        if sum(durations) > LIMIT.seconds:
            raise TooLarge(sentences.TOO_LONG % {"minutes": f"{LIMIT.seconds / 60:.0f}"})
        rate = max(MIN_RATE, min(Fraction(len(durations)) / sum(durations), MAX_RATE))
        frames = _frames(path, Deadline(CONVERTING_SECONDS, "convert"))
        _write(frames, rate.limit_denominator(1_001), target)
    return target


def _first(image: Image.Image) -> int:
    """The first frame of the animation: a PNG may have a picture before it, for who shows no others."""
    return 1 if image.info.get("default_image") or getattr(image, "default_image", False) else 0


def _frames(path: Path, deadline: Deadline) -> Iterator[tuple[Image.Image, Fraction]]:
    """Each frame, decoded and without transparency, and its seconds."""
    with Image.open(path, formats=FORMATS) as image:
        if image.width * image.height > LIMIT.pixels:
            raise TooLarge(sentences.VIDEO_TOO_LARGE % {"megapixels": LIMIT.pixels // MEGA})
        first = _first(image)
        for number, frame in enumerate(ImageSequence.Iterator(image)):
            deadline.check()
            if number >= first:
                frame.load()
                seconds = Fraction(frame.info.get("duration") or 0) / 1_000
                yield _opaque(frame), seconds if seconds >= SHORTEST else USUAL


def _opaque(frame: Image.Image) -> Image.Image:
    if "transparency" in frame.info or "A" in frame.getbands():
        seen = frame.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", seen.size, GROUND), seen).convert("RGB")
    return frame.convert("RGB")


def _write(frames: Iterator[tuple[Image.Image, Fraction]], rate: Fraction, target: Path) -> None:
    """Each frame once, however long it stands."""
    import av

    from .films import FilmEncoder, as_h264

    of_image: Any = av.VideoFrame.from_image
    with (
        target.open("w+b") as stream,
        av.open(stream, "w", format="mp4", options={"movflags": "+faststart"}) as result,
    ):
        film, at = None, Fraction(0)
        for picture, seconds in frames:
            # H.264 with halved colour wants even sides.
            wide, high = (max(2, side // 2 * 2) for side in picture.size)
            film = film or FilmEncoder(result, (wide, high), rate=rate, quality=QUALITY)
            result.mux(list(film.encode(as_h264(of_image(picture), wide, high), at, seconds)))
            at += seconds
        if film is not None:
            result.mux(list(film.finish()))
