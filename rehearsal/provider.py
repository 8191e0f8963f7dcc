"""The fake provider as scenarios see it: starting it, scripting its behaviour, its journal."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.stack import ROOT

from .history import Entry

Behaviour = dict[str, Any]


class Journal:
    """The provider's journal; each call reads only the lines that are new."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._entries: list[Entry] = []
        self._guard = threading.Lock()

    def entries(self, event: str = "") -> list[Entry]:
        with self._guard:
            self._catch_up()
            return [entry for entry in self._entries if not event or entry.event == event]

    def count(self, event: str) -> int:
        return len(self.entries(event))

    def _catch_up(self) -> None:
        with self._path.open("rb") as file:
            file.seek(self._read)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._read += len(whole)
        self._entries += [_entry(json.loads(line)) for line in whole.splitlines()]


def _entry(line: Behaviour) -> Entry:
    return Entry(line["at"] / 1000, line["event"], line.get("key", ""), line.get("id", ""))


class Provider:
    """A running fake provider."""

    def __init__(self, url: str, journal: Journal) -> None:
        self.url = url
        self.journal = journal

    def script(self, marker: str, *behaviour: Behaviour) -> None:
        """How the first requests that carry `#marker` are answered, one after the other."""
        self._control(scripts={marker: list(behaviour)})

    def default(self, **behaviour: object) -> None:
        """How requests without a script are answered from now on."""
        self._control(default=behaviour)

    def _control(self, **content: object) -> None:
        answer = httpx.post(f"{self.url}/_control", json=content, trust_env=False, timeout=20)
        answer.raise_for_status()


@contextmanager
def run_fake_provider(journal: Path) -> Iterator[Provider]:
    """A fake provider on a free port of the loopback, killed after the block."""
    journal.touch()
    command = [sys.executable, "-m", "rehearsal.fake_provider", "--journal", str(journal)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Provider(f"http://127.0.0.1:{int(process.stdout.readline())}", Journal(journal))
        finally:
            process.kill()
