"""What the server has not acknowledged yet, on disk, in the order in which it has to arrive.

Entries belong to an attempt: log chunks, then the blobs of its outputs, then its outcome. They survive
the end of the program at any moment. After a power cut the newest may be missing (there is no fsync for
each): then the server gives the work again, or has given it away.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .failures import WorkerError

SCHEMA = """
CREATE TABLE IF NOT EXISTS attempts (token TEXT PRIMARY KEY, log_offset INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, token TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS entries_of_attempt ON entries (token, id);
"""
SHA256 = re.compile(r"[0-9a-f]{64}")
LOG, BLOB, FINISH = "log", "blob", "finish"
MAX_RECENT_BYTES = (
    32 << 20
)  # of files that have been handed in: the next step is often about the newest one


@dataclass(frozen=True, slots=True)
class OutboxFile:
    """A file of an outcome, by its SHA-256 in hexadecimal digits."""

    sha256: str
    path: Path
    content_type: str


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """One thing to send; the shape of `body` depends on `kind`."""

    id: int
    token: str
    kind: str
    body: Mapping[str, Any]


class Outbox:
    """Any thread may use it. A full disk raises sqlite3.Error or OSError where something is added."""

    def __init__(self, path: Path, blobs: Path) -> None:
        blobs.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._blobs = blobs
        self._lock = threading.RLock()
        try:
            self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            path.chmod(0o600)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.executescript(SCHEMA)
        except sqlite3.Error as error:
            raise WorkerError(
                f"{path} cannot be used: {error}. Remove it to begin anew: what has not been handed in is then lost."
            ) from None

    def close(self) -> None:
        with self._lock:
            self._database.close()

    # What is added

    def add_log(self, token: str, text: str) -> None:
        """The next part of the attempt's log; offsets are in characters."""
        with self._lock, self._database:
            self._database.execute("BEGIN IMMEDIATE")
            offset = self._log_offset(token)
            self._database.execute(
                "INSERT INTO attempts VALUES (?, ?) "
                "ON CONFLICT (token) DO UPDATE SET log_offset = excluded.log_offset",
                (token, offset + len(text)),
            )
            self._add(token, LOG, {"offset": offset, "text": text})

    def finish(self, token: str, outcome: Mapping[str, Any], files: Sequence[OutboxFile]) -> None:
        """The attempt's outcome with the files that it names, which are moved into the outbox."""
        with self._lock, self._database:
            self._database.execute("BEGIN IMMEDIATE")
            for file in files:
                kept = self.blob_path(file.sha256)
                if not kept.exists():
                    shutil.move(file.path, kept)
                body = {"sha256": file.sha256, "content_type": file.content_type}
                self._add(token, BLOB, body)
            self._add(token, FINISH, outcome)

    def replace_finish(self, token: str, outcome: Mapping[str, Any]) -> None:
        """Another outcome, where the server will not have the one that is there."""
        with self._lock, self._database:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.execute(
                "DELETE FROM entries WHERE token = ? AND kind != ?", (token, LOG)
            )
            self._add(token, FINISH, outcome)
        self._remove_unused_blobs()

    # What is there

    def next_entry(self, token: str, kind: str | None = None) -> OutboxEntry | None:
        """The oldest of the attempt; with `kind`, only if it is of that kind."""
        with self._lock:
            row = self._database.execute(
                "SELECT id, token, kind, body FROM entries WHERE token = ? ORDER BY id LIMIT 1",
                (token,),
            ).fetchone()
        if row is None or (kind is not None and row[2] != kind):
            return None
        return OutboxEntry(row[0], row[1], row[2], json.loads(row[3]))

    def finished_tokens(self) -> list[str]:
        """Attempts whose outcome is still to be handed in, the oldest first."""
        with self._lock:
            rows = self._database.execute(
                "SELECT token FROM entries WHERE kind = ? ORDER BY id", (FINISH,)
            ).fetchall()
        return [row[0] for row in rows]

    def unfinished_tokens(self) -> set[str]:
        """Attempts that were under way when the program ended."""
        with self._lock:
            rows = self._database.execute(
                "SELECT token FROM attempts UNION SELECT token FROM entries"
            ).fetchall()
        return {row[0] for row in rows} - set(self.finished_tokens())

    def blob_path(self, sha256: str) -> Path:
        return self._blobs / sha256

    def recent_file(self, sha256: str) -> Path | None:
        """What this worker has made lately, if it has it still; it may be gone the next moment."""
        path = self.blob_path(sha256)
        return path if SHA256.fullmatch(sha256) and path.is_file() else None

    # What is done with

    def remove(self, entry: OutboxEntry) -> None:
        with self._lock:
            self._database.execute("DELETE FROM entries WHERE id = ?", (entry.id,))

    def drop(self, token: str) -> None:
        """Everything of an attempt: it is acknowledged, or of no use any more."""
        with self._lock, self._database:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.execute("DELETE FROM entries WHERE token = ?", (token,))
            self._database.execute("DELETE FROM attempts WHERE token = ?", (token,))
        self._remove_unused_blobs()

    def _remove_unused_blobs(self) -> None:
        with self._lock:
            rows = self._database.execute(
                "SELECT body FROM entries WHERE kind = ?", (BLOB,)
            ).fetchall()
            used = {json.loads(row[0])["sha256"] for row in rows}
            with suppress(OSError):  # what stays is removed with the next one
                _remove_all_but_newest(one for one in self._blobs.iterdir() if one.name not in used)

    def _log_offset(self, token: str) -> int:
        row = self._database.execute(
            "SELECT log_offset FROM attempts WHERE token = ?", (token,)
        ).fetchone()
        return row[0] if row else 0

    def _add(self, token: str, kind: str, body: Mapping[str, Any]) -> None:
        self._database.execute(
            "INSERT INTO entries (token, kind, body) VALUES (?, ?, ?)",
            (token, kind, json.dumps(body)),
        )


def _remove_all_but_newest(files: Iterable[Path]) -> None:
    left = MAX_RECENT_BYTES
    for path in sorted(files, key=lambda one: one.stat().st_mtime, reverse=True):
        left -= path.stat().st_size
        if left < 0:
            path.unlink(missing_ok=True)
