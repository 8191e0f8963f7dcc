"""EfficientNet-Lite0 in numpy: inference for one small picture in about 80 ms on one core.

Its PyTorch checkpoint (the old format) is read without PyTorch, and without trusting it: the unpickler
knows three names; any other raises. What it builds are descriptions of tensors, filled from the raw
numbers that follow in the file.
"""

from __future__ import annotations

import pickle
import struct
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
SIDE = 224
EPSILON = 1e-3
# Blocks of one stage: how many, and the stride of the first. Widths are in the weights.
STAGES = ((1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1))
KINDS: dict[str, type[np.generic]] = {"FloatStorage": np.float32, "LongStorage": np.int64}


class EfficientNet:
    """Batch norms are folded into the convolutions when it is loaded."""

    def __init__(self, weights: Path) -> None:
        state = read_checkpoint(weights)
        strides = [first if i == 0 else 1 for count, first in STAGES for i in range(count)]
        self._stem = _folded(state, "_conv_stem", "_bn0")
        self._blocks = [Block(state, f"_blocks.{i}", stride) for i, stride in enumerate(strides)]
        self._head = _folded(state, "_conv_head", "_bn1")
        self._classes = (state["_fc.weight"], state["_fc.bias"])

    def probabilities(self, pixels: NDArray[np.uint8]) -> Array:
        """Of the thousand classes, for a picture of SIDE x SIDE x 3."""
        scores = self._classes[0] @ self.features(pixels) + self._classes[1]
        scores = np.exp(scores - scores.max())
        out: Array = scores / scores.sum()
        return out

    def features(self, pixels: NDArray[np.uint8]) -> Array:
        """The 1,280 numbers from which the classes are read; none is below 0."""
        signal = (pixels.astype(np.float32).transpose(2, 0, 1) - 127.0) / 128.0
        signal = _relu6(_convolved(signal, *self._stem, stride=2))
        for block in self._blocks:
            signal = block(signal)
        pooled: Array = _relu6(_mixed(signal, *self._head)).mean(axis=(1, 2))
        return pooled


class Block:
    """Widen, look around in each channel, narrow; add the input where the shape allows it."""

    def __init__(self, state: Mapping[str, Array], name: str, stride: int) -> None:
        self._stride = stride
        self._widen = None
        if f"{name}._expand_conv.weight" in state:
            self._widen = _folded(state, f"{name}._expand_conv", f"{name}._bn0")
        self._look = _folded(state, f"{name}._depthwise_conv", f"{name}._bn1")
        self._narrow = _folded(state, f"{name}._project_conv", f"{name}._bn2")

    def __call__(self, signal: Array) -> Array:
        out = signal if self._widen is None else _relu6(_mixed(signal, *self._widen))
        out = _relu6(_looked(out, *self._look, stride=self._stride))
        out = _mixed(out, *self._narrow)
        return out + signal if out.shape == signal.shape else out


def _folded(state: Mapping[str, Array], conv: str, norm: str) -> tuple[Array, Array]:
    scale = state[f"{norm}.weight"] / np.sqrt(state[f"{norm}.running_var"] + np.float32(EPSILON))
    weight = state[f"{conv}.weight"] * scale[:, None, None, None]
    return weight, state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale


def _relu6(signal: Array) -> Array:
    return np.clip(signal, 0, 6, out=signal)


def _mixed(signal: Array, weight: Array, bias: Array) -> Array:
    """A convolution of one point: a matrix over the channels."""
    flat = weight[:, :, 0, 0] @ signal.reshape(len(signal), -1)
    flat += bias[:, None]
    return flat.reshape(-1, *signal.shape[1:])


def _padded(signal: Array, kernel: int, stride: int) -> tuple[Array, int]:
    """TensorFlow's "same" padding, and the side of what comes out; pictures are square."""
    side = signal.shape[1]
    out = -(-side // stride)
    need = max((out - 1) * stride + kernel - side, 0)
    before = need // 2
    return np.pad(signal, ((0, 0), (before, need - before), (before, need - before))), out


def _convolved(signal: Array, weight: Array, bias: Array, stride: int) -> Array:
    kernel = weight.shape[2]
    padded, side = _padded(signal, kernel, stride)
    span = (side - 1) * stride + 1
    taps = [
        padded[:, i : i + span : stride, j : j + span : stride]
        for i in range(kernel)
        for j in range(kernel)
    ]
    columns = np.stack(taps, axis=1).reshape(-1, side * side)
    out = weight.reshape(len(weight), -1) @ columns + bias[:, None]
    return out.reshape(-1, side, side)


def _looked(signal: Array, weight: Array, bias: Array, stride: int) -> Array:
    """A convolution of each channel by itself, tap by tap."""
    kernel = weight.shape[2]
    padded, side = _padded(signal, kernel, stride)
    span = (side - 1) * stride + 1
    out = np.empty((len(signal), side, side), np.float32)
    out[:] = bias[:, None, None]
    for i in range(kernel):
        for j in range(kernel):
            part = padded[:, i : i + span : stride, j : j + span : stride]
            out += weight[:, 0, i, j, None, None] * part
    return out


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor whose numbers are still to come: part of the storage called `key`."""

    key: str
    offset: int
    shape: tuple[int, ...]
    steps: tuple[int, ...]  # how far apart neighbours lie, per axis, in numbers


class Reader(pickle.Unpickler):
    """Raises UnpicklingError for every name that a list of tensors does not need."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)
        self.kinds: dict[str, type[np.generic]] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in KINDS:
            return KINDS[name]
        raise pickle.UnpicklingError(f"a checkpoint has no business with {module}.{name}")

    def persistent_load(self, pid: Any) -> str:
        _, kind, key, *_ = pid
        self.kinds[key] = kind
        return str(key)


def _tensor(
    key: str, offset: int, shape: Sequence[int], steps: Sequence[int], *_: object
) -> Tensor:
    return Tensor(key, offset, tuple(shape), tuple(steps))


def read_checkpoint(path: Path) -> dict[str, NDArray[np.float32]]:
    """Every float tensor of the file by its name."""
    with path.open("rb") as file:
        for _ in range(3):  # a magic number, the version, the writer's machine
            Reader(file).load()
        reader = Reader(file)
        state = reader.load()
        storages = {}
        for key in Reader(file).load():
            (count,) = struct.unpack("<q", file.read(8))
            storages[key] = np.fromfile(file, reader.kinds[key], count)
    return {
        name: _part(storages[tensor.key], tensor)
        for name, tensor in state.items()
        if storages[tensor.key].dtype == np.float32
    }


def _part(numbers: NDArray[Any], tensor: Tensor) -> NDArray[np.float32]:
    """The tensor's own numbers, in order; raises IndexError where it claims more than there are."""
    places = np.full(tensor.shape, tensor.offset)
    for axis, (length, step) in enumerate(zip(tensor.shape, tensor.steps, strict=True)):
        places += (np.arange(length) * step).reshape(-1, *[1] * (len(tensor.shape) - axis - 1))
    return np.asarray(numbers[places], np.float32)
