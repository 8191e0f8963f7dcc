"""A Chromium for each module, and a web process of the real product to look at with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.browser.chromium import chromium

from .web_server import WebServer


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    one = browser.new_context(viewport={"width": 1280, "height": 720})
    yield one
    one.close()


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory, stack_template: Path) -> Iterator[WebServer]:
    one = WebServer(tmp_path_factory.mktemp("web") / "data", stack_template)
    one.start()
    yield one
    one.destroy()
