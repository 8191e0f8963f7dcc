"""The cast of the API: who calls, and a network that they call about."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, User
from invocations import runs
from invocations.engine import outcomes
from invocations.engine.claims import claim
from invocations.models import Invocation, Run
from networks.models import Network, TerminalToken

RING = [{"model": "dummy:text-to-image"}, {"model": "dummy:image-to-text"}]


class Voice:
    """Somebody who calls the API."""

    def __init__(self, credentials: str = "") -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": credentials} if credentials else {}

    def get(self, path: str, **query: object) -> Any:
        given = {name: str(value) for name, value in query.items()}
        return self.client.get(f"/api/v1/{path}", given, headers=self.headers)

    def send(self, method: str, path: str, body: object = None) -> Any:
        content = b"" if body is None else json.dumps(body).encode()
        return self.send_raw(method, path, content)

    def send_raw(
        self, method: str, path: str, content: bytes, content_type: str = "application/json"
    ) -> Any:
        return self.client.generic(
            method, f"/api/v1/{path}", content, content_type, headers=self.headers
        )

    def post(self, path: str, body: object = None) -> Any:
        return self.send("POST", path, body)

    def patch(self, path: str, body: object) -> Any:
        return self.send("PATCH", path, body)

    def delete(self, path: str) -> Any:
        return self.send("DELETE", path)


def problem(response: Any) -> dict[str, Any]:
    """The body of a problem, after making sure that it is a proper one."""
    assert response.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = json.loads(response.content)
    assert body["status"] == response.status_code
    assert body.keys() >= {"title", "status", "detail", "code", "errors"}
    assert body["title"]
    assert body["detail"]
    return body


def code(response: Any) -> tuple[int, str]:
    return response.status_code, str(problem(response)["code"])


def _person(email: str, **fields: Any) -> User:
    return User.objects.create_user(email, **fields)


def _voice_of(user: User) -> Voice:
    return Voice(f"Bearer {ApiToken.issue(user)[1]}")


@pytest.fixture
def alice(db: None) -> User:
    """Owns the network."""
    return _person("alice@example.org")


@pytest.fixture
def carol(db: None) -> User:
    """Was asked to help with it."""
    return _person("carol@example.org")


@pytest.fixture
def owner(alice: User) -> Voice:
    return _voice_of(alice)


@pytest.fixture
def collaborator(carol: User) -> Voice:
    return _voice_of(carol)


@pytest.fixture
def other(db: None) -> Voice:
    """A curator with nothing to do with it."""
    return _voice_of(_person("bob@example.org"))


@pytest.fixture
def admin(db: None) -> Voice:
    return _voice_of(User.objects.create_superuser("root@example.org"))


@pytest.fixture
def stranger(db: None) -> Voice:
    return Voice()


@pytest.fixture
def network(alice: User, carol: User) -> Network:
    """Private; text to image to text."""
    network = Network.create(alice, name="Whispers", slots=RING, lockout_seconds=30)
    network.collaborators.add(carol)
    return network


@pytest.fixture
def public(network: Network) -> Network:
    Network.objects.filter(pk=network.pk).update(public=True)
    network.refresh_from_db()
    return network


@pytest.fixture
def guest(network: Network) -> Voice:
    """Holds a token for the network's terminal."""
    return Voice(f"Terminal {TerminalToken.issue(network, at=timezone.now())[1]}")


@pytest.fixture
def voices(
    stranger: Voice, guest: Voice, other: Voice, collaborator: Voice, owner: Voice, admin: Voice
) -> Mapping[str, Voice]:
    return {
        "stranger": stranger,
        "guest": guest,
        "other": other,
        "collaborator": collaborator,
        "owner": owner,
        "admin": admin,
    }


@pytest.fixture
def run(network: Network) -> Run:
    """Has just begun."""
    return runs.start_run(network=network, prompt="a red balloon", at=timezone.now()).run


@pytest.fixture
def work() -> Callable[..., Invocation]:
    """Carries the open step of a run to its end, the way a worker would."""

    def carry(run: Run, text: str = "a balloon, red") -> Invocation:
        step = run.invocations.open().get()
        at = step.due_at or timezone.now()
        taken = claim(step.pk, worker="test", at=at)
        assert taken is not None
        outcomes.complete(taken, outcomes.Result(text=text, usd=0.25), at=at)
        step.refresh_from_db()
        return step

    return carry
