"""Two numbers of the 384, for drawing: a fixed view of the space of texts.

The view never changes: a point stays where it was drawn, whatever comes after it, and runs of any two networks may
be drawn into one picture. It shows the two directions in which texts of the kind that loops write differ most;
`python -m observatory.projection --weights-dir var/weights` measures them again from sentences about every label of
ImageNet, in half a minute, and writes `observatory/projection.json`.
"""

from __future__ import annotations

import argparse
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .vectors import Vector, Vectors, product

if TYPE_CHECKING:
    from numpy.typing import NDArray

FILE = Path(__file__).with_name("projection.json")
SENTENCES = (
    "A picture of {}.",
    "{} at night, seen from far away.",
    "Someone remembers {}, and laughs.",
)


@cache
def _view() -> tuple[list[Vector], list[float]]:
    """The two directions, and where the middle lies along each; scaled so that the texts it was measured with lie
    in -1 to 1."""
    stored = json.loads(FILE.read_text())
    directions = [tuple(direction) for direction in stored["directions"]]
    return directions, [product(tuple(stored["middle"]), one) for one in directions]


def project(vectors: Vectors) -> list[tuple[float, float]]:
    """`x` and `y` of each."""
    (across, up), (middle_x, middle_y) = _view()
    return [(product(one, across) - middle_x, product(one, up) - middle_y) for one in vectors]


def measure(vectors: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    import numpy as np

    middle = vectors.mean(axis=0)
    _, _, directions = np.linalg.svd(vectors - middle, full_matrices=False)
    two = directions[:2]
    two = two * np.sign(two.sum(axis=1, keepdims=True))  # or it would depend on the machine
    reach = np.abs((vectors - middle) @ two.T).max()
    return middle, two / reach


def main() -> None:
    import numpy as np

    from local_models.embedder.minilm import MiniLM
    from local_models.weights import WEIGHTS

    parser = argparse.ArgumentParser(prog="python -m observatory.projection")
    parser.add_argument("--weights-dir", type=Path, required=True)
    folder = parser.parse_args().weights_dir
    model = MiniLM(WEIGHTS["minilm"].path(folder), WEIGHTS["minilm-vocabulary"].path(folder))
    labels = json.loads(WEIGHTS["imagenet-labels"].path(folder).read_text())
    texts = [SENTENCES[nth % len(SENTENCES)].format(label) for nth, label in enumerate(labels)]
    middle, directions = measure(np.array([model.embed(text) for text in texts]))
    FILE.write_text(json.dumps({"middle": middle.tolist(), "directions": directions.tolist()}))


if __name__ == "__main__":
    main()
