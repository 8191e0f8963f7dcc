"""Open NSFW (Yahoo): how likely a picture is to be pornographic, from 0 to 1.

It knows nothing else: neither violence, nor hatred, nor who is in the picture. It was trained on photographs.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageSequence

from local_models.onnx_session import OnnxSession
from local_models.protocol import HostReply, HostRequest, UnusableInput
from local_models.tagger.tagging import open_picture

WHOLE, SIDE = (
    256,
    224,
)  # of the square it is brought to, and of that square's middle, which is looked at
MEAN = np.array([104, 117, 123], np.float32)  # blue, green, red, of what it was trained on
STILLS = 5  # of a film or an animated picture, evenly spaced; the worst of them counts


class Taste:
    """Not for two threads at once."""

    def __init__(self, network: Path) -> None:
        self._session = OnnxSession(network)

    def look(self, request: HostRequest) -> HostReply:
        """The number as text. `kind` in the parameters is "image" or "video"."""
        path = Path(request.path)
        is_film = request.parameters.get("kind") == "video"
        found = [
            self.score(one) for one in (film_stills(path) if is_film else picture_stills(path))
        ]
        if not found:
            raise UnusableInput("There is nothing in it to look at.")
        return HostReply(text=f"{max(found):.4f}")

    def score(self, picture: Image.Image) -> float:
        small = picture.convert("RGB").resize((WHOLE, WHOLE), Image.Resampling.BILINEAR)
        edge = (WHOLE - SIDE) // 2
        # It was trained on JPEGs, and tells pictures without that loss a little otherwise.
        file = io.BytesIO()
        small.crop((edge, edge, edge + SIDE, edge + SIDE)).save(file, "JPEG")
        pixels = np.asarray(Image.open(file), np.float32)[:, :, ::-1] - MEAN
        return float(self._session.run_one(np.ascontiguousarray(pixels[None]))[0, 1])


def picture_stills(path: Path) -> Iterator[Image.Image]:
    """The picture, or some of those it is animated by."""
    yield open_picture(path)
    with Image.open(path) as image:
        count = getattr(image, "n_frames", 1)
        wanted = {round(count * number / STILLS) for number in range(1, STILLS)} - {0, count}
        for number, still in enumerate(ImageSequence.Iterator(image) if wanted else ()):
            if number in wanted:
                yield still.convert("RGB")


def film_stills(path: Path) -> Iterator[Image.Image]:
    import av

    try:
        with av.open(str(path)) as media:
            if not media.streams.video:
                raise UnusableInput("The file has no pictures in it.")
            stream = media.streams.video[0]
            stream.thread_count = 1
            for number in range(STILLS):
                media.seek((media.duration or 0) * number // STILLS)
                if (frame := next(media.decode(stream), None)) is not None:
                    picture: Any = frame
                    yield picture.to_image()
    except (av.FFmpegError, OSError, ValueError):
        raise UnusableInput("The file is not a video that can be read.") from None
