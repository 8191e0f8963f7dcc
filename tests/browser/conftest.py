"""A Chromium for all tests of this folder, and a web process of the real product to look at with it.

Both take seconds to start and are shared: a test makes networks of its own, and leaves no stop-all behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.browser.chromium import chromium

from .web_server import WebServer


@pytest.fixture(scope="package")
def running_browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def browser(running_browser: Browser) -> Iterator[Browser]:
    """Without the pages of other tests."""
    yield running_browser
    for context in running_browser.contexts:
        context.close()


@pytest.fixture
def context(browser: Browser) -> BrowserContext:
    return browser.new_context(viewport={"width": 1280, "height": 720})


@pytest.fixture(scope="package")
def running_web(
    tmp_path_factory: pytest.TempPathFactory, stack_template: Path
) -> Iterator[WebServer]:
    one = WebServer(tmp_path_factory.mktemp("web") / "data", stack_template)
    yield one
    one.destroy()


@pytest.fixture
def web(running_web: WebServer) -> WebServer:
    running_web.start_if_dead()
    return running_web
