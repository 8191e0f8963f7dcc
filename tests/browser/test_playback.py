"""What only a real browser can tell: that it plays what is served, in a page and by itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from assets.ingest import store
from tests.assets import samples

pytestmark = pytest.mark.django_db(transaction=True)

PLAYED = [("video", name, samples.video(name)) for name in ("mp4", "webm", "old mp4")] + [
    ("audio", name, samples.sound(name)) for name in ("wav", "mp3", "ogg", "flac", "m4a", "aiff")
]


@pytest.fixture
def page(browser: Browser) -> Page:
    return browser.new_page()


@pytest.mark.parametrize(
    ("kind", "data"), [(kind, data) for kind, _, data in PLAYED], ids=[row[1] for row in PLAYED]
)
def test_media_that_is_opened_by_itself_plays(
    page: Page, live_server: LiveServer, kind: str, data: bytes
) -> None:
    asset = store(data, kind=kind)

    page.goto(live_server.url + asset.url)
    page.wait_for_function("() => document.querySelector('video, audio').readyState >= 3")

    element = page.locator("video, audio")
    assert element.evaluate("element => element.error") is None
    assert element.evaluate("element => element.duration") == pytest.approx(1.0, abs=0.15)
