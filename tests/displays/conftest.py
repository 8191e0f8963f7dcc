from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from displays import archive
from displays.models import Display, Installation
from networks.models import Network
from tests.browsers import chromium
from tests.pages.cast import *  # noqa: F403

from .house import House

Hang = Callable[..., Display]


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    archive.forget()


@pytest.fixture
def installation(network: Network) -> Installation:
    return Installation.objects.create(network=network, name="Foyer")


@pytest.fixture
def hang(installation: Installation) -> Hang:
    """Puts a display on the wall: a grid of two by three, unless told otherwise."""

    def hung(name: str = "grid", kind: str = "grid", **fields: Any) -> Display:
        if kind == "grid":
            fields = {"rows": 2, "columns": 3} | fields
        return installation.add(name, kind, **fields)

    return hung


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, stack_template: Path) -> Iterator[House]:
    one = House(tmp_path_factory.mktemp("house") / "data", stack_template)
    one.start()
    yield one
    one.destroy()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    one = browser.new_context(viewport={"width": 1280, "height": 720})
    yield one
    one.close()
