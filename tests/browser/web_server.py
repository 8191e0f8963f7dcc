"""A web process of the real product for a test, and a process beside it that changes its data on request.

No workers: what happens is what the test asks for, in another process, as it would be.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.stack import ROOT, free_port


class WebServer:
    """`start`, `kill`, `start` again: the port and the data stay."""

    def __init__(self, data_dir: Path, template: Path, **environment: str) -> None:
        shutil.copytree(template, data_dir)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        kept = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG", "TMPDIR"}}
        self.environment = {
            **kept,
            "PANIC_DATA_DIR": str(data_dir),
            "SQLITE_SYNCHRONOUS": "NORMAL",
            "PYTHONPATH": str(ROOT),
            **environment,
        }
        self.web: subprocess.Popen[bytes] | None = None
        self._control: subprocess.Popen[str] | None = None
        self.log = data_dir / "web.log"

    def start(self) -> None:
        endpoint = f"tcp:{self.port}:interface=127.0.0.1"
        command = [sys.executable, "-m", "daphne", "-v", "0", "-e", endpoint]
        with self.log.open("ab") as log:
            self.web = subprocess.Popen(
                [*command, "panic.asgi:application"],
                env=self.environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + 180
        while time.monotonic() < until:
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200:
                    return
            time.sleep(0.05)
        raise AssertionError(f"the web process did not begin:\n{self.log.read_text()[-3000:]}")

    def start_if_dead(self) -> None:
        """Before the first test of it, and where one that failed has left it dead."""
        if self.web is None:
            self.start()

    def kill(self) -> None:
        if self.web is not None:
            self.web.kill()
            self.web.wait()
            self.web = None

    def memory(self) -> int:
        assert self.web is not None
        return int(psutil.Process(self.web.pid).memory_full_info().uss)

    def connections(self) -> int:
        """How many are open to it."""
        assert self.web is not None
        found = psutil.Process(self.web.pid).net_connections("tcp")
        return sum(one.status == psutil.CONN_ESTABLISHED for one in found)

    def do(self, what: str, **arguments: Any) -> Any:
        """Have the control process do something (tests/browser/control.py) and wait for it."""
        if self._control is None:
            self._control = subprocess.Popen(
                [sys.executable, "-m", "tests.browser.control"],
                env=self.environment,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._control.stdin is not None
        assert self._control.stdout is not None
        self._control.stdin.write(json.dumps([what, arguments]) + "\n")
        self._control.stdin.flush()
        answer = self._control.stdout.readline()
        assert answer, f"the control process ended over {what}"
        return json.loads(answer)

    def destroy(self) -> None:
        self.kill()
        if self._control is not None:
            assert self._control.stdin is not None
            assert self._control.stdout is not None
            self._control.stdin.close()
            self._control.wait(60)
            self._control.stdout.close()
