"""A Chromium for tests, where this machine has one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

WAIT_MS = 60_000  # what is waited for comes at once, but for a busy machine
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser of its own, without a window; ended with the block. Skips where there is none."""
    if not CHROMIUM:
        pytest.skip("no Chromium found")
    with sync_playwright() as playwright:
        # The driver's event loop lives in this thread; Django's ORM is only used outside of it.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        browser.on("context", lambda context: context.set_default_timeout(WAIT_MS))
        expect.set_options(timeout=WAIT_MS)
        yield browser
        browser.close()
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
