"""From a picture's file to its caption.

What is named is what is unusual for the pictures of the prompt painter, which all look like a spider
web or a matchstick to a network that was trained on photographs: `statistics.npz` holds, for each label,
mean and deviation of the logarithm of its probability over such pictures, and the usual share of each
colour (`calibrate` measures them).
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from local_models.protocol import HostReply, HostRequest, UnusableInput

from .caption import Tag, caption, describe_appearance
from .efficientnet import SIDE, EfficientNet

TAGS = 6
STATISTICS = Path(__file__).with_name("statistics.npz")
FLOOR = 1e-7  # of a probability, before its logarithm is taken
MIN_PROBABILITY = 0.002  # what is less likely is not named, however unusual
MAX_PIXELS = 80_000_000  # a guard against files that unpack into gigabytes
WORKING = (1024, 1024)


class Tagger:
    """Loads its weights when made; 18 MB."""

    def __init__(self, weights: Path, labels: Path) -> None:
        self._net = EfficientNet(weights)
        self.labels: list[str] = json.loads(labels.read_text())
        with np.load(STATISTICS) as usual:
            self._mean, self._deviation = usual["mean"], usual["deviation"]
            self._colours = usual["colours"]

    def caption(self, request: HostRequest) -> HostReply:
        """One sentence, always the same for the same picture."""
        image = open_picture(Path(request.path))
        text = caption(self.tags(image), describe_appearance(image, self._colours), _seed(image))
        return HostReply(text=text)

    def tags(self, image: Image.Image) -> list[Tag]:
        """The most unusual of the likely labels, the most unusual first."""
        chances = self.probabilities(image)
        unusual = (np.log(chances + FLOOR) - self._mean) / self._deviation
        likely = np.argsort(-chances, kind="stable")
        likely = likely[: max(TAGS, int((chances >= MIN_PROBABILITY).sum()))]
        order = sorted(likely.tolist(), key=lambda i: -unusual[i])[:TAGS]
        return [Tag(self.labels[i], float(chances[i]), float(unusual[i])) for i in order]

    def probabilities(self, image: Image.Image) -> NDArray[np.float32]:
        """Of all labels: the mean for the whole picture and for the square in its middle."""
        whole = image.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        middle = ImageOps.fit(image, (SIDE, SIDE), Image.Resampling.BICUBIC)
        views = [self._net.probabilities(np.asarray(view)) for view in (whole, middle)]
        mean: NDArray[np.float32] = np.mean(views, axis=0)
        return mean


def open_picture(path: Path) -> Image.Image:
    """The first frame, upright, on black, no larger than is of use."""
    try:
        with Image.open(path) as image:
            if image.width * image.height > MAX_PIXELS:
                raise UnusableInput("The picture is too large to look at.")
            image.draft("RGB", WORKING)
            upright = ImageOps.exif_transpose(image).convert("RGBA")
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, SyntaxError):
        raise UnusableInput("The file is not a picture that can be read.") from None
    upright.thumbnail(WORKING)
    ground = Image.new("RGB", upright.size)
    ground.paste(upright, mask=upright.getchannel("A"))
    return ground


def _seed(image: Image.Image) -> int:
    """From the picture as it looks, so that another encoding of it gets the same words."""
    small = image.resize((24, 24), Image.Resampling.BOX)
    return int.from_bytes(hashlib.blake2b(small.tobytes(), digest_size=8).digest(), "big")
