"""From a picture's file to its caption."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from platforms.local.protocol import Reply, Request, Unusable

from .caption import caption
from .efficientnet import SIDE, EfficientNet
from .look import look_at

TAGS = 6
LARGEST_PIXELS = 80_000_000  # a guard against files that unpack into gigabytes
WORKING = (1024, 1024)


class Tagger:
    """Loads its weights when made; 18 MB."""

    def __init__(self, weights: Path, labels: Path) -> None:
        self._net = EfficientNet(weights)
        self._labels: list[str] = json.loads(labels.read_text())

    def caption(self, request: Request) -> Reply:
        """One sentence, always the same for the same picture."""
        begun = time.perf_counter()
        image = _opened(Path(request.path))
        text = caption(self.tags(image), look_at(image), _seed(image))
        return Reply(text=text, seconds=time.perf_counter() - begun)

    def tags(self, image: Image.Image) -> list[tuple[str, float]]:
        """The likeliest labels: of the whole picture, and of the square in its middle."""
        whole = image.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        middle = ImageOps.fit(image, (SIDE, SIDE), Image.Resampling.BICUBIC)
        shares = self._net.probabilities(_pixels(whole)) + self._net.probabilities(_pixels(middle))
        order = np.argsort(-shares, kind="stable")[:TAGS]
        return [(self._labels[i], float(shares[i]) / 2) for i in order]


def _pixels(image: Image.Image) -> NDArray[np.uint8]:
    return np.asarray(image, np.uint8)


def _opened(path: Path) -> Image.Image:
    """The first frame, upright, on black, no larger than is of use."""
    try:
        with Image.open(path) as image:
            if image.width * image.height > LARGEST_PIXELS:
                raise Unusable("The picture is too large to look at.")
            image.draft("RGB", WORKING)
            upright = ImageOps.exif_transpose(image).convert("RGBA")
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, SyntaxError):
        raise Unusable("The file is not a picture that can be read.") from None
    upright.thumbnail(WORKING)
    ground = Image.new("RGB", upright.size)
    ground.paste(upright, mask=upright.getchannel("A"))
    return ground


def _seed(image: Image.Image) -> int:
    """From the picture as it looks, so that another encoding of it gets the same words."""
    small = image.resize((24, 24), Image.Resampling.BOX)
    return int.from_bytes(hashlib.blake2b(small.tobytes(), digest_size=8).digest(), "big")
