"""The client script in a real browser, against a real web process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page

from tests.stack import ROOT, free_port


class LiveServer:
    """`tests.browser.feed_server` behind Daphne, on a port that it keeps."""

    def __init__(self, data_dir: Path, template: Path) -> None:
        shutil.copytree(template, data_dir)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "PANIC_DATA_DIR": str(data_dir),
            "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "panic.settings"),
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        endpoint = f"tcp:{self.port}:interface=127.0.0.1"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "daphne", "-v", "0", "-e", endpoint, APPLICATION],
            env=self.environment,
            cwd=ROOT,
        )
        give_up = time.monotonic() + 180
        while time.monotonic() < give_up:
            with suppress(URLError, ConnectionError), urlopen(self.url, timeout=5):  # noqa: S310
                return
            time.sleep(0.1)
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def append_events(self, first: int, last: int) -> None:
        urlopen(f"{self.url}/append?from={first}&to={last}", timeout=30).close()  # noqa: S310

    def begin_anew(self, n: int) -> None:
        """Append an event after which every socket has to come again."""
        urlopen(f"{self.url}/append?from={n}&to={n}&anew=1", timeout=30).close()  # noqa: S310

    def append_events_elsewhere(self, first: int, last: int) -> None:
        """The same in another process, as workers do it."""
        program = (
            "import django; django.setup(); from tests.realtime.fixtures import append_many_now as append;"
            f"append(range({first}, {last + 1}))"
        )
        subprocess.run([sys.executable, "-c", program], check=True, env=self.environment, cwd=ROOT)


APPLICATION = "tests.browser.feed_server:application"


@pytest.fixture(scope="module")
def running_server(
    tmp_path_factory: pytest.TempPathFactory, stack_template: Path
) -> Iterator[LiveServer]:
    one = LiveServer(tmp_path_factory.mktemp("live") / "data", stack_template)
    yield one
    one.kill()


@pytest.fixture
def server(running_server: LiveServer) -> LiveServer:
    if running_server.process is None:
        running_server.start()
    return running_server


COUNT_TRIES = """window.tries = [];
WebSocket = class extends WebSocket {
  constructor(...given) { super(...given); window.tries.push(performance.now()); }
};"""


def refused_page(browser: Browser, server: LiveServer, socket: str) -> Page:
    """A page whose socket is closed at once; `tries`: when it tried, in ms of its own clock."""
    page = browser.new_page()
    page.clock.install()
    page.add_init_script(COUNT_TRIES)
    page.goto(f"{server.url}/?socket={socket}")
    return page


def open_page(browser: Browser, server: LiveServer) -> Page:
    page = browser.new_page()
    page.goto(server.url)
    page.wait_for_selector("html[data-live=live]")
    return page


def seen(page: Page) -> list[int]:
    numbers: list[int] = page.evaluate("seen")
    return numbers


def test_screens_draw_what_happens_in_other_processes_in_order(
    browser: Browser, server: LiveServer
) -> None:
    pages = [open_page(browser, server) for _ in range(2)]

    server.append_events(1, 5)
    server.append_events_elsewhere(
        6, 200
    )  # three windows full: nothing comes without acknowledgements

    for page in pages:
        page.wait_for_function("() => seen.length == 200")
        assert seen(page) == list(range(1, 201))
        assert page.inner_text("#now") == "200"
        page.close()


def test_screen_keeps_its_picture_and_catches_up_when_the_server_is_back(
    browser: Browser, server: LiveServer
) -> None:
    page = open_page(browser, server)
    server.append_events(1, 3)
    page.wait_for_function("() => seen.length == 3")

    server.kill()
    page.wait_for_selector("html[data-live=offline]")
    server.append_events_elsewhere(4, 103)
    assert page.inner_text("#now") == "3"
    server.start()
    page.wait_for_selector("html[data-live=live]")
    page.wait_for_function("() => seen.length == 103")

    assert seen(page) == list(range(1, 104))
    assert page.inner_text("#now") == "103"
    page.close()


def test_elements_the_page_does_not_have_are_ignored_and_equal_ones_left_alone(
    browser: Browser, server: LiveServer
) -> None:
    page = open_page(browser, server)
    page.evaluate("document.getElementById('now').remove()")
    server.append_events(1, 1)
    page.wait_for_function("() => seen.length == 1")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p id=now>2</p>')")
    page.evaluate("kept = document.getElementById('now')")

    server.append_events(2, 2)
    page.wait_for_function("() => seen.length == 2")

    assert page.evaluate("kept === document.getElementById('now')")
    page.close()


def test_a_screen_that_is_asked_to_begin_anew_comes_back_without_its_cursor(
    browser: Browser, server: LiveServer
) -> None:
    page = open_page(browser, server)
    server.append_events(1, 2)
    page.wait_for_function("() => seen.length == 2")

    with page.expect_websocket() as again:
        server.begin_anew(3)
    page.wait_for_selector("html[data-live=live]")
    server.append_events(4, 4)
    page.wait_for_function("() => seen.includes(4)")

    assert "cursor=" not in again.value.url
    assert page.inner_text("#now") == "4"
    page.close()


def test_a_screen_says_that_what_it_followed_is_gone_and_asks_again_slowly(
    browser: Browser, server: LiveServer
) -> None:
    page = refused_page(browser, server, "gone")

    page.wait_for_selector("html[data-live=gone]")
    page.clock.run_for(15_000)  # the longest pause

    page.wait_for_function("() => tries.length >= 2")
    first, second = page.evaluate("tries.slice(0, 2)")
    assert second - first >= 7000  # and no less than half of it
    page.close()


def test_a_screen_whose_server_fails_tries_again_later_each_time(
    browser: Browser, server: LiveServer
) -> None:
    page = refused_page(browser, server, "broken")

    page.wait_for_selector("html[data-live=offline]")
    page.wait_for_function("() => tries.length >= 5")

    tries = page.evaluate("tries")
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    for pause, least in zip(pauses[1:], (500, 1000, 2000), strict=False):
        assert pause >= least
    page.close()
