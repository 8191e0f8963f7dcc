"""A model's parameters as fields of a form, made from its JSON Schema, and read back from one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from platforms import parameters
from platforms.base import Model

Schema = Mapping[str, Any]
PREFIX = "p."
LONG = 200  # characters; a text that may be longer gets more than a line
LONGEST = 20_000  # characters of one value


@dataclass(frozen=True, slots=True)
class Knob:
    """One parameter as a person sets it. Empty stands for the default."""

    name: str
    label: str
    help: str
    kind: str  # select, checkbox, number, line, text, list, json
    value: str  # what stands in the field
    default: str  # in words; empty where there is none
    options: tuple[str, ...]
    bounds: Mapping[str, str]  # attributes of a number's field
    errors: tuple[str, ...]

    @property
    def field(self) -> str:
        return PREFIX + self.name

    @property
    def checked(self) -> bool:
        return self.value == "true"


def of(model: Model, values: Mapping[str, object]) -> list[Knob]:
    return [_knob(model, name, schema, values) for name, schema in _properties(model).items()]


def read(model: Model, form: QueryDict) -> dict[str, object]:
    """What was set, without what is left at its default. A text that cannot be read as what it
    should be is kept as it is, for its person to correct."""
    found = {}
    for name, schema in _properties(model).items():
        text = form.get(PREFIX + name, "")[:LONGEST]
        default = _default(model, name, schema)
        value: object
        if _kind(schema) == "checkbox":
            value = bool(text)
            default = bool(default)
        elif not text.strip():
            continue
        else:
            value = _parsed(schema, text)
        if value != default:
            found[name] = value
    return found


def fitting(model: Model, values: Mapping[str, object]) -> dict[str, object]:
    """Those of `values` that this model understands too."""
    known = _properties(model)
    return {
        name: value
        for name, value in values.items()
        if name in known and not parameters.problems(known[name], value, name)
    }


def strangers(model: Model, values: Mapping[str, object]) -> list[str]:
    """Parameters that are set and that this model does not know (any more)."""
    return [name for name in values if name not in _properties(model)]


def _properties(model: Model) -> Mapping[str, Schema]:
    found = model.parameters.get("properties")
    return found if isinstance(found, Mapping) else {}


def _knob(model: Model, name: str, schema: Schema, values: Mapping[str, object]) -> Knob:
    default = _default(model, name, schema)
    kind = _kind(schema)
    is_set = name in values
    label = str(schema.get("title") or name.replace("_", " ").capitalize())
    errors = parameters.problems(schema, values[name], label) if is_set else []
    shown = values.get(name, default if kind == "checkbox" else None)
    return Knob(
        name=name,
        label=label,
        help=str(schema.get("description", "")),
        kind=kind,
        value=_written(schema, shown),
        default=_written(schema, default),
        options=tuple(_written(schema, one) for one in schema.get("enum", ())),
        bounds=dict(_bounds(schema)) if kind == "number" else {},
        errors=tuple(errors),
    )


def _default(model: Model, name: str, schema: Schema) -> object:
    return model.defaults.get(name, schema.get("default"))


def _kind(schema: Schema) -> str:
    if "enum" in schema:
        return "select"
    if _is_list_of_texts(schema):
        return "list"
    longest = schema.get("maxLength")
    text = "text" if longest is None or longest > LONG else "line"
    kinds = {"boolean": "checkbox", "integer": "number", "number": "number", "string": text}
    kind = schema.get("type")
    return kinds.get(kind, "json") if isinstance(kind, str) else "json"


def _is_list_of_texts(schema: Schema) -> bool:
    items = schema.get("items")
    kind = items.get("type") if isinstance(items, Mapping) else None
    return schema.get("type") == "array" and kind in ("string", ["string", "null"])


def _bounds(schema: Schema) -> Iterator[tuple[str, str]]:
    for keyword, attribute in (("minimum", "min"), ("maximum", "max")):
        if keyword in schema:
            yield attribute, str(schema[keyword])
    yield "step", "1" if schema.get("type") == "integer" else "any"


def _written(schema: Schema, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple) and _is_list_of_texts(schema):
        return "\n".join("null" if entry is None else str(entry) for entry in value)
    return value if isinstance(value, str) else json.dumps(value)


def _parsed(schema: Schema, text: str) -> object:
    if "enum" in schema:
        return next((one for one in schema["enum"] if _written(schema, one) == text), text)
    if _is_list_of_texts(schema):
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return [None if line == "null" else line for line in lines]
    if schema.get("type") == "string":
        return text.replace("\r\n", "\n")
    try:
        found: object = json.loads(text)
        json.dumps(found, allow_nan=False)  # what is endless is no number
    except (ValueError, RecursionError):
        return text
    return found
