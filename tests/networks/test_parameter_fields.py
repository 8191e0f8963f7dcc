"""Parameters as fields of a form, and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.http import QueryDict

from networks.editor import parameter_fields
from platforms import parameters
from platforms.base import Modality, Model
from platforms.registry import all_models

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "ratio": {"type": "string", "enum": ["1:1", "16:9"]},
        "count": {"type": "integer", "minimum": 1, "maximum": 4, "title": "How many"},
        "warmth": {"type": "number", "minimum": 0, "default": 0.5},
        "safe": {"type": "boolean", "default": True},
        "style": {"type": "string", "maxLength": 20},
        "question": {"type": "string", "maxLength": 2000},
        "stops": {"type": "array", "items": {"type": "string"}},
        "size": {"enum": [512, 1024]},
    },
}
MODEL = Model(
    "any:thing",
    "Thing",
    Modality.TEXT,
    Modality.IMAGE,
    defaults={"ratio": "16:9"},
    parameters=SCHEMA,
)


def form(**values: str) -> QueryDict:
    found = QueryDict(mutable=True)
    found.update({f"p.{name}": value for name, value in values.items()})
    return found


def read(**values: str) -> dict[str, Any]:
    return parameter_fields.read_form(MODEL, form(safe="on", **values))


def test_every_kind_of_parameter_gets_its_field() -> None:
    found = {field.name: field.input_type for field in parameter_fields.fields_of_model(MODEL, {})}

    assert found == {
        "ratio": "select",
        "count": "number",
        "warmth": "number",
        "safe": "checkbox",
        "style": "line",
        "question": "text",
        "stops": "list",
        "size": "select",
    }


def test_defaults_are_shown_and_bounds_too() -> None:
    found = {field.name: field for field in parameter_fields.fields_of_model(MODEL, {})}

    assert found["ratio"].default == "16:9"
    assert found["warmth"].default == "0.5"
    assert found["safe"].checked
    assert found["count"].bounds == {"min": "1", "max": "4", "step": "1"}
    assert found["count"].label == "How many"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("ratio", "1:1", "1:1"),
        ("count", "3", 3),
        ("warmth", "0.25", 0.25),
        ("style", "oil", "oil"),
        ("question", "What\r\nis it?", "What\nis it?"),
        ("stops", "one\n\n two ", ["one", "two"]),
        ("size", "512", 512),
    ],
)
def test_what_was_typed_becomes_what_the_model_takes(name: str, text: str, value: object) -> None:
    found = read(**{name: text})

    assert found == {name: value}
    assert not parameters.problems(SCHEMA, found)


def test_what_is_left_at_its_default_is_not_set() -> None:
    assert read(ratio="16:9", warmth="0.5", count="", style=" ") == {}


def test_a_default_can_be_left_out_and_sent_again() -> None:
    left_out = form(ratio="1:1", safe="on")
    left_out["out.ratio"] = "on"
    left_out["out.count"] = "on"  # it has no default that is sent: nothing to leave out

    found = parameter_fields.read_form(MODEL, left_out)
    shown = {one.name: one for one in parameter_fields.fields_of_model(MODEL, found)}

    assert found == {"ratio": None}
    assert (shown["ratio"].can_be_left_out, shown["ratio"].left_out) == (True, True)
    assert shown["ratio"].errors == ()
    assert not shown["count"].can_be_left_out
    assert parameter_fields.keep_fitting(MODEL, found) == found
    assert read(ratio="") == {}


def test_a_box_that_is_on_by_default_can_be_taken_off() -> None:
    assert parameter_fields.read_form(MODEL, form()) == {"safe": False}


@pytest.mark.parametrize(
    ("name", "text"), [("count", "many"), ("count", "9"), ("warmth", "1e999"), ("size", "700")]
)
def test_what_cannot_be_is_kept_and_explained_at_its_field(name: str, text: str) -> None:
    found = read(**{name: text})
    (field,) = [
        field for field in parameter_fields.fields_of_model(MODEL, found) if field.name == name
    ]

    assert field.value == text
    assert field.errors
    assert field.errors[0].startswith(field.label)
    json.dumps(found, allow_nan=False)


def test_another_model_takes_over_what_it_understands() -> None:
    assert parameter_fields.keep_fitting(MODEL, {"count": 2, "ratio": "7:1", "seed": 1}) == {
        "count": 2
    }
    assert parameter_fields.unknown_parameters(MODEL, {"count": 2, "seed": 1}) == ["seed"]


def test_every_model_there_is_can_be_set_by_its_form_and_left_alone() -> None:
    """A form sent as it was shown changes nothing."""
    for model in all_models():
        shown = parameter_fields.fields_of_model(model, {})
        sent = {field.name: field.value for field in shown if field.input_type != "checkbox"}
        sent |= {field.name: "on" for field in shown if field.checked}

        assert parameter_fields.read_form(model, form(**sent)) == {}, model.id
        assert all(not field.errors for field in shown)
