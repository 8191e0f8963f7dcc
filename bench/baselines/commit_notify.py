"""The baseline of a start: a bare commit and a bare notify, on the same kind of database.

The writer commits rows of the size that a start writes; the reader, a process of its own, is woken,
reads the newest row and prints the time. `python -m bench.baselines.commit_notify ADDRESS` is the reader.
"""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Protocol

import psycopg

from tests.stack import ROOT

# What a start writes: a run, its first step, two events, and the topic's counter.
SIZES = {"run": 420, "step": 380, "started": 160, "created": 230}
TABLE = "CREATE TABLE IF NOT EXISTS bare (id {key}, kind TEXT, state TEXT, due REAL, payload TEXT)"
INDEX = "CREATE INDEX IF NOT EXISTS bare_due ON bare (due, id) WHERE state = 'ready'"
COUNTER = "CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY, last INTEGER)"
NEWEST = "SELECT id, payload FROM bare WHERE state = 'ready' ORDER BY due DESC, id DESC LIMIT 1"
INSERT = "INSERT INTO bare (kind, state, due, payload) VALUES ({0}, 'ready', {0}, {0})"
COUNT = "UPDATE counter SET last = last + 2"


class NotifyPair(Protocol):
    """One end: `write` commits and sends a wake-up, `read` waits for it and queries."""

    def write(self) -> None: ...

    def read(self) -> None: ...


class SqlitePair:
    """A file in WAL mode; the wake-up is a Unix datagram."""

    def __init__(self, path: Path, *, synchronous: str, reads: bool) -> None:
        self._wakeup_socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._address = str(path.with_suffix(".sock"))
        if reads:
            self._wakeup_socket.bind(self._address)
        self._database = sqlite3.connect(path, isolation_level=None, timeout=20)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute(f"PRAGMA synchronous={synchronous}")
        for statement in (TABLE.format(key="INTEGER PRIMARY KEY"), INDEX, COUNTER):
            self._database.execute(statement)
        self._database.execute("INSERT OR IGNORE INTO counter VALUES (1, 0)")

    def write(self) -> None:
        self._database.execute("BEGIN IMMEDIATE")
        for kind, size in SIZES.items():
            self._database.execute(INSERT.format("?"), (kind, time.time(), "x" * size))
        self._database.execute(COUNT)
        self._database.execute("COMMIT")
        self._wakeup_socket.sendto(b"wake", self._address)

    def read(self) -> None:
        self._wakeup_socket.recv(64)
        self._database.execute(NEWEST).fetchone()


class PostgresPair:
    """The wake-up is NOTIFY, in the same transaction."""

    def __init__(self, address: str, *, reads: bool) -> None:
        self._database = psycopg.connect(address, autocommit=True)
        if reads:
            for statement in (TABLE.format(key="BIGSERIAL PRIMARY KEY"), INDEX, COUNTER):
                self._database.execute(statement)  # type: ignore[arg-type,call-overload,unused-ignore]
            self._database.execute("INSERT INTO counter VALUES (1, 0) ON CONFLICT DO NOTHING")
            self._database.execute("LISTEN bare")

    def write(self) -> None:
        with self._database.transaction():
            for kind, size in SIZES.items():
                values = (kind, time.time(), "x" * size)
                self._database.execute(INSERT.format("%s"), values)  # type: ignore[arg-type,call-overload,unused-ignore]
            self._database.execute(COUNT)
            self._database.execute("NOTIFY bare")

    def read(self) -> None:
        for _ in self._database.notifies(stop_after=1):
            self._database.execute(NEWEST).fetchone()


def open_pair(address: str, *, reads: bool) -> NotifyPair:
    """`address`: a Postgres address, or `FULL:/path/to/file` with how durable a commit is."""
    if address.startswith("postgres"):
        return PostgresPair(address, reads=reads)
    synchronous, _, path = address.partition(":")
    return SqlitePair(Path(path), synchronous=synchronous, reads=reads)


class CommitNotify:
    """Both ends: the writer here, the reader in a process of its own."""

    def __init__(self, address: str) -> None:
        command = [sys.executable, "-m", "bench.baselines.commit_notify", address]
        self._reader = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self._read_time()  # the reader is ready
        self._writer = open_pair(address, reads=False)

    def latency(self) -> float:
        """Milliseconds from before the commit to after the reader's query."""
        began = time.time()
        self._writer.write()
        return (self._read_time() - began) * 1000

    def _read_time(self) -> float:
        assert self._reader.stdout is not None
        return float(self._reader.stdout.readline())

    def __enter__(self) -> CommitNotify:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.kill()
        self._reader.wait()


def main(address: str) -> None:
    reader = open_pair(address, reads=True)
    while True:
        sys.stdout.write(f"{time.time()!r}\n")
        sys.stdout.flush()
        reader.read()


if __name__ == "__main__":
    main(sys.argv[1])
