"""The operations: each module in `operations/kinds/` is one, and is known by being there."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from . import kinds, sentences
from .contract import Operation
from .errors import BadParameters


@cache
def operations() -> dict[str, Operation]:
    """By their names."""
    found: dict[str, Operation] = {}
    for module in pkgutil.iter_modules(kinds.__path__):
        operation = load_operation(f"{kinds.__name__}.{module.name}")
        if operation.name in found:
            raise ValueError(f"Two operations are named {operation.name}.")
        found[operation.name] = operation
    return found


def load_operation(module: str) -> Operation:
    """The one that stands in a module."""
    operation = importlib.import_module(module).OPERATION
    if not isinstance(operation, Operation) or operation.module != module:
        raise TypeError(f"{module}.OPERATION is not an operation of this module.")
    return operation


def operation_named(name: str) -> Operation:
    """Raises BadParameters."""
    try:
        return operations()[name]
    except KeyError:
        raise BadParameters(sentences.UNKNOWN_OPERATION % {"name": name}) from None
