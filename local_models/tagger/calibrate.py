"""Measures what is usual for the pictures of the prompt painter, for the tagger to name what is not.

    python -m local_models.tagger.calibrate --weights-dir var/weights

paints PICTURES captions made of random labels and writes `statistics.npz`, about 10 kB. To be run again
after every change of the painter, the labels or the wordings of the captions; takes two minutes on a quiet core.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from local_models.painter.painting import picture_of
from local_models.weights import WEIGHTS
from local_models.writer.personas import THEN

from .caption import NAMES, Appearance, Tag, caption, colour_shares, shrunk
from .tagging import FLOOR, STATISTICS, Tagger

PICTURES = 400
SIZE = (640, 360)  # the network sees 224 x 224 of it


def prompts(labels: list[str], chance: random.Random) -> Iterator[str]:
    """Captions as the tagger makes them, of random labels and colours; every other one as a story."""
    for nth in range(PICTURES):
        tags = [Tag(name, 0.1, chance.choice((1.0, 5.0))) for name in chance.sample(labels, 3)]
        appearance = Appearance(
            tuple(chance.sample(NAMES, 3)), "on the left", "on the right", 0.4, 0.2
        )
        text = caption(tags, appearance, nth)
        yield f"{chance.choice(THEN)} {text}" if nth % 2 else text


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local_models.tagger.calibrate")
    parser.add_argument("--weights-dir", type=Path, required=True)
    folder = parser.parse_args().weights_dir
    tagger = Tagger(
        WEIGHTS["efficientnet-lite0"].path(folder), WEIGHTS["imagenet-labels"].path(folder)
    )
    logs, colours = [], []
    for prompt in prompts(tagger.labels, random.Random(7)):  # noqa: S311 (a choice of words)
        image = Image.fromarray(picture_of(prompt, size=SIZE))
        logs.append(np.log(tagger.probabilities(image) + FLOOR))
        colours.append(colour_shares(shrunk(image)))
    np.savez_compressed(
        STATISTICS,
        mean=np.mean(logs, axis=0).astype(np.float16),
        deviation=np.std(logs, axis=0).astype(np.float16),
        colours=np.mean(colours, axis=0).astype(np.float16),
    )


if __name__ == "__main__":
    main()
