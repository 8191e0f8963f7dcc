"""Looking at servers: what they list, what is said of those that do not answer, and who looks."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from credentials import discovery, server_registry
from credentials.models import Server
from platforms import model_lists, servers
from tests.fake_servers.process import FakeServer, running_server

from .server_fixtures import box, own_folder

__all__ = ["own_folder"]
pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]


@pytest.fixture(autouse=True)
def folder(own_folder: None) -> None:
    """Nobody has added a server yet."""


def test_a_look_finds_what_a_server_lists(tmp_path: Path) -> None:
    with running_server("compatible", tmp_path / "journal.jsonl") as provider:
        server = box(address=f"{provider.url}/v1", key="sk-box")
        at = timezone.now()
        discovery.check(server, at=at)
        listed = _last(provider)

    assert [entry["id"] for entry in server.listed] == [
        "llama3.2:3b",
        "Qwen/Qwen2.5-VL-7B-Instruct",
    ]
    assert (server.problem, server.last_seen_at) == ("", at)
    assert listed["authorization"] == "Bearer sk-box"


def _last(provider: FakeServer) -> dict[str, object]:
    return provider.entries("listed")[-1]


def test_a_look_at_nobody_is_a_sentence_and_forgets_nothing() -> None:
    server = box(address="http://127.0.0.1:9/v1")
    seen = server.last_seen_at

    discovery.check(server, at=timezone.now())

    assert server.problem == "nobody listens at its address."
    assert server.listed
    assert server.last_seen_at == seen


@pytest.mark.parametrize(
    ("manner", "said"),
    [
        ({"listing_seconds": 3_600}, "takes too long"),
        ({"listing": "drip"}, "takes too long"),
        ({"listing": "huge"}, "makes no sense"),
        ({"listing": "garbage"}, "makes no sense"),
        ({"listing": "html"}, "answers 502"),
    ],
)
def test_a_server_of_bad_manners_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manner: dict[str, object], said: str
) -> None:
    monkeypatch.setattr(model_lists, "SECONDS", 0.5)
    with running_server("compatible", tmp_path / "journal.jsonl") as provider:
        server = box(address=f"{provider.url}/v1")
        provider.control(default=manner)
        discovery.check(server, at=timezone.now())

    assert said in server.problem
    assert server.listed


def test_each_server_is_looked_at_once_a_minute_by_one_of_all_workers() -> None:
    server = box()
    now = timezone.now()
    later = now + timedelta(seconds=90)

    assert not Server.objects.due_for_check(now).exists()
    (found,) = Server.objects.due_for_check(later)
    other = Server.objects.get(pk=server.pk)
    assert found.claim_check(later)
    assert not other.claim_check(later)
    assert not Server.objects.due_for_check(later).exists()


def test_a_young_data_folder_hears_of_old_rows(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    Server.add(kind="compatible", name="Box", address="http://10.0.0.2/v1")
    assert servers.known() is servers.NO_SERVERS

    with django_capture_on_commit_callbacks(execute=True):
        server_registry.announce_existing()

    assert list(servers.known().servers) == ["box"]
