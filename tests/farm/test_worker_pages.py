"""The list of workers, a page at a time: what it shows, follows and changes."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync

from accounts.models import User
from farm import worker_list
from farm.feeds import FarmFeed
from tests.people import html_of

from .conftest import WorkerProgram, enrolled


@pytest.fixture(autouse=True)
def three(root: User, monkeypatch: pytest.MonkeyPatch) -> list[WorkerProgram]:
    """Workers on two pages."""
    monkeypatch.setattr(worker_list, "PER_PAGE", 2)
    return [enrolled(root, name) for name in ("Attic", "Barn", "Cellar")]


def names_in(html: str) -> set[str]:
    return {name for name in ("Attic", "Barn", "Cellar") if f">{name}</a>" in html}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"Attic", "Barn"}),
        ("?page=2", {"Cellar"}),
        ("?page=9", {"Cellar"}),
        ("?page=none", {"Attic", "Barn"}),
    ],
)
def test_each_worker_is_on_one_page(admin: Any, query: str, names: set[str]) -> None:
    assert names_in(html_of(admin.get(f"/farm/{query}"))) == names


def test_the_pages_lead_to_each_other(admin: Any) -> None:
    first, second = html_of(admin.get("/farm/")), html_of(admin.get("/farm/?page=2"))

    assert 'rel="next" href="/farm/?page=2"' in first
    assert 'rel="prev"' not in first
    assert 'rel="prev" href="/farm/?page=1"' in second
    assert 'data-live="/ws/farm/?page=2"' in second


def followed(root: User, query: bytes) -> FarmFeed:
    scope = {"type": "websocket", "user": root, "query_string": query}
    return async_to_sync(FarmFeed.open)(scope)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        (b"", {"Attic", "Barn"}),
        (b"page=2", {"Cellar"}),
        (b"page=x", {"Attic", "Barn"}),
        (b"page=" + b"9" * 5000, {"Attic", "Barn"}),
    ],
)
def test_a_page_is_sent_its_own_workers(root: User, query: bytes, names: set[str]) -> None:
    assert names_in(followed(root, query).snapshot()["farm-workers"]) == names


def test_the_sockets_of_two_pages_share_nothing(root: User) -> None:
    assert followed(root, b"page=2").key != followed(root, b"").key
    assert followed(root, b"page=1").key == followed(root, b"").key


def test_after_a_change_the_same_page_is_shown(admin: Any, three: list[WorkerProgram]) -> None:
    chosen = [three[2].row.public_id]
    sent = {"do": "asleep", "chosen": chosen, "next": "/farm/?page=2"}

    assert admin.post("/farm/changes/", sent)["Location"] == "/farm/?page=2"
    assert admin.post("/farm/changes/", sent | {"next": "//elsewhere"})["Location"] == "/farm/"
