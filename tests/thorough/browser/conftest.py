from __future__ import annotations

from tests.browser.conftest import browser, context, web  # noqa: F401  the fixtures
