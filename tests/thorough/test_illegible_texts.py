"""In every text that a call takes, one that no database can store: an answer, and never a 5xx."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from accounts.models import User
from credentials.models import Credential
from panic.api.routes import api
from tests.api.conftest import ApiClient

ILLEGIBLE = ["\ud800", "a\0b", "", "\ud800" * 20]
SCHEMA: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema()))
CALLS = {
    f"{method.upper()} {path.removeprefix('/api/v1/')}": call
    for path, found in SCHEMA["paths"].items()
    for method, call in found.items()
}


def _body(call: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the call takes, with every text that it may have; None: it takes no JSON."""
    content = call.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None or "$ref" not in content["schema"]:
        return None
    schema = SCHEMA["components"]["schemas"][content["schema"]["$ref"].split("/")[-1]]
    texts = {name: "x" for name, one in schema["properties"].items() if _is_text(one)}
    example: dict[str, Any] = schema["examples"][0]
    return texts | example


def _is_text(schema: Mapping[str, Any]) -> bool:
    return any(one.get("type") == "string" for one in [schema, *schema.get("anyOf", [])])


def _replaced(value: Any, text: str) -> Iterator[Any]:
    """The value again and again, each time with this text in the place of another one."""
    if isinstance(value, str):
        yield text
    elif isinstance(value, dict):
        yield {**value, text: "x"}
        for name, inner in value.items():
            yield from ({**value, name: one} for one in _replaced(inner, text))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from ([*value[:at], one, *value[at + 1 :]] for one in _replaced(inner, text))


@pytest.fixture
def places(known: Mapping[str, str], alice: User, bob: User) -> Mapping[str, str]:
    """What the paths lead to."""
    key = Credential.store(owner=alice, platform="dummy", name="Studio", plain="a-key")
    return {
        **known,
        "credential_id": key.public_id,
        "language": "fr",
        "loan_id": key.loans.create(email="carol@example.org").public_id,
        "person_id": bob.public_id,
        "platform": "replicate",
        **dict.fromkeys(("backup", "film_id", "redraw_id", "target_id", "upload_id"), "nothing"),
        "sheet_id": "nothing",
        "worker_id": "nothing",
        "workflow_id": "nothing",
    }


@pytest.mark.parametrize("label", [label for label, call in CALLS.items() if _body(call)])
def test_a_text_that_cannot_be_stored_gets_an_answer(
    label: str, admin: ApiClient, places: Mapping[str, str]
) -> None:
    method, path = label.format(**places).split(" ")
    body = _body(CALLS[label]) or {}
    whole = body | {name: places[name] for name in body if name in places and name != "name"}
    wrong = []

    for text in ILLEGIBLE:
        for sent in _replaced(whole, text):
            if admin.send(method, path, sent).status_code >= 500:
                wrong.append(sent)

    assert wrong == []


@pytest.mark.parametrize(
    "label", [label for label, call in CALLS.items() if label.startswith("GET ")]
)
def test_a_question_that_cannot_be_looked_up_gets_an_answer(
    label: str, admin: ApiClient, places: Mapping[str, str]
) -> None:
    path = label.format(**places).removeprefix("GET ")
    names = [one["name"] for one in CALLS[label].get("parameters", ()) if one["in"] == "query"]

    for name in names:
        assert admin.get(path, **{name: "a\0b"}).status_code < 500, name
