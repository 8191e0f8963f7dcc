from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import browser, context, running_browser, web  # noqa: F401  the fixtures
from tests.browser.web_server import WebServer


@pytest.fixture(scope="module")
def running_web(
    tmp_path_factory: pytest.TempPathFactory, stack_template: Path
) -> Iterator[WebServer]:
    """One for each module: what is pressed and featured here is seen by everybody."""
    one = WebServer(tmp_path_factory.mktemp("web") / "data", stack_template)
    yield one
    one.destroy()
