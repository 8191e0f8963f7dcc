"""The kiosk machine: its script, run with a browser that is none, and its units."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psutil
import pytest

from tests.stack import ROOT, free_port

FOLDER = ROOT / "deploy/kiosk"
SCRIPT = FOLDER / "panic-kiosk"
ADDRESS = "http://192.0.2.9:8000/kiosk/"

# A browser with one process for its page and one for an extension. It writes down how it was started, and their ids.
BROWSER = """#!/bin/sh
printf '%s\\n' "$@" >"$RECORD/options.new"
sh -c 'sleep 60; :' page --type=renderer >/dev/null 2>&1 &
page=$!
sh -c 'sleep 60; :' extension --type=renderer --extension-process >/dev/null 2>&1 &
echo $page $! $$ >"$RECORD/processes.new"
mv "$RECORD/options.new" "$RECORD/options"
mv "$RECORD/processes.new" "$RECORD/processes"
wait
"""


class Kiosk:
    def __init__(self, folder: Path) -> None:
        self.card, self.address = folder / "card.txt", folder / "address"
        self.folder = folder
        self.process: subprocess.Popen[str] | None = None
        browser = folder / "browser"
        browser.write_text(BROWSER)
        browser.chmod(0o755)
        self.environment = {
            "PATH": os.environ["PATH"],
            "RECORD": str(folder),
            "STATE_DIRECTORY": str(folder / "state"),
            "PANIC_KIOSK_FILES": f"{self.card} {self.address}",
            "PANIC_KIOSK_POLICIES": str(folder / "policies"),
            "PANIC_KIOSK_BROWSER": str(browser),
            "PANIC_KIOSK_COMPOSITOR": "",
            "PANIC_KIOSK_CRASH_SECONDS": "1",
        }

    def do(self, what: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SCRIPT, what],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self, what: str) -> subprocess.Popen[str]:
        self.process = subprocess.Popen(
            [SCRIPT, what],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return self.process

    def processes(self) -> list[int]:
        """Of the page, of an extension, and the browser's own, once it runs."""
        path = self.folder / "processes"
        tick = threading.Event()
        for _ in range(600):
            if path.exists():
                return [int(one) for one in path.read_text().split()]
            tick.wait(0.05)
        raise AssertionError("no browser was started")

    def end(self) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.communicate()


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    one = Kiosk(tmp_path)
    yield one
    one.end()


def test_the_address_is_the_first_line_whichever_editor_has_written_it(kiosk: Kiosk) -> None:
    kiosk.address.write_bytes(
        b"\xef\xbb\xbf# the wall\r\n\r\n  " + ADDRESS.encode() + b"  \r\nhttp://other/\r\n"
    )

    assert kiosk.do("address").stdout == ADDRESS + "\n"


def test_the_file_on_the_memory_card_comes_first_unless_it_is_empty(kiosk: Kiosk) -> None:
    kiosk.address.write_text(ADDRESS)
    kiosk.card.write_text("# nothing yet\n")
    assert kiosk.do("address").stdout.strip() == ADDRESS

    kiosk.card.write_text("https://[2001:db8::1]:8443/r/4711\n")
    assert kiosk.do("address").stdout.strip() == "https://[2001:db8::1]:8443/r/4711"


@pytest.mark.parametrize(
    "text",
    ["wall.example/kiosk/", "ftp://wall.example/", 'http://wall.example/"],"X":["', "http://a b/"],
)
def test_what_is_no_address_is_said_in_a_sentence_with_the_file(kiosk: Kiosk, text: str) -> None:
    kiosk.address.write_text(text)

    for what in ("address", "policy", "wait", "run"):
        done = kiosk.do(what)
        assert done.returncode == 78
        assert f"{kiosk.address}: not an address such as" in done.stderr
    assert not (kiosk.folder / "policies/panic-kiosk.json").exists()


def test_no_address_at_all_says_where_to_write_one(kiosk: Kiosk) -> None:
    done = kiosk.do("run")

    assert done.returncode == 78
    assert f"{kiosk.card} {kiosk.address}" in done.stderr


def test_the_policy_lets_the_wall_open_and_nothing_else(kiosk: Kiosk) -> None:
    kiosk.address.write_text(ADDRESS)
    kiosk.do("policy")

    policy = json.loads((kiosk.folder / "policies/panic-kiosk.json").read_text())

    assert policy["URLBlocklist"] == ["*"]
    assert policy["URLAllowlist"] == ["http://192.0.2.9:8000"]
    assert policy["OverrideSecurityRestrictionsOnInsecureOrigin"] == ["http://192.0.2.9:8000"]
    assert policy["AutoplayAllowed"] is True


def test_it_waits_for_a_server_that_is_switched_on_later_and_says_what_for(kiosk: Kiosk) -> None:
    port = free_port()
    kiosk.address.write_text(f"http://127.0.0.1:{port}/kiosk/")
    process = kiosk.start("wait")
    assert process.stdout is not None
    said = ""
    while f"Waiting for http://127.0.0.1:{port}/kiosk/" not in said:
        line = process.stdout.readline()
        assert line, "ended while nobody answered"
        said += line

    with HTTPServer(("127.0.0.1", port), Unavailable) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert process.wait(30) == 0  # 503 is an answer too: the page behind it looks after itself
        server.shutdown()


class Unavailable(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(503)

    def log_message(self, *_: object) -> None:
        pass


def test_the_browser_is_started_full_screen_with_sound_and_its_own_memory(kiosk: Kiosk) -> None:
    kiosk.address.write_text(ADDRESS)
    preferences = kiosk.folder / "state/Default/Preferences"
    preferences.parent.mkdir(parents=True)
    preferences.write_text('{"profile":{"exit_type":"Crashed","exited_cleanly":false}}')

    kiosk.start("run")
    kiosk.processes()

    options = (kiosk.folder / "options").read_text().splitlines()
    assert options[-1] == ADDRESS
    assert {"--kiosk", "--autoplay-policy=no-user-gesture-required", "--noerrdialogs"} <= {*options}
    assert f"--user-data-dir={kiosk.folder}/state" in options
    assert preferences.read_text() == '{"profile":{"exit_type":"Normal","exited_cleanly":true}}'


def test_a_page_that_has_crashed_ends_the_browser_though_an_extension_lives_on(
    kiosk: Kiosk,
) -> None:
    kiosk.address.write_text(ADDRESS)
    process = kiosk.start("run")
    page, _, browser = map(psutil.Process, kiosk.processes())

    page.kill()

    _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "the page has crashed" in said
    tick = threading.Event()
    for _ in range(200):
        if has_ended(browser):
            return
        tick.wait(0.05)
    raise AssertionError("the browser goes on")


def has_ended(process: psutil.Process) -> bool:
    """Also where nobody has asked for its exit status, as in containers without an init."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def test_a_browser_that_ends_ends_the_service_with_a_fault(kiosk: Kiosk) -> None:
    kiosk.address.write_text(ADDRESS)
    process = kiosk.start("run")

    os.kill(kiosk.processes()[2], signal.SIGKILL)

    assert process.wait(30) == 1


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    for unit in FOLDER.glob("panic-kiosk*.*"):
        text = unit.read_text().replace("/usr/local/lib/panic-kiosk", str(FOLDER))
        (tmp_path / unit.name).write_text(text)

    found = subprocess.run(
        ["systemd-analyze", "verify", *sorted(map(str, tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )

    assert len(list(tmp_path.iterdir())) == 3
    assert (found.returncode, found.stdout + found.stderr) == (0, "")


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="no shellcheck here")
@pytest.mark.parametrize("script", ["panic-kiosk", "install"])
def test_shellcheck_finds_nothing_wrong_with_the_scripts(script: str) -> None:
    found = subprocess.run(
        ["shellcheck", FOLDER / script], capture_output=True, text=True, check=False
    )

    assert found.stdout == ""
