"""The operations: each module in `operations/kinds/` is one, and is known by being there."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from . import kinds, sentences
from .contract import Operation
from .errors import BadParameters
from .parameters import complete_parameters

LEARNED = "learned"


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


def learned_operations() -> list[str]:
    """Those that can be done by learned weights, and have theirs here."""
    found: list[str] = []
    for name, operation in operations().items():
        methods = (one for one in operation.parameters if one.name == "method")
        if any(LEARNED in one.choices for one in methods):
            values = complete_parameters(operation, {"method": LEARNED})
            best = next(one for one in operation.backends if one.serves(values))
            if not best.missing(values):
                found.append(name)
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
