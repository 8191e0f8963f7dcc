from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from accounts.models import User
from displays import boards, replay
from displays.models import Display, Installation
from displays.models.board import Board
from networks.models import Network
from tests.fake_servers.process import FakeServer, running_server

AddDisplay = Callable[..., Display]


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    replay.clear_cache()


@pytest.fixture
def installation(network: Network) -> Installation:
    return Installation.objects.create(network=network, name="Foyer")


@pytest.fixture
def add_display(installation: Installation) -> AddDisplay:
    """Adds a display to the installation: by default a grid of two by three."""

    def add(name: str = "grid", kind: str = "grid", **fields: Any) -> Display:
        if kind == "grid":
            fields = {"rows": 2, "columns": 3} | fields
        return installation.add(name, kind, **fields)

    return add


@pytest.fixture(scope="package")
def maker_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    journal: Path = tmp_path_factory.mktemp("vestaboard") / "journal.jsonl"
    with running_server("vestaboard", journal) as one:
        yield one


@pytest.fixture
def maker(maker_process: FakeServer, settings: Settings) -> FakeServer:
    """A fake server in the place of the maker's API."""
    settings.PLATFORM_URLS = {"VESTABOARD_BASE_URL": maker_process.url}
    maker_process.control(default={"error": "", "seconds": 0}, next=[])
    return maker_process


@pytest.fixture
def board(db: None) -> Board:
    owner = User.objects.create_user("alice@example.org")
    return boards.add(owner=owner, name="panic_1", key=f"key-{uuid.uuid4().hex}")
