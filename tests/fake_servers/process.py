"""Starting a fake provider in a process of its own, and reading what it was asked."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class FakeServer:
    url: str
    journal: Path
    process: subprocess.Popen[str]

    def control(self, **knobs: object) -> None:
        """`default={...}` for every request from now on, `next=[{...}, ...]` for the coming ones."""
        httpx.post(f"{self.url}/_control", json=knobs, trust_env=False).raise_for_status()

    def reset(self, **default: object) -> None:
        """A vendor's: no knob that an earlier test has set is left."""
        self.control(reset=default)

    def entries(self, event: str = "") -> list[dict[str, Any]]:
        """The journal's lines, or those of one event; a line that is being written is not there yet."""
        written, _, _ = self.journal.read_text().rpartition("\n")
        lines = [json.loads(line) for line in written.splitlines()]
        return [line for line in lines if not event or line["event"] == event]


@contextmanager
def running_server(provider: str, journal: Path, *options: str) -> Iterator[FakeServer]:
    """`tests.fake_servers.<provider>` on a free port of the loopback, gone after the block."""
    journal.touch()
    command = [sys.executable, "-m", f"tests.fake_servers.{provider}"]
    command += ["--port", "0", "--journal", str(journal), "--with-parent", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            yield FakeServer(f"http://127.0.0.1:{port}", journal, process)
        finally:
            process.kill()
