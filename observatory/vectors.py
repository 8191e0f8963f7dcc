"""Vectors of length one as tuples of numbers, with the standard library alone: numpy would be 13 MB in every web
process that shows where a run is going."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import dist
from typing import overload

Vector = tuple[float, ...]
Vectors = Sequence[Vector]
BYTES_OF_NUMBER = 2


def unpack(stored: bytes | memoryview) -> Vector:
    """Half floats, as the model host gives them."""
    data = bytes(stored)
    return struct.unpack(f"<{len(data) // BYTES_OF_NUMBER}e", data)


def cosine_distance(first: Vector, second: Vector) -> float:
    """Half the square of the straight line between them, which is the same for vectors of length one."""
    return dist(first, second) ** 2 / 2


def product(first: Vector, second: Vector) -> float:
    """The inner product, of vectors of any length. A sum in Python would take twice as long."""
    nothing = (0.0,) * len(first)
    squares = dist(first, nothing) ** 2 + dist(second, nothing) ** 2
    return (squares - dist(first, second) ** 2) / 2


@dataclass(frozen=True, slots=True)
class StoredVectors(Sequence[Vector]):
    """Unpacked when they are looked at: 0.8 KB each, where a tuple has 12."""

    stored: Sequence[bytes]

    def __len__(self) -> int:
        return len(self.stored)

    @overload
    def __getitem__(self, at: int) -> Vector: ...

    @overload
    def __getitem__(self, at: slice) -> StoredVectors: ...

    def __getitem__(self, at: int | slice) -> Vector | StoredVectors:
        if isinstance(at, slice):
            return StoredVectors(self.stored[at])
        return unpack(self.stored[at])

    def __iter__(self) -> Iterator[Vector]:
        return map(unpack, self.stored)
