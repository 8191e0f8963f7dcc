"""Between pictures and moving pictures: a slow way into a picture, and one picture of a clip."""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from .protocol import HostReply, HostRequest, UnusableInput
from .tagger.tagging import open_picture

RATE = 25
SECONDS = 4.0
LONG_SIDE = 960
ZOOM = 0.22  # how much of the picture is left at the end of the way
QUALITY = 92


def zoom(request: HostRequest) -> HostReply:
    """A silent MP4 that goes slowly into the picture and drifts; the way follows from picture and seed."""
    seconds = min(10.0, max(2.0, request.parameter("seconds", SECONDS)))
    picture = open_picture(Path(request.path))
    seed = request.parameter("seed", -1)
    digest = hashlib.blake2b(picture.tobytes() + str(int(seed)).encode(), digest_size=8)
    way = random.Random(digest.digest())  # noqa: S311 (a direction)
    return HostReply(data=_film(picture, way, round(seconds * RATE)), content_type="video/mp4")


def _film(picture: Image.Image, way: random.Random, count: int) -> bytes:
    import av

    scale = min(1.0, LONG_SIDE / max(picture.size))
    width, height = (max(2, round(side * scale / 2) * 2) for side in picture.size)
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as media:
        # With its usual rate control x264 makes another film of the same pictures each time
        # (PyAV 18.1.0, findings/x264-output-differs-between-runs.sh).
        options = {"preset": "veryfast", "crf": "20", "x264-params": "no-mbtree=1"}
        stream: Any = media.add_stream("libx264", rate=RATE, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.thread_count = 1
        for box in _boxes(picture.size, way, count):
            view = picture.resize((width, height), Image.Resampling.BICUBIC, box=box)
            media.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(view), format="rgb24")))
        media.mux(stream.encode(None))
    return file.getvalue()


def _boxes(
    size: tuple[int, int], way: random.Random, count: int
) -> Iterator[tuple[float, float, float, float]]:
    """The part of the picture that each picture of the film shows."""
    across, down = way.random(), way.random()  # where it is going to
    is_way_in = way.random() < 0.75
    for number in range(count):
        share = number / max(1, count - 1)
        eased = share * share * (3 - 2 * share)
        cut = ZOOM * (eased if is_way_in else 1 - eased)
        left, top = size[0] * cut * across, size[1] * cut * down
        yield left, top, left + size[0] * (1 - cut), top + size[1] * (1 - cut)


def pick_frame(request: HostRequest) -> HostReply:
    """One picture of a clip: at a share of its length, by default in its middle."""
    import av

    share = Fraction(min(1.0, max(0.0, request.parameter("at", 0.5)))).limit_denominator(1000)
    try:
        with av.open(request.path) as media:
            if not media.streams.video:
                raise UnusableInput("The file has no pictures in it.")
            picture = _picture_at(media, share)
    except (av.FFmpegError, OSError, ValueError):
        raise UnusableInput("The file is not a video that can be read.") from None
    picture.thumbnail((1280, 1280))
    file = io.BytesIO()
    picture.convert("RGB").save(file, "JPEG", quality=QUALITY)
    return HostReply(data=file.getvalue(), content_type="image/jpeg")


def _picture_at(media: Any, share: Fraction) -> Image.Image:
    """The last picture that begins before that, or the first one."""
    stream = media.streams.video[0]
    stream.thread_count = 1
    length = Fraction(media.duration or 0, 1_000_000)
    begin: Fraction | None = None
    found: Any = None
    for frame in media.decode(stream):
        at = Fraction(frame.pts or 0) * frame.time_base
        begin = at if begin is None else begin
        if found is not None and at - begin > share * length:
            break
        found = frame
    if found is None:
        raise UnusableInput("The file has no pictures in it.")
    picture: Image.Image = found.to_image()
    return picture
