"""A fake provider, and stacks whose Replicate it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.browser.conftest import browser, context, running_browser, web  # noqa: F401  the fixtures
from tests.browser.web_server import WebServer
from tests.fake_servers.process import FakeServer, running_server
from tests.services.conftest import postgres_template  # noqa: F401  a fixture
from tests.stack import Stack


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[FakeServer]:
    with running_server("replicate", tmp_path / "journal.jsonl") as one:
        one.control(default={"seconds": 0.5})
        yield one


@pytest.fixture
def client(stack: Stack, provider: FakeServer) -> Iterator[httpx.Client]:
    """An admin's client of a running stack whose Replicate is the fake server.

    A test that wants other settings changes `stack` before it asks for this.
    """
    stack.environment |= {
        "REPLICATE_BASE_URL": provider.url,
        "REPLICATE_API_TOKEN": "fake",
    }
    token = stack.token(admin=True)
    stack.start()
    with stack.client(token) as one:
        yield one


@pytest.fixture(scope="module")
def running_web(
    tmp_path_factory: pytest.TempPathFactory, stack_template: Path
) -> Iterator[WebServer]:
    """One for each module: they kill it, and measure its memory."""
    one = WebServer(tmp_path_factory.mktemp("web") / "data", stack_template)
    yield one
    one.destroy()
