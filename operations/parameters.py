"""Parameters of operations: checked and completed, and described as a JSON Schema."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from . import sentences
from .contract import Operation, OperationParameter, Parameters
from .errors import BadParameters

MAX_ITEMS = 10_000
MAX_TEXT = 100_000
WORDS = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "text": "a text",
    "numbers": "a list of numbers",
    "texts": "a list of texts",
}


def complete_parameters(operation: Operation, given: Parameters) -> dict[str, Any]:
    """Those that were given, and the defaults of the others. Raises BadParameters."""
    known = {one.name: one for one in operation.parameters}
    for name in given:
        if name not in known:
            words = {"operation": operation.name, "name": name}
            raise BadParameters(sentences.UNKNOWN_PARAMETER % words)
    values = {name: given.get(name, one.default) for name, one in known.items()}
    for name, value in values.items():
        # None stands for "not said" where the default is None.
        if not (value is None and known[name].default is None) and not _fits(known[name], value):
            wanted = _wanted(known[name])
            raise BadParameters(sentences.WRONG_VALUE % {"name": name, "wanted": wanted})
    return values


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MAX_TEXT


def _is_list(value: object, is_item: Callable[[object], bool]) -> bool:
    return isinstance(value, list) and len(value) <= MAX_ITEMS and all(map(is_item, value))


_CHECKS: dict[str, Callable[[object], bool]] = {
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "text": _is_text,
    "numbers": lambda value: _is_list(value, _is_number),
    "texts": lambda value: _is_list(value, _is_text),
}


def _fits(parameter: OperationParameter, value: Any) -> bool:
    if not _CHECKS[parameter.type](value):
        return False
    items = value if isinstance(value, list) else [value]
    low, high = parameter.minimum, parameter.maximum
    return all(
        (low is None or low <= item)
        and (high is None or item <= high)
        and (not parameter.choices or item in parameter.choices)
        for item in items
    )


def _wanted(parameter: OperationParameter) -> str:
    if parameter.choices:
        return f"one of {', '.join(map(str, parameter.choices))}"
    words = WORDS[parameter.type]
    if parameter.minimum is not None:
        words += f", at least {parameter.minimum:g}"
    if parameter.maximum is not None:
        words += f", at most {parameter.maximum:g}"
    return words
