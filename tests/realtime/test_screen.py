"""The client script in a real browser, against a real web process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.stack import ROOT, free_port

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.enable_socket,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium found"),
]


class Stage:
    """`tests.realtime.stage_server` behind Daphne, on a port that it keeps."""

    def __init__(self, data_dir: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "PANIC_DATA_DIR": str(data_dir),
            "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "panic.settings"),
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }
        self.process: subprocess.Popen[bytes] | None = None
        migrate = [sys.executable, "-m", "django", "migrate", "realtime", "-v0", "--skip-checks"]
        subprocess.run(migrate, check=True, env=self.environment, cwd=ROOT)

    def start(self) -> None:
        endpoint = f"tcp:{self.port}:interface=127.0.0.1"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "daphne", "-v", "0", "-e", endpoint, APPLICATION],
            env=self.environment,
            cwd=ROOT,
        )
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up:
            with suppress(URLError, ConnectionError), urlopen(self.url, timeout=5):  # noqa: S310
                return
            time.sleep(0.1)
        raise AssertionError("the stage did not begin")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def happen(self, first: int, last: int) -> None:
        urlopen(f"{self.url}/happen?from={first}&to={last}", timeout=30).close()  # noqa: S310

    def happen_elsewhere(self, first: int, last: int) -> None:
        """The same in another process, as workers do it."""
        program = (
            "import django; django.setup(); from tests.realtime.stage import happen_often as often;"
            f"often(range({first}, {last + 1}))"
        )
        subprocess.run([sys.executable, "-c", program], check=True, env=self.environment, cwd=ROOT)


APPLICATION = "tests.realtime.stage_server:application"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    one = Stage(tmp_path / "data")
    one.start()
    yield one
    one.kill()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield chromium
        chromium.close()


def open_stage(browser: Browser, stage: Stage) -> Page:
    page = browser.new_page()
    page.goto(stage.url)
    page.wait_for_selector("html[data-live=live]")
    return page


def seen(page: Page) -> list[int]:
    numbers: list[int] = page.evaluate("seen")
    return numbers


def test_screens_draw_what_happens_in_other_processes_in_order(
    browser: Browser, stage: Stage
) -> None:
    pages = [open_stage(browser, stage) for _ in range(2)]

    stage.happen(1, 5)
    stage.happen_elsewhere(6, 200)  # three windows full: nothing comes without acknowledgements

    for page in pages:
        page.wait_for_function("seen.length == 200")
        assert seen(page) == list(range(1, 201))
        assert page.inner_text("#now") == "200"
        page.close()


def test_screen_keeps_its_picture_and_catches_up_when_the_server_is_back(
    browser: Browser, stage: Stage
) -> None:
    page = open_stage(browser, stage)
    stage.happen(1, 3)
    page.wait_for_function("seen.length == 3")

    stage.kill()
    page.wait_for_selector("html[data-live=offline]")
    stage.happen_elsewhere(4, 103)
    assert page.inner_text("#now") == "3"
    stage.start()
    page.wait_for_selector("html[data-live=live]")
    page.wait_for_function("seen.length == 103")

    assert seen(page) == list(range(1, 104))
    assert page.inner_text("#now") == "103"
    page.close()


def test_elements_the_page_does_not_have_are_ignored_and_equal_ones_left_alone(
    browser: Browser, stage: Stage
) -> None:
    page = open_stage(browser, stage)
    page.evaluate("document.getElementById('now').remove()")
    stage.happen(1, 1)
    page.wait_for_function("seen.length == 1")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p id=now>2</p>')")
    page.evaluate("kept = document.getElementById('now')")

    stage.happen(2, 2)
    page.wait_for_function("seen.length == 2")

    assert page.evaluate("kept === document.getElementById('now')")
    page.close()
