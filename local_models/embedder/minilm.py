"""All-MiniLM-L6-v2 in numpy: a text as a vector of 384 numbers and length one.

A text that is longer than the model's window is read in parts, none of them left out; the mean of the
parts, weighted by their length, stands for the text. Parts are calculated several at once, one after the other in
one table, which takes half the time of one by one; without padding, because padding moves the result.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .wordpiece import WordPieces

Array = NDArray[np.float32]
NAME = "all-minilm-l6-v2/1"
SIZE = 384
LAYERS, HEADS = 6, 12
WINDOW = 256  # word pieces, with beginning and end; the length it was trained with
TOGETHER = 256  # word pieces that are calculated at once, unless one text has more
EPSILON = 1e-12


class MiniLM:
    """The weights stay in their file and are read where they are used."""

    def __init__(self, weights: Path, vocabulary: Path) -> None:
        self._pieces = WordPieces(vocabulary)
        state = read_tensors(weights)
        tables = [state[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position")]
        self._words, self._positions = tables
        self._kind = state["embeddings.token_type_embeddings.weight"][0]
        self._norm = _of_norm(state, "embeddings")
        self._layers = [Layer(state, f"encoder.layer.{number}") for number in range(LAYERS)]

    def parts(self, text: str) -> list[list[int]]:
        """The whole text as windows of nearly equal length, each with beginning and end."""
        cut = cut_evenly(self._pieces.numbers(text), WINDOW - 2)
        return [[self._pieces.begin, *part, self._pieces.end] for part in cut]

    def embed(self, text: str) -> Array:
        return next(self.embed_in_turn([text]))

    def embed_in_turn(self, texts: Sequence[str]) -> Iterator[Array]:
        """The vector of each, calculated when it is asked for, together with those after it that there is room for."""
        together: list[list[list[int]]] = []
        room = TOGETHER
        for text in texts:
            parts = self.parts(text)
            pieces = sum(len(part) for part in parts)
            if together and pieces > room:
                yield from self._vectors(together)
                together, room = [], TOGETHER
            together.append(parts)
            room -= pieces
        yield from self._vectors(together)

    def _vectors(self, texts: list[list[list[int]]]) -> Iterator[Array]:
        states = iter(self._states([part for parts in texts for part in parts]))
        for parts in texts:
            total = sum(np.float32(len(part)) * _unit(next(states).mean(axis=0)) for part in parts)
            yield _unit(np.asarray(total, np.float32))

    def _states(self, parts: list[list[int]]) -> list[Array]:
        """Of each part, a row for each of its pieces."""
        ends = list(accumulate((len(part) for part in parts), initial=0))
        state = self._words[[piece for part in parts for piece in part]] + self._kind
        state += np.concatenate([self._positions[: len(part)] for part in parts])
        state = _normed(state, self._norm)
        for layer in self._layers:
            state = layer(state, ends)
        return [state[first:end] for first, end in pairwise(ends)]


class Layer:
    def __init__(self, state: dict[str, Array], name: str) -> None:
        def linear(part: str) -> tuple[Array, Array]:
            return state[f"{name}.{part}.weight"], state[f"{name}.{part}.bias"]

        self._asked = [linear(f"attention.self.{part}") for part in ("query", "key", "value")]
        self._joined = linear("attention.output.dense")
        self._wide, self._narrow = linear("intermediate.dense"), linear("output.dense")
        self._norms = (
            _of_norm(state, f"{name}.attention.output"),
            _of_norm(state, f"{name}.output"),
        )

    def __call__(self, state: Array, ends: list[int]) -> Array:
        """`ends`: where one part ends and the next one begins; a piece attends to those of its part."""
        query, key, value = (
            _linear(state, one).reshape(len(state), HEADS, -1).transpose(1, 0, 2)
            for one in self._asked
        )
        mixed = np.empty((len(state), SIZE), np.float32)
        for first, end in pairwise(ends):
            of_part = _attended(query[:, first:end], key[:, first:end], value[:, first:end])
            mixed[first:end] = of_part.transpose(1, 0, 2).reshape(end - first, SIZE)
        state = _normed(state + _linear(mixed, self._joined), self._norms[0])
        wide = _gelu(_linear(state, self._wide))
        return _normed(state + _linear(wide, self._narrow), self._norms[1])


def _attended(query: Array, key: Array, value: Array) -> Array:
    scores = query @ key.transpose(0, 2, 1) / np.float32(query.shape[2] ** 0.5)
    scores = np.exp(scores - scores.max(axis=2, keepdims=True))
    out: Array = (scores / scores.sum(axis=2, keepdims=True)) @ value
    return out


def cut_evenly(pieces: list[int], at_most: int) -> list[list[int]]:
    """All of them in as few parts as can be, of nearly equal length; one part where there are none."""
    count = max(1, -(-len(pieces) // at_most))
    ends = [round(len(pieces) * number / count) for number in range(count + 1)]
    return [pieces[start:end] for start, end in pairwise(ends)]


def _linear(state: Array, weight: tuple[Array, Array]) -> Array:
    out: Array = state @ weight[0].T + weight[1]
    return out


def _of_norm(state: dict[str, Array], name: str) -> tuple[Array, Array]:
    return state[f"{name}.LayerNorm.weight"], state[f"{name}.LayerNorm.bias"]


def _normed(state: Array, norm: tuple[Array, Array]) -> Array:
    centred = state - state.mean(axis=1, keepdims=True)
    scale = np.sqrt((centred**2).mean(axis=1, keepdims=True) + np.float32(EPSILON))
    out: Array = centred / scale * norm[0] + norm[1]
    return out


def _gelu(state: Array) -> Array:
    """With the error function to seven digits (Abramowitz and Stegun 7.1.26)."""
    size = np.abs(state) * np.float32(0.5**0.5)
    t = 1 / (1 + np.float32(0.3275911) * size)
    series = np.full_like(t, 1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = series * t + np.float32(factor)
    error = np.sign(state) * (1 - series * t * np.exp(-size * size))
    out: Array = state * np.float32(0.5) * (1 + error)
    return out


def _unit(vector: Array) -> Array:
    out: Array = vector / np.linalg.norm(vector)
    return out.astype(np.float32)


def read_tensors(path: Path) -> dict[str, Array]:
    """Every float tensor of a safetensors file by its name, mapped and not read."""
    with path.open("rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
    values = np.memmap(path, np.uint8, mode="r", offset=8 + size)
    found = {}
    for name, entry in header.items():
        if entry.get("dtype") == "F32":
            first, last = entry["data_offsets"]
            found[name] = values[first:last].view(np.float32).reshape(entry["shape"])
    return found
