"""Checking what a slot sets against a model's JSON Schema, with problems in words.

Only the keywords that the catalogue uses are understood; a system check keeps it to them.
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


def flaws(schema: JSON, name: str = "parameters") -> list[str]:
    """Every way in which this is no JSON Schema that is understood here, as sentences."""
    return list(_flaws(schema, name))


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


def _flaws(schema: object, name: str) -> Iterator[str]:
    if not isinstance(schema, Mapping):
        yield f"{name} must be a JSON Schema, which is a table."
        return
    kind = schema.get("type")
    if kinds := [one for one in (kind if isinstance(kind, list) else [kind]) if one not in KINDS]:
        yield f"{name} must have a type, one of {', '.join(KINDS)}; not {kinds[0]}."
    for keyword in schema:
        if keyword not in KEYWORDS:
            yield f"{name} has “{keyword}”, which is not understood here."
        elif keyword in CHECKS and not _makes_sense(keyword, schema[keyword]):
            yield f"{name} has “{keyword}” that is not usable: {schema[keyword]!r}."
    properties = schema.get("properties", {})
    for key, one in properties.items() if isinstance(properties, Mapping) else ():
        yield from _flaws(one, f"{name}.{key}")
    if "items" in schema:
        yield from _flaws(schema["items"], f"each of {name}")


def _makes_sense(keyword: str, wanted: object) -> bool:
    if keyword == "enum":
        return isinstance(wanted, list) and bool(wanted)
    if keyword == "pattern":
        try:
            return bool(re.compile(str(wanted)))
        except re.error:
            return False
    return _is_number(wanted) and not isinstance(wanted, bool)


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
