"""Two numbers of the 384, for drawing: a fixed view of the space of texts.

The view never changes: a point stays where it was drawn, whatever comes after it, and runs of any two networks may
be drawn into one picture. It shows the two directions in which texts of the kind that loops write differ most;
`python -m observatory.projection --weights-dir var/weights` measures them again from sentences about every label of
ImageNet, in half a minute, and writes `observatory/projection.npz`.
"""

from __future__ import annotations

import argparse
import json
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
FILE = Path(__file__).with_name("projection.npz")
SENTENCES = (
    "A picture of {}.",
    "{} at night, seen from far away.",
    "Someone remembers {}, and laughs.",
)


@cache
def _view() -> tuple[Array, Array]:
    """The middle, and the two directions; scaled so that the texts it was measured with lie in -1 to 1."""
    with np.load(FILE) as stored:
        return stored["middle"].astype(np.float32), stored["directions"].astype(np.float32)


def project(vectors: Array) -> Array:
    """A row of x and y for each vector."""
    middle, directions = _view()
    found: Array = (vectors - middle) @ directions.T
    return found


def measure(vectors: Array) -> tuple[Array, Array]:
    middle = vectors.mean(axis=0)
    _, _, directions = np.linalg.svd(vectors - middle, full_matrices=False)
    two = directions[:2]
    two = two * np.sign(two.sum(axis=1, keepdims=True))  # or it would depend on the machine
    reach = np.abs((vectors - middle) @ two.T).max()
    return middle, two / reach


def main() -> None:
    from local_models.embedder.minilm import MiniLM
    from local_models.weights import WEIGHTS

    parser = argparse.ArgumentParser(prog="python -m observatory.projection")
    parser.add_argument("--weights-dir", type=Path, required=True)
    folder = parser.parse_args().weights_dir
    model = MiniLM(WEIGHTS["minilm"].path(folder), WEIGHTS["minilm-vocabulary"].path(folder))
    labels = json.loads(WEIGHTS["imagenet-labels"].path(folder).read_text())
    texts = [SENTENCES[nth % len(SENTENCES)].format(label) for nth, label in enumerate(labels)]
    middle, directions = measure(np.array([model.embed(text) for text in texts]))
    np.savez(FILE, middle=middle.astype(np.float16), directions=directions.astype(np.float32))


if __name__ == "__main__":
    main()
