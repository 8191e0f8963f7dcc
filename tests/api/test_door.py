"""The door itself: sessions, models, documentation, and a database that does not answer."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from lib.problems import TITLES
from networks.models import Network

from .conftest import ApiClient, code, problem


@pytest.fixture
def browser(alice: User) -> Client:
    """Alice's, signed in to the pages."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(alice)
    return client


def test_a_session_may_look(browser: Client, network: Network) -> None:
    assert browser.get("/api/v1/networks/whispers").status_code == 200


def test_no_answer_is_for_others_caches_to_keep(owner: ApiClient, network: Network) -> None:
    answers = [owner.get(path) for path in ("networks/whispers", "networks/nowhere")]

    kept = [answer.headers["Cache-Control"] for answer in answers]
    assert kept == ["private, no-cache", "no-store"]


def test_a_session_changes_nothing_without_a_csrf_token(browser: Client, network: Network) -> None:
    answer = browser.post("/api/v1/networks/whispers/stop")

    assert code(answer) == (403, "not_allowed")
    assert "X-CSRFToken" in problem(answer)["detail"]


def test_a_session_with_a_csrf_token_may_do_what_its_owner_may(
    browser: Client, network: Network
) -> None:
    browser.get("/account/password/")
    token = browser.cookies["csrftoken"].value

    answer = browser.post("/api/v1/networks/whispers/stop", headers={"X-CSRFToken": token})

    assert answer.json() == {"stopped": False}


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x"])
def test_a_form_of_another_site_cannot_start_anything(
    content_type: str, browser: Client, network: Network
) -> None:
    answer = browser.post(
        "/api/v1/networks/whispers/runs", b'{"prompt": "x"}', content_type=content_type
    )

    assert code(answer) == (403, "not_allowed")


def test_a_bearer_token_needs_no_csrf_token(owner: ApiClient, network: Network) -> None:
    owner.client.handler.enforce_csrf_checks = True

    assert owner.post("networks/whispers/stop").status_code == 200


def test_models_are_listed_with_what_they_turn_into_what(stranger: ApiClient) -> None:
    everything = stranger.get("models", all=1, limit=500).json()["items"]
    offered = stranger.get("models", limit=500).json()["items"]

    ids = {model["id"] for model in everything}
    dummy = stranger.get("models/dummy:text-to-image").json()
    assert {model["id"] for model in offered} < ids
    assert not any(model["id"].startswith("dummy:") or model["deprecated"] for model in offered)
    assert dummy in everything
    assert (dummy["platform"], dummy["input"], dummy["output"]) == ("dummy", "text", "image")
    assert (dummy["available"], dummy["reason"], dummy["usd"]) == (True, None, 0)
    assert "delay_seconds" in dummy["parameters"]["properties"]


def test_models_come_in_pages(stranger: ApiClient) -> None:
    first = stranger.get("models", all=1, limit=3).json()
    second = stranger.get("models", all=1, limit=3, after=first["next"]).json()

    ids = [model["id"] for page in (first, second) for model in page["items"]]
    assert len(ids) == len(set(ids)) == 6
    assert code(stranger.get("models", after="no:such")) == (422, "invalid")


def test_whether_a_model_is_available_depends_on_who_asks(
    admin: ApiClient, other: ApiClient, stranger: ApiClient, settings: Settings
) -> None:
    settings.PLATFORM_KEYS = {"REPLICATE_API_TOKEN": "r8_secret"}

    def replicate(caller: ApiClient) -> dict[str, object]:
        items = caller.get("models", limit=500).json()["items"]
        return next(model for model in items if model["platform"] == "replicate")

    assert replicate(admin)["available"] is True
    for caller in (other, stranger):
        model = replicate(caller)
        assert model["available"] is False
        assert "REPLICATE_API_TOKEN" in str(model["reason"])


@contextmanager
def database_says(error: Exception) -> Iterator[None]:
    def refuse(*_: object) -> object:
        raise error

    with connection.execute_wrapper(refuse):
        yield


@pytest.mark.parametrize(
    ("message", "name"),
    [("database is locked", "busy"), ("database or disk is full", "storage_full")],
)
def test_a_database_that_does_not_answer_is_a_problem_to_be_tried_again(
    message: str, name: str, owner: ApiClient, network: Network
) -> None:
    with database_says(OperationalError(message)):
        answers = [
            owner.get("networks"),
            owner.post("networks/whispers/runs", {"prompt": "hello"}),
        ]

    for answer in answers:
        assert code(answer) == (503, name)
        assert answer.headers["Retry-After"] == "2"


def test_what_nobody_expected_is_a_problem_without_details(
    owner: ApiClient, network: Network
) -> None:
    with database_says(OSError(errno.EIO, "secret path")):
        answer = owner.get("networks")

    assert code(answer) == (500, "error")
    assert b"secret" not in answer.content


def test_the_documentation_fetches_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/api/v1/docs")

    text = page.content.decode()
    assert page.status_code == 200
    assert re.findall(r'(?:src|href)="(?!/static/)', text) == []
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]


def test_the_root_leads_to_the_documentation(client: Client) -> None:
    assert client.get("/api/v1/").headers["Location"] == "/api/v1/docs"


def test_the_schema_names_every_call(client: Client) -> None:
    schema = client.get("/api/v1/openapi.json").json()

    calls = {(m.upper(), path) for path, methods in schema["paths"].items() for m in methods}
    assert ("POST", "/api/v1/networks/{slug}/runs") in calls
    assert {"BearerAuth", "TerminalAuth", "SessionAuth"} == schema["components"][
        "securitySchemes"
    ].keys()


def test_the_docs_name_every_call_and_every_code(client: Client) -> None:
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    schema = client.get("/api/v1/openapi.json").json()

    codes = {name for name in TITLES if name != "error"}
    nouns = {part for path in schema["paths"] for part in path.split("/")[3:] if "{" not in part}
    assert {name for name in codes if f"`{name}`" not in text} == set()
    assert {noun for noun in nouns if noun not in text} == set()
