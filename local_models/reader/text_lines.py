"""Where lines of text are: rectangles around what a detector marks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Marks = NDArray[np.bool_]
GROW = 1.7  # by how much a rectangle is larger than its marks: times area over circumference
MIN_SIDE = 3
MAX_LINES = 40


@dataclass(slots=True)
class TextLine:
    left: int
    top: int
    right: int  # behind the last column
    bottom: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def grown(self, width: int, height: int) -> TextLine:
        wide, high = self.right - self.left, self.height
        more = round(GROW * wide * high / (2 * (wide + high)))
        return TextLine(
            max(0, self.left - more),
            max(0, self.top - more),
            min(width, self.right + more),
            min(height, self.bottom + more),
        )


def find_lines(marks: Marks) -> list[TextLine]:
    """Rectangles around marks that touch each other, as they are read: from the top, then from the left."""
    found = [
        line for line in _touching(marks) if min(line.height, line.right - line.left) >= MIN_SIDE
    ]
    grown = [line.grown(marks.shape[1], marks.shape[0]) for line in found]
    grown.sort(key=lambda line: (line.top + line.bottom, line.left))
    rows: list[list[TextLine]] = []
    for line in grown:
        middle = (line.top + line.bottom) / 2
        if rows and rows[-1][0].top < middle < rows[-1][0].bottom:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda one: one.left)][:MAX_LINES]


def _touching(marks: Marks) -> list[TextLine]:
    """By runs of marks in a row, each joined to those of the row above that it touches."""
    parents: list[int] = []
    boxes: list[TextLine] = []

    def root(number: int) -> int:
        while parents[number] != number:
            number = parents[number]
        return number

    above: list[int] = []
    for y, row in enumerate(marks):
        edges = np.flatnonzero(np.diff(np.concatenate(([False], row, [False])).astype(np.int8)))
        current = []
        for left, right in edges.reshape(-1, 2).tolist():
            number = len(boxes)
            parents.append(number)
            boxes.append(TextLine(left, y, right, y + 1))
            current.append(number)
            for other in above:
                if boxes[other].left <= right and left <= boxes[other].right:
                    parents[root(other)] = root(number)
        above = current
    joined: dict[int, TextLine] = {}
    for number, box in enumerate(boxes):
        whole = joined.setdefault(root(number), TextLine(box.left, box.top, box.right, box.bottom))
        whole.left, whole.right = min(whole.left, box.left), max(whole.right, box.right)
        whole.top, whole.bottom = min(whole.top, box.top), max(whole.bottom, box.bottom)
    return list(joined.values())
