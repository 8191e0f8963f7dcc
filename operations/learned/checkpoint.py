"""Reads a PyTorch checkpoint (the zip format) without PyTorch, and without trusting it.

The unpickler knows three names; any other raises. What it builds are descriptions of tensors, filled from
the raw numbers beside them.
"""

from __future__ import annotations

import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float32]
MAX_NUMBERS = 1 << 26  # of one tensor


class BadCheckpoint(Exception):
    """The file is another than it should be."""


class FloatStorage:
    """Stands for PyTorch's class of this name."""


class _TensorUnpickler(pickle.Unpickler):
    def __init__(self, archive: zipfile.ZipFile, folder: str) -> None:
        super().__init__(archive.open(f"{folder}/data.pkl"))
        self._archive, self._folder = archive, folder
        self._known: dict[tuple[str, str], Callable[..., Any]] = {
            ("torch", "FloatStorage"): FloatStorage,
            ("torch._utils", "_rebuild_tensor_v2"): _rebuilt,
            ("collections", "OrderedDict"): OrderedDict,
        }

    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        try:
            return self._known[module, name]
        except KeyError:
            raise BadCheckpoint(f"The checkpoint asks for {module}.{name}.") from None

    def persistent_load(self, identity: Any) -> Numbers:
        kind, storage, key, _, count = identity
        if kind != "storage" or storage is not FloatStorage or not 0 <= count <= MAX_NUMBERS:
            raise BadCheckpoint("The checkpoint holds something else than numbers.")
        return np.frombuffer(self._archive.read(f"{self._folder}/data/{key}"), "<f4", count)


def _rebuilt(storage: Numbers, offset: int, size: tuple[int, ...], stride: Any, *_: Any) -> Numbers:
    count = int(np.prod(size, dtype=np.int64))
    expected = [int(np.prod(size[at + 1 :], dtype=np.int64)) for at in range(len(size))]
    if list(stride) != expected or offset + count > len(storage):
        raise BadCheckpoint("A tensor of the checkpoint has another layout than is known here.")
    return storage[offset : offset + count].reshape(size)


def read_checkpoint(path: Path) -> dict[str, Numbers]:
    """Raises BadCheckpoint, and what `pickle` and `zipfile` raise of a damaged file."""
    with zipfile.ZipFile(path) as archive:
        folder = archive.namelist()[0].partition("/")[0]
        state = _TensorUnpickler(archive, folder).load()
    return {name.removeprefix("module."): value for name, value in state.items()}
