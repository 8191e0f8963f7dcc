"""What the API says of itself: every answer, with examples that are what they show."""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from typing import Any

import pytest
from jsonschema_rs import validator_for
from pydantic import BaseModel

from panic.api.routes import api

APPS = (
    "panic",
    "farm",
    "displays",
    "films",
    "archive",
    "studio",
    "invocations",
    "networks",
    "credentials",
    "platforms",
    "realtime",
    "accounts",
    "lib",
)


@pytest.fixture
def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema()))
    return found


def calls(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method} {path.removeprefix('/api/v1')}": call
        for path, found in schema["paths"].items()
        for method, call in found.items()
    }


def test_every_refusal_is_a_described_problem(schema: dict[str, Any]) -> None:
    for name, call in calls(schema).items():
        refusals = {s: a for s, a in call["responses"].items() if int(s) >= 400}
        assert {"401", "429", "503"} <= refusals.keys(), name
        assert all("application/problem+json" in one["content"] for one in refusals.values()), name


def test_operations_are_called_by_a_name_of_their_own(schema: dict[str, Any]) -> None:
    names = [call["operationId"] for call in calls(schema).values()]

    assert len(set(names)) == len(names)
    assert "list_models" in names


EXAMPLES = {
    name: found["examples"][0]
    for name, found in api.get_openapi_schema()["components"]["schemas"].items()
    if "examples" in found
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_what_it_shows(name: str, schema: dict[str, Any]) -> None:
    components = schema["components"]
    fields = components["schemas"][name]["properties"]
    for answer in components["schemas"].keys() - _sent(schema):  # an answer may be shown in part
        components["schemas"][answer].pop("required", None)
    whole = {"$ref": f"#/components/schemas/{name}", "components": components}

    wrong = [error.message for error in validator_for(whole).iter_errors(EXAMPLES[name])]

    assert wrong == []
    assert set(EXAMPLES[name]) <= set(fields)


def test_what_is_sent_has_an_example(schema: dict[str, Any]) -> None:
    assert _sent(schema) - EXAMPLES.keys() == set()
    assert len(EXAMPLES) >= 43


def _sent(schema: dict[str, Any]) -> set[str]:
    """The names of what the calls take."""
    text = json.dumps([call.get("requestBody") for call in calls(schema).values()])
    return {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}


def test_no_two_things_have_the_same_name() -> None:
    """Ninja would describe one of them as the other."""
    modules = [module for name, module in sys.modules.items() if name.split(".")[0] in APPS]
    models = {
        one
        for module in modules
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, BaseModel) and one.__module__.startswith(APPS)
    }
    names = sorted(one.__name__ for one in models)

    assert [name for name, other in pairwise(names) if name == other] == []
