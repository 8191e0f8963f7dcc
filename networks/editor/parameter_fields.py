"""A model's parameters as fields of a form, made from its JSON Schema, and read back from one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext

from platforms import parameters
from platforms.base import Model

Schema = Mapping[str, Any]
PREFIX, LEFT_OUT_PREFIX = "p.", "out."
MAX_LINE_LENGTH = 200  # a text that may be longer gets a text area
MAX_VALUE_LENGTH = 20_000


@dataclass(frozen=True, slots=True)
class ParameterField:
    """One parameter as a person sets it. Empty stands for the default."""

    name: str
    label: str
    help: str
    input_type: str  # select, checkbox, number, line, text, list, json
    value: str  # what stands in the field
    default: str  # in words; empty where there is none
    options: tuple[str, ...]
    bounds: Mapping[str, str]  # attributes of a number's field
    errors: tuple[str, ...]
    can_be_left_out: bool  # the model has a default that is sent where nothing is set
    left_out: bool

    @property
    def input_name(self) -> str:
        return PREFIX + self.name

    @property
    def left_out_name(self) -> str:
        return LEFT_OUT_PREFIX + self.name

    @property
    def checked(self) -> bool:
        return self.value == "true"


def fields_of_model(model: Model, values: Mapping[str, object]) -> list[ParameterField]:
    return [_field(model, name, schema, values) for name, schema in _properties(model).items()]


def read_form(model: Model, form: QueryDict) -> dict[str, object]:
    """What was set, without what is left at its default; None where the default is left out. A text
    that cannot be read as what it should be is kept as it is, for its person to correct."""
    found = {}
    for name, schema in _properties(model).items():
        text = form.get(PREFIX + name, "")[:MAX_VALUE_LENGTH]
        default = _default(model, name, schema)
        value: object
        if name in model.defaults and form.get(LEFT_OUT_PREFIX + name):
            value = None
        elif _input_type(schema) == "checkbox":
            value = bool(text)
            default = bool(default)
        elif not text.strip():
            continue
        else:
            value = _parsed(schema, text)
        if value != default:
            found[name] = value
    return found


def keep_fitting(model: Model, values: Mapping[str, object]) -> dict[str, object]:
    """Those of `values` that this model understands too."""
    known = _properties(model)
    return {
        name: value
        for name, value in values.items()
        if name in known
        and (
            (value is None and name in model.defaults)
            or not parameters.problems(known[name], value, name)
        )
    }


def unknown_parameters(model: Model, values: Mapping[str, object]) -> list[str]:
    """Parameters that are set and that this model does not know (any more)."""
    return [name for name in values if name not in _properties(model)]


def _properties(model: Model) -> Mapping[str, Schema]:
    found = model.parameters.get("properties")
    return found if isinstance(found, Mapping) else {}


def _field(model: Model, name: str, schema: Schema, values: Mapping[str, object]) -> ParameterField:
    default = _default(model, name, schema)
    input_type = _input_type(schema)
    is_set = name in values
    label = gettext(str(schema.get("title") or name.replace("_", " ").capitalize()))
    left_out = is_set and values[name] is None and name in model.defaults
    errors = parameters.problems(schema, values[name], label) if is_set and not left_out else []
    shown = values.get(name, default if input_type == "checkbox" else None)
    return ParameterField(
        name=name,
        label=label,
        help=gettext(str(schema.get("description", ""))),
        input_type=input_type,
        value=_written(schema, shown),
        default=_written(schema, default),
        options=tuple(_written(schema, one) for one in schema.get("enum", ())),
        bounds=dict(_bounds(schema)) if input_type == "number" else {},
        errors=tuple(errors),
        can_be_left_out=name in model.defaults,
        left_out=left_out,
    )


def _default(model: Model, name: str, schema: Schema) -> object:
    return model.defaults.get(name, schema.get("default"))


def _input_type(schema: Schema) -> str:
    if "enum" in schema:
        return "select"
    if _is_list_of_texts(schema):
        return "list"
    longest = schema.get("maxLength")
    text = "text" if longest is None or longest > MAX_LINE_LENGTH else "line"
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
        json.dumps(found, allow_nan=False)  # infinite is no number
    except (ValueError, RecursionError):
        return text
    return found
