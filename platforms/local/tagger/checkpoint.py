"""Reading a PyTorch checkpoint (the old format) without PyTorch, and without trusting it.

The unpickler knows three names; any other raises. What it builds are descriptions of tensors,
filled from the raw numbers that follow in the file.
"""

from __future__ import annotations

import pickle
import struct
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

KINDS: dict[str, type[np.generic]] = {"FloatStorage": np.float32, "LongStorage": np.int64}


@dataclass(frozen=True, slots=True)
class Kind:
    name: str


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
        self.kinds: dict[str, str] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in KINDS:
            return Kind(name)
        raise pickle.UnpicklingError(f"a checkpoint has no business with {module}.{name}")

    def persistent_load(self, pid: Any) -> str:
        _, kind, key, *_ = pid
        self.kinds[key] = kind.name
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
            storages[key] = np.fromfile(file, KINDS[reader.kinds[key]], count)
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
