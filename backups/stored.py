"""The backups that lie in the folder of this machine, and what becomes of them over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.functional import cached_property

from accounts.models import AuditEntry, User

from . import unpacking
from .file_names import BackupFile, BackupKind, backup_folder, backups_in, parse_name
from .manifest import Manifest
from .models import ScheduledBackup
from .refusals import BackupRefused

PIECE = 256 * 1024
MAX_SHOWN = 100


@dataclass(frozen=True)
class StoredBackup:
    """A file, and what it says of itself; `manifest` is None where it cannot be read."""

    file: BackupFile
    bytes: int

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def kind(self) -> BackupKind:
        return self.file.kind

    @property
    def created_at(self) -> datetime:
        return self.file.created_at

    @property
    def age(self) -> timedelta:
        return timezone.now() - self.created_at

    @cached_property
    def manifest(self) -> Manifest | None:
        try:
            return unpacking.read_manifest(self.file.path)
        except (BackupRefused, OSError):
            return None


def stored_backups() -> list[StoredBackup]:
    """The newest first, at most `MAX_SHOWN`."""
    found = []
    for file in backups_in(backup_folder())[:MAX_SHOWN]:
        try:
            found.append(StoredBackup(file, file.path.stat().st_size))
        except FileNotFoundError:  # just removed
            continue
    return found


def find(name: str) -> BackupFile | None:
    """The file of this name; names come from strangers, so only those of the folder count."""
    file = parse_name(backup_folder() / name) if "/" not in name else None
    return file if file and file.path.is_file() and not file.path.is_symlink() else None


def ask_for_one(by: User, *, at: datetime) -> ScheduledBackup:
    """Have one made now. Raises AlreadyRunning."""
    asked = ScheduledBackup.ask(at)
    AuditEntry.record(by, "backup.asked")
    return asked


def download(request: HttpRequest, file: BackupFile, *, by: User) -> StreamingHttpResponse:
    """The file, a piece at a time; who takes one away is noted."""
    AuditEntry.record(by, "backup.downloaded", file.name)
    stream = file.path.open("rb")
    size = file.path.stat().st_size
    content = _pieces_async(stream) if isinstance(request, ASGIRequest) else _pieces(stream)
    return StreamingHttpResponse(
        content,
        content_type="application/x-tar",
        headers={
            "Content-Length": str(size),
            "Content-Disposition": f'attachment; filename="{file.name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    with stream:
        yield from iter(lambda: stream.read(PIECE), b"")


async def _pieces_async(stream: IO[bytes]) -> AsyncIterator[bytes]:
    """The disk is read beside the event loop."""
    try:
        while piece := await asyncio.to_thread(stream.read, PIECE):
            yield piece
    finally:
        stream.close()
