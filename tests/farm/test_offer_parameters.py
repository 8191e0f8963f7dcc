"""What an offer says of its parameters is made into fields of the ring editor: it is nothing but what is understood
there."""

from __future__ import annotations

from typing import Any

import pytest

from networks.editor import parameter_fields
from platforms.registry import get_model

from .conftest import SHOUT, WorkerProgram


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "array", "items": schema}
    return schema


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": 5},
        {"properties": {"size": 5}},
        {"properties": {"size": {}}},
        {"properties": {"size": {"type": "smell"}}},
        {"properties": {"size": {"type": "integer", "minimum": "low"}}},
        {"properties": {"size": {"enum": []}}},
        {"properties": {"size": {"enum": "small"}}},
        {"properties": {"size": {"$ref": "http://127.0.0.1:9/"}}},
        {"$ref": "http://127.0.0.1:9/"},
        {"properties": {"size": {"type": "string", "pattern": "a+"}}},
        {"properties": {"size": {"type": "array", "items": {"type": "string", "pattern": "a+"}}}},
        {"allOf": [{"type": "object"}]},
        {"properties": {"size": nested(9)}},
        {"properties": {"size": nested(300)}},
        {"properties": {"size": {"enum": ["x" * 20_000]}}},
    ],
    ids=lambda schema: str(schema)[:60],
)
def test_what_is_not_understood_is_refused(worker: WorkerProgram, schema: dict[str, Any]) -> None:
    answer = worker.sign_on({**SHOUT, "parameters": schema})

    assert answer.status_code in (400, 422)
    assert answer["Content-Type"].startswith("application/problem+json")


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "object", "properties": {}},
        {"properties": {"size": {"enum": ["small", "large"], "default": "small"}}},
        {"properties": {"size": {"type": "array", "items": {"type": "string"}, "maxItems": 3}}},
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "size": {"type": "integer", "minimum": 1, "maximum": 9, "title": "Size"},
                "fast": {"type": "boolean", "default": True},
            },
        },
    ],
    ids=lambda schema: str(schema)[:60],
)
def test_what_the_editor_understands_becomes_fields(
    worker: WorkerProgram, schema: dict[str, Any]
) -> None:
    assert worker.sign_on({**SHOUT, "parameters": schema}).status_code == 200

    fields = parameter_fields.fields_of_model(get_model("farm:shout"), {})

    # Postgres keeps no order of keys
    assert {field.name for field in fields} == set(schema.get("properties", {}))
