"""What we send, compared with what a provider says it takes."""

from __future__ import annotations

from typing import Any

import pytest

from platforms import inspection
from platforms.base import Modality, Model
from platforms.catalogue import Row
from platforms.inspection import differences

PARAMETERS = {
    "steps": {"type": "integer", "minimum": 1, "maximum": 50},
    "strength": {"type": "number", "minimum": 0, "maximum": 1},
    "format": {"type": "string", "enum": ["png", "webp"]},
}
MODEL = Model(
    "replicate:x",
    "X",
    Modality.TEXT,
    Modality.IMAGE,
    path="a/x",
    defaults={"format": "png", "safe": False},
    parameters={"type": "object", "properties": PARAMETERS},
)
ROW = Row(MODEL, input_field="prompt")


def openapi(required: list[str] | None = None, **fields: Any) -> dict[str, Any]:
    """A schema that fits, with these fields in the place of its own; None takes one away."""
    properties = {
        "prompt": {"type": "string"},
        "steps": {"type": "integer", "minimum": 1, "maximum": 50},
        "strength": {"type": "number", "minimum": 0, "maximum": 1},
        "format": {"allOf": [{"$ref": "#/components/schemas/format"}], "default": "webp"},
        "safe": {"type": "boolean"},
        "unused": {"type": "integer"},
    }
    taken = {name: one for name, one in (properties | fields).items() if one is not None}
    schemas = {
        "Input": {"type": "object", "properties": taken, "required": required or ["prompt"]},
        "format": {"type": "string", "enum": ["webp", "png", "jpg"]},
    }
    return {"components": {"schemas": schemas}}


def test_a_schema_that_takes_what_is_sent_differs_in_nothing() -> None:
    assert differences(ROW, openapi()) == []


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"prompt": None}, "it takes no `prompt` any more."),
        ({"steps": None}, "it takes no `steps` any more."),
        ({"safe": None}, "it takes no `safe` any more."),
        ({"steps": {"type": "string"}}, "`steps` is integer here and string there."),
        ({"safe": {"type": "string"}}, "`safe` is boolean here and string there."),
        ({"strength": {"type": "integer"}}, "`strength` is number here and integer there."),
        ({"format": {"type": "string", "enum": ["png"]}}, "`format` cannot be webp there."),
        ({"safe": {"type": "boolean", "enum": [True]}}, "`safe` cannot be False there."),
        (
            {"steps": {"type": "integer", "minimum": 1, "maximum": 8}},
            "`steps` may be 50 here, and its maximum there is 8.",
        ),
        (
            {"strength": {"type": "number", "minimum": 0.2}},
            "`strength` may be 0 here, and its minimum there is 0.2.",
        ),
    ],
)
def test_whatever_would_not_be_taken_is_told(fields: dict[str, Any], sentence: str) -> None:
    assert differences(ROW, openapi(**fields)) == [sentence]


def test_a_number_may_be_sent_where_an_integer_is_meant_here() -> None:
    assert differences(ROW, openapi(steps={"type": "number"})) == []


def test_what_a_provider_needs_and_is_not_sent_is_told() -> None:
    found = differences(ROW, openapi(required=["prompt", "voice"], voice={"type": "string"}))

    assert found == ["it needs `voice`, which is not sent."]


@pytest.mark.parametrize("schema", [None, {}, "html", {"components": {"schemas": {"Input": 5}}}])
def test_what_is_no_schema_is_not_compared(schema: object) -> None:
    with pytest.raises(ValueError, match="no schema"):
        differences(ROW, schema)


def test_every_row_that_is_sent_to_replicate_has_a_schema_of_what_it_sends() -> None:
    from platforms.adapters.replicate import ROWS

    for row in ROWS.values():
        fields = inspection.sent(row)
        schema = {"components": {"schemas": {"Input": {"properties": fields}}}}

        assert row.input_field in fields
        assert differences(row, schema) == []
