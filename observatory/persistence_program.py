"""The persistent homology of points, in a process of its own: gudhi stays out of the web's memory.

Reads half floats from standard input, rows of as many as the only argument says, and writes a JSON list of
[dimension, birth, death], with null for what never ends. Imports nothing of the product.
"""

from __future__ import annotations

import json
import sys

import numpy as np

MAX_DIMENSION = 1  # connected parts, and loops


def main() -> None:
    from gudhi import RipsComplex  # type: ignore[import-not-found,unused-ignore]

    numbers = np.frombuffer(sys.stdin.buffer.read(), "<f2")
    points = numbers.reshape(-1, int(sys.argv[1])).astype(np.float64)
    edges = RipsComplex(points=points).create_simplex_tree(max_dimension=1)
    edges.collapse_edges(1)  # the same diagram, far fewer triangles
    edges.expansion(MAX_DIMENSION + 1)
    found = [
        [dimension, round(birth, 6), None if death == float("inf") else round(death, 6)]
        for dimension, (birth, death) in edges.persistence(min_persistence=0.0)
    ]
    json.dump(sorted(found, key=lambda bar: (bar[0], bar[1], bar[2] or 9.0)), sys.stdout)


if __name__ == "__main__":
    main()
