"""A farm worker, as a program that calls the API of farm workers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.models.api_token import digest
from farm import catalogue, unknown_secrets
from farm.models import EnrolmentToken, FarmWorker
from farm.unknown_secrets import UnknownSecrets
from invocations import runs
from invocations.models import Invocation, Run
from networks.models import Network
from platforms import farm_models

SHOUT = {"name": "shout", "title": "Shout", "input": "text", "output": "text", "seconds": 0.1}
PAINT = {"name": "paint", "title": "Paint", "input": "text", "output": "image"}
LOOK = {"name": "look", "title": "Look", "input": "image", "output": "text"}


@pytest.fixture(autouse=True)
def farm_as_of_now(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The models are read anew each time: nothing of another test is left."""
    monkeypatch.setattr(catalogue, "READ_EVERY_SECONDS", 0.0)
    farm_models._sources.append(catalogue.read_models)
    yield
    farm_models._sources.pop()


@pytest.fixture(autouse=True)
def no_secret_was_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wrong secrets of other tests count for nothing."""
    monkeypatch.setattr(unknown_secrets, "unknown_secrets", UnknownSecrets())


@dataclass
class WorkerProgram:
    """What a program does with its secret."""

    secret: str
    client: Client = field(default_factory=Client)
    session: str = ""  # said with each call

    def call(self, path: str, body: Any = None, method: str = "post", **more: Any) -> Any:
        headers = self.headers
        return getattr(self.client, method)(
            f"/api/farm/v1/{path}",
            json.dumps(body if body is not None else {}),
            "application/json",
            headers=headers | more,
        )

    def sign_on(self, *offers: dict[str, Any], session: str = "one", **more: Any) -> Any:
        return self.call("sign-on", {"session": session, "offers": list(offers), **more})

    def claim(self, slots: int = 1) -> list[dict[str, Any]]:
        answer = self.call("claim", {"slots": slots})
        if answer.status_code == 204:
            return []
        assert answer.status_code == 200, answer.content
        found: list[dict[str, Any]] = answer.json()["assignments"]
        return found

    def finish(self, token: str, text: str = "DONE", **more: Any) -> Any:
        body = {"outcome": "succeeded", "outputs": [{"type": "text", "text": text}]}
        return self.call(f"attempts/{token}/finish", body | more)

    def fail(self, token: str, kind: str, sentence: str = "") -> Any:
        error = {"class": kind, "sentence": sentence}
        return self.call(f"attempts/{token}/finish", {"outcome": "failed", "error": error})

    def send_file(self, digest: str, content: bytes, **headers: str) -> Any:
        return self.client.put(
            f"/api/farm/v1/blobs/{digest}",
            content,
            "application/octet-stream",
            headers=self.headers | headers,
        )

    @property
    def headers(self) -> dict[str, str]:
        said = {"Worker-Session": self.session} if self.session else {}
        return {"Authorization": f"Bearer {self.secret}"} | said

    @property
    def row(self) -> FarmWorker:
        return FarmWorker.objects.get(secret_digest=digest(self.secret))


def enrolled(person: User, name: str = "Back room") -> WorkerProgram:
    _, plain = EnrolmentToken.issue(person, at=timezone.now())
    answer = Client().post(
        "/api/farm/v1/enrol", json.dumps({"token": plain, "name": name}), "application/json"
    )
    assert answer.status_code == 201, answer.content
    return WorkerProgram(answer.json()["secret"])


@pytest.fixture
def worker(root: User) -> WorkerProgram:
    """Enrolled, and signed on with a model that shouts."""
    one = enrolled(root)
    assert one.sign_on(SHOUT, PAINT, LOOK).status_code == 200
    return one


def started(person: User, *models: str, prompt: str = "an owl", **slot: Any) -> Run:
    """A run of a ring of these models that goes on at once."""
    ring = [{"model": model, **slot} for model in models]
    pacing = [{"until_seconds": None, "delay_seconds": 0}]
    network = Network.create(person, name="Far", slots=ring, pacing=pacing)
    at = timezone.now()
    return runs.start_run(network=network, prompt=prompt, at=at, waive_lockout=True).run


def newest(run: Run) -> Invocation:
    return Invocation.objects.filter(run=run).latest("sequence")
