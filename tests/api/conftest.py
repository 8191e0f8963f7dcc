"""The people of `tests/people.py` as programs that call the API, and a network they call about."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, User
from credentials.models import Server
from displays import boards
from displays.models import Installation, Kiosk
from invocations import runs
from invocations.models import Run, StopAll
from networks.models import Network, TerminalToken
from notifications.models import Channel
from tests.people import Work

RING = [{"model": "dummy:text-to-image"}, {"model": "dummy:image-to-text"}]


class ApiClient:
    """Calls the API as somebody."""

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


@pytest.fixture
def client_of() -> Callable[[User | None], ApiClient]:
    """What makes the client of a person: a program with a token of theirs."""

    def made(user: User | None) -> ApiClient:
        return ApiClient(f"Bearer {ApiToken.issue(user)[1]}" if user else "")

    return made


@pytest.fixture
def network(alice: User, carol: User) -> Network:
    """Private; text to image to text."""
    network = Network.create(alice, name="Whispers", slots=RING, lockout_seconds=30)
    network.collaborators.add(carol)
    return network


@pytest.fixture
def guest(network: Network) -> ApiClient:
    """Holds a token for the network's terminal."""
    return ApiClient(f"Terminal {TerminalToken.issue(network, at=timezone.now())[1]}")


@pytest.fixture
def callers(clients: Mapping[str, ApiClient], guest: ApiClient) -> Mapping[str, ApiClient]:
    """From who may least to who may most."""
    stranger, *others = clients.items()
    return dict([stranger, ("guest", guest), *others])


@pytest.fixture
def run(network: Network) -> Run:
    """Has just begun."""
    return runs.start_run(network=network, prompt="a red balloon", at=timezone.now()).run


@pytest.fixture
def work(work: Work) -> Work:
    """Carries the open step of a run to its end, for 25 cents."""
    return partial(work, usd=0.25)


@pytest.fixture
def known(public: Network, run: Run, alice: User) -> Mapping[str, str]:
    """What is really there, by the name that paths and bodies have for it."""
    hall = Installation.objects.create(network=public, name="Hall")
    hall.add(kind="single", name="left", stride=1, offsets=[0])
    token, _ = TerminalToken.issue(public, at=timezone.now())
    server = Server.add(kind="compatible", name="Box", address="http://127.0.0.1:9/v1")
    board = boards.add(owner=alice, name="panic_1", key="key")
    channel = Channel.add(alice, name="Watch", address="", service="own-email", occasions=["test"])
    return {
        "channel_id": channel.public_id,
        "board_id": board.public_id,
        "code": Kiosk.objects.create().code,
        "installation": hall.public_id,
        "installation_id": hall.public_id,
        "invocation": run.invocations.get().public_id,
        "invocation_id": run.invocations.get().public_id,
        "model_id": "dummy:text-to-image",
        "name": "left",
        "network": public.slug,
        "stop_all_id": StopAll.objects.create(stopped_by=alice).public_id,
        "run_id": run.public_id,
        "server": server.public_id,
        "server_id": server.public_id,
        "slug": public.slug,
        "token_id": token.public_id,
        "topic": public.topic,
    }
