"""The folder of one worker on this machine: who it is, its session, what it has still to hand in.

enrolment.json   server, id, secret and name; mode 0600
session          the random text that tells this program's restart from a second program
config.toml      optional, the operator's
commands/        optional, the operator's: a TOML file for each program
outbox.sqlite3, blobs/   what the server has not acknowledged
scratch/         a folder for each step under way
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from .failures import WorkerError

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Who this worker is to which server."""

    server: str
    id: str
    secret: str
    name: str

    def __repr__(self) -> str:
        return f"Enrolment({self.name} at {self.server})"  # the secret stays out of logs


class WorkerFolder:
    """The paths below `path`, and what is kept in the small files among them."""

    def __init__(self, path: Path) -> None:
        # Programs are given paths below it, and run in a folder of their own.
        path = path.expanduser().absolute()
        self.path = path
        self.config = path / "config.toml"
        self.commands = path / "commands"
        self.workflows = path / "comfyui"
        self.outbox = path / "outbox.sqlite3"
        self.blobs = path / "blobs"
        self.scratch = path / "scratch"
        self._enrolment = path / "enrolment.json"
        self._session = path / "session"

    def create(self) -> None:
        """Raises WorkerError where the folder cannot be written to."""
        try:
            self.path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            _write_private(self.path / ".writable", "")
            (self.path / ".writable").unlink()
        except OSError as error:
            raise WorkerError(f"{self.path} cannot be written to: {error.strerror}.") from None

    @property
    def is_enrolled(self) -> bool:
        return self._enrolment.exists()

    def enrolment(self) -> Enrolment:
        """Raises WorkerError where there is none, or none that can be read."""
        try:
            return Enrolment(**json.loads(self._enrolment.read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise WorkerError(
                f"No enrolment in {self.path}. Ask for a token on the farm's page, then: "
                "panic-worker enrol URL TOKEN"
            ) from None
        except (OSError, ValueError, TypeError) as error:
            raise WorkerError(f"{self._enrolment} cannot be read: {error}") from None

    def save_enrolment(self, enrolment: Enrolment) -> None:
        """In place of another one; what was to be handed in under that one is dropped, and the
        session begins anew."""
        self._write_enrolment(enrolment)
        self._session.unlink(missing_ok=True)
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.outbox}{suffix}").unlink(missing_ok=True)
        shutil.rmtree(self.blobs, ignore_errors=True)

    def save_secret(self, secret: str) -> None:
        """A new one of the same worker: what is to be handed in, and the session, stay. Raises
        WorkerError where nothing is enrolled."""
        self._write_enrolment(replace(self.enrolment(), secret=secret))

    def _write_enrolment(self, enrolment: Enrolment) -> None:
        _write_private(self._enrolment, json.dumps(asdict(enrolment), indent=1) + "\n")

    def session(self) -> str:
        """The same text after every restart, so that the server gives the same work back; another one where the folder
        is a copy, so that it refuses the second of two machines that would act as one."""
        place, text, known = self._place(), "", ""
        with contextlib.suppress(OSError, ValueError):
            text, _, known = self._session.read_text(encoding="ascii").strip().partition(" ")
        if known == place and text:
            return text
        if known or not text:  # without a place it is of an earlier version
            text = secrets.token_urlsafe(24)
        _write_private(self._session, f"{text} {place}")
        return text

    def _place(self) -> str:
        """This folder on this machine, and no copy of it."""
        machine = ""
        with contextlib.suppress(OSError, ValueError):
            machine = Path("/etc/machine-id").read_text(encoding="ascii").strip()
        known_by = f"{socket.gethostname()} {machine} {self.path.stat().st_ino}"
        return hashlib.sha256(known_by.encode()).hexdigest()[:16]

    def clear_scratch(self) -> None:
        """What a killed program left behind."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)

    def free_bytes(self) -> int:
        return shutil.disk_usage(self.path).free

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """One program at a time. Raises WorkerError where another one runs in this folder."""
        with (self.path / "lock").open("a+") as file:
            try:
                _lock(file.fileno())
            except OSError:
                raise WorkerError(
                    f"A panic-worker already runs with the folder {self.path}. "
                    "A second one on this machine needs an enrolment of its own: --data DIR"
                ) from None
            yield


def default_folder() -> Path:
    """Where an enrolment is kept unless `--data` says otherwise."""
    if named := os.environ.get("PANIC_WORKER_DATA"):
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "panic-worker"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "panic-worker"


def _write_private(path: Path, text: str) -> None:
    """Whole or not at all, and readable by nobody else at any moment."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
