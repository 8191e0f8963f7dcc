"""What machines ask: /healthz, /readyz, /metrics."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone

from invocations.models import WorkerHeartbeat
from panic.health import Liveness
from realtime import hub

if TYPE_CHECKING:
    from pytest_django import Settings


@pytest.fixture
def sign(settings: Settings, tmp_path: Path) -> Path:
    """This machine's sign of life, which does not exist yet."""
    settings.RUN_DIR = tmp_path
    return tmp_path / "qcluster.alive"


def checks(client: Client, status: int) -> dict[str, Any]:
    response = client.get("/readyz")
    assert response.status_code == status
    return cast("dict[str, Any]", response.json()["checks"])


@pytest.mark.asyncio
async def test_healthz_answers_in_front_of_django_whatever_the_host() -> None:
    sent: list[Any] = []
    headers = [(b"host", b"10.0.0.7")]
    scope: Any = {"type": "http", "method": "GET", "path": "/healthz", "headers": headers}

    async def send(message: Any) -> None:
        sent.append(message)

    await Liveness(cast("Any", None))(scope, cast("Any", None), send)

    assert sent[0]["status"] == 200
    assert sent[1]["body"] == b"ok\n"


def test_healthz_asks_no_database(client: Client) -> None:
    response = client.get("/healthz")  # without the mark, touching the database raises

    assert response.status_code == 200


@pytest.mark.django_db
def test_ready_with_a_fresh_sign_of_life(client: Client, sign: Path) -> None:
    sign.touch()

    found = checks(client, 200)

    assert set(found) == {"database", "worker", "event_lag", "disk"}
    assert all(set(check) == {"ok", "detail"} for check in found.values())


@pytest.mark.django_db
def test_not_ready_without_a_worker(client: Client, sign: Path) -> None:
    found = checks(client, 503)

    assert not found["worker"]["ok"]
    assert found["database"]["ok"]


@pytest.mark.django_db
def test_not_ready_when_the_queue_stood_still_a_minute_ago(client: Client, sign: Path) -> None:
    sign.touch()
    os.utime(sign, (time.time() - 60,) * 2)

    assert not checks(client, 503)["worker"]["ok"]


@pytest.mark.django_db
def test_a_queue_of_another_machine_will_do(client: Client, sign: Path) -> None:
    WorkerHeartbeat.beat("elsewhere", at=timezone.now() - timedelta(seconds=12))

    assert checks(client, 200)["worker"]["ok"]


@pytest.mark.django_db
def test_not_ready_without_a_database(
    client: Client, sign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> None:
        raise DatabaseError("the server closed the connection")

    monkeypatch.setattr(connection, "cursor", gone)

    found = checks(client, 503)

    assert not found["database"]["ok"]
    assert "closed the connection" in found["database"]["detail"]


@pytest.mark.django_db
def test_not_ready_while_what_passes_events_on_stands_still(
    client: Client, sign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign.touch()
    monkeypatch.setattr(hub, "stalled_seconds", lambda: 7.0)  # proven in tests/realtime

    lag = checks(client, 503)["event_lag"]

    assert lag == {"ok": False, "detail": "What passes events on has stood still for 7.0 s."}


@pytest.mark.django_db
def test_metrics_are_for_this_machine(client: Client, sign: Path) -> None:
    response = client.get("/metrics")

    assert response.status_code == 200
    assert b"panic_queue_overdue_seconds 0.0" in response.content
    assert b"panic_check_database 1.0" in response.content


@pytest.mark.django_db
@pytest.mark.parametrize(
    "stranger",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"REMOTE_ADDR": ""},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_FORWARDED": "for=127.0.0.1"},
        {"REMOTE_ADDR": "192.0.2.7", "HTTP_AUTHORIZATION": "Bearer "},
    ],
)
def test_metrics_are_for_nobody_else(client: Client, stranger: dict[str, str]) -> None:
    response = client.get("/metrics", **cast("dict[str, Any]", stranger))

    assert response.status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize(("token", "status"), [("let me in", 200), ("let me", 403)])
def test_metrics_are_for_whoever_has_the_token(
    client: Client, settings: Settings, sign: Path, token: str, status: int
) -> None:
    settings.METRICS_TOKEN = "let me in"

    response = client.get("/metrics", REMOTE_ADDR="192.0.2.7", HTTP_AUTHORIZATION=f"Bearer {token}")

    assert response.status_code == status
