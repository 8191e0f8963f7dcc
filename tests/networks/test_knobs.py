"""Parameters as fields of a form, and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.http import QueryDict

from networks import knobs
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
    return knobs.read(MODEL, form(safe="on", **values))


def test_every_kind_of_parameter_gets_its_field() -> None:
    found = {knob.name: knob.kind for knob in knobs.of(MODEL, {})}

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
    found = {knob.name: knob for knob in knobs.of(MODEL, {})}

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


def test_a_box_that_is_on_by_default_can_be_taken_off() -> None:
    assert knobs.read(MODEL, form()) == {"safe": False}


@pytest.mark.parametrize(
    ("name", "text"), [("count", "many"), ("count", "9"), ("warmth", "1e999"), ("size", "700")]
)
def test_what_cannot_be_is_kept_and_explained_at_its_field(name: str, text: str) -> None:
    found = read(**{name: text})
    (knob,) = [knob for knob in knobs.of(MODEL, found) if knob.name == name]

    assert knob.value == text
    assert knob.errors
    assert knob.errors[0].startswith(knob.label)
    json.dumps(found, allow_nan=False)


def test_another_model_takes_over_what_it_understands() -> None:
    assert knobs.fitting(MODEL, {"count": 2, "ratio": "7:1", "seed": 1}) == {"count": 2}
    assert knobs.strangers(MODEL, {"count": 2, "seed": 1}) == ["seed"]


def test_every_model_there_is_can_be_set_by_its_form_and_left_alone() -> None:
    """A form sent as it was shown changes nothing."""
    for model in all_models():
        shown = knobs.of(model, {})
        sent = {knob.name: knob.value for knob in shown if knob.kind != "checkbox"}
        sent |= {knob.name: "on" for knob in shown if knob.checked}

        assert knobs.read(model, form(**sent)) == {}, model.id
        assert all(not knob.errors for knob in shown)
