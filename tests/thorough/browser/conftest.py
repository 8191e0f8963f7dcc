from __future__ import annotations

from tests.browser.conftest import browser, context, running_browser, running_web, web  # noqa: F401  the fixtures
