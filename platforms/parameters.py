"""Checking what a slot sets against a model's JSON Schema, with problems in words.

Only the keywords that the catalogue uses are understood; the contract tests keep it to them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from .base import JSON

KINDS: dict[str, Callable[[object], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "array": lambda value: isinstance(value, list | tuple),
    "object": lambda value: isinstance(value, Mapping),
    "null": lambda value: value is None,
}
CHECKS: dict[str, tuple[Callable[..., bool], str]] = {
    "enum": (lambda value, allowed: value in allowed, "must be one of {}"),
    "minimum": (lambda value, least: not _is_number(value) or value >= least, "must be {} or more"),
    "maximum": (lambda value, most: not _is_number(value) or value <= most, "must be {} or less"),
    "minLength": (
        lambda value, least: not isinstance(value, str) or len(value) >= least,
        "must have at least {} characters",
    ),
    "maxLength": (
        lambda value, most: not isinstance(value, str) or len(value) <= most,
        "must have at most {} characters",
    ),
    "maxItems": (
        lambda value, most: not isinstance(value, list | tuple) or len(value) <= most,
        "must have at most {} entries",
    ),
    "pattern": (
        lambda value, form: not isinstance(value, str) or bool(re.search(form, value)),
        "does not have the expected form",
    ),
}
WORDS = {"title", "description", "default", "examples", "$schema"}
KEYWORDS = {*CHECKS, *WORDS, "type", "properties", "additionalProperties", "items"}


def problems(schema: JSON, value: object, name: str = "parameters") -> list[str]:
    """Every way in which `value` does not fit, as sentences; an empty list if it does."""
    return list(_problems(schema, value, name))


def unknown_keywords(schema: JSON) -> set[str]:
    """Keywords in the schema, at any depth, that would be ignored here."""
    found = set(schema) - KEYWORDS
    properties = schema.get("properties")
    inner = list(properties.values()) if isinstance(properties, Mapping) else []
    for part in [*inner, schema.get("items")]:
        if isinstance(part, Mapping):
            found |= unknown_keywords(part)
    return found


def _problems(schema: JSON, value: object, name: str) -> Iterator[str]:
    kind = schema.get("type")
    kinds = [kind] if isinstance(kind, str) else kind
    if isinstance(kinds, list) and not any(KINDS[one](value) for one in kinds):
        yield f"{name} must be of type {' or '.join(kinds)}."
        return
    for keyword, (fits, words) in CHECKS.items():
        if keyword in schema and not fits(value, schema[keyword]):
            wanted = schema[keyword]
            shown = ", ".join(map(str, wanted)) if isinstance(wanted, list) else wanted
            yield f"{name} {words.format(shown)}."
    if isinstance(value, Mapping):
        yield from _in_object(schema, value, name)
    items = schema.get("items")
    if isinstance(value, list | tuple) and isinstance(items, Mapping):
        for number, entry in enumerate(value, 1):
            yield from _problems(items, entry, f"{name}, entry {number},")


def _in_object(schema: JSON, value: Mapping[str, object], name: str) -> Iterator[str]:
    properties = schema.get("properties")
    known = properties if isinstance(properties, Mapping) else {}
    for key, entry in value.items():
        if key in known:
            yield from _problems(known[key], entry, str(key))
        elif schema.get("additionalProperties") is False:
            offered = f"it takes {', '.join(known)}" if known else "it takes none"
            yield f"{name} has no {key}; {offered}."


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)
