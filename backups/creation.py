"""Making a backup: one file, which is there whole or not at all."""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.db import DEFAULT_DB_ALIAS, connection
from django.utils import timezone

from assets.models import Asset, RetentionHold
from lib.version import product_version

from . import database_copies, databases, encrypted_keys, media_files
from .archive_file import DATABASE, KEYS, MANIFEST, SUMMARY, ArchiveWriter
from .file_names import BackupKind, file_name
from .manifest import Manifest
from .media_files import MediaReport
from .refusals import BackupRefused, disk_errors

PIECE = 1 << 20
RENEW_SECONDS = 20.0
SPARE = 200_000_000  # bytes that are left free
_WORK = ".partial-"


@dataclass(frozen=True, slots=True)
class BackupRequest:
    """`renew` is called every `RENEW_SECONDS` or so, for whoever has to show that this goes on."""

    kind: BackupKind = BackupKind.BY_HAND
    media: bool = True
    passphrase: str = field(default="", repr=False)
    renew: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class FinishedBackup:
    path: Path
    bytes: int
    manifest: Manifest
    media: MediaReport


def create(folder: Path, request: BackupRequest, *, at: datetime) -> FinishedBackup:
    """Write a backup of everything into `folder`. Call it with no transaction open; memory does not grow with
    what there is. Raises BackupRefused, and has then left nothing behind."""
    encrypted_keys.check_passphrase(request.passphrase)
    with disk_errors(folder), _work_folder(folder) as work, _media_held(request) as renew:
        _check_room(folder, request)
        database = work / "database.sqlite3"
        database_copies.copy_database(database)
        manifest = _manifest(database, request, at)
        draft, report = work / "backup.tar", MediaReport()
        with draft.open("xb") as stream:
            _write(ArchiveWriter(stream), database, manifest, request, report, renew)
            stream.flush()
            os.fsync(stream.fileno())
        final = folder / file_name(request.kind, at)
        draft.chmod(0o600)
        if final.exists():  # nobody else writes here: the folder is locked
            raise BackupRefused(f"{final} exists already.")
        draft.rename(final)
        _sync(folder)
        return FinishedBackup(final, final.stat().st_size, manifest, report)


def _write(
    writer: ArchiveWriter,
    database: Path,
    manifest: Manifest,
    request: BackupRequest,
    report: MediaReport,
    renew: Callable[[], None],
) -> None:
    writer.add_text(MANIFEST, manifest.to_json())
    packed = database.with_suffix(".gz")
    _compress(database, packed)
    writer.add_file(DATABASE, packed)
    packed.unlink()
    if request.passphrase:
        writer.add_text(KEYS, encrypted_keys.encrypt(request.passphrase))
    if request.media:
        for _ in media_files.add_media(writer, database, report):
            renew()
    summary = {"missing": report.missing, "damaged": report.damaged}
    writer.add_text(SUMMARY, json.dumps(summary, indent=1).encode())
    writer.finish()


def _manifest(database: Path, request: BackupRequest, at: datetime) -> Manifest:
    with database.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    media = list_sum(media_files.media_of(database)) if request.media else (0, 0)
    return Manifest(
        product=product_version(),
        created_at=at,
        vendor=connection.vendor,
        migrations=database_copies.applied_to(database),
        tables=database_copies.counts(database),
        database_bytes=database.stat().st_size,
        database_sha256=digest,
        media=request.media,
        media_files=media[0],
        media_bytes=media[1],
        keys=bool(request.passphrase),
    )


def list_sum(files: Iterator[media_files.ExpectedFile]) -> tuple[int, int]:
    count = size = 0
    for file in files:
        count += 1
        size += file.bytes
    return count, size


def _compress(source: Path, target: Path) -> None:
    """At the lowest level: a database shrinks to a third or so in any case."""
    with (
        source.open("rb") as plain,
        target.open("xb") as raw,
        gzip.GzipFile("", "wb", 1, raw, mtime=0) as packed,
    ):
        shutil.copyfileobj(plain, packed, PIECE)


def _check_room(folder: Path, request: BackupRequest) -> None:
    """A guess from what is there now; a disk that fills up all the same is noticed, too."""
    needed = SPARE + 2 * _database_bytes()
    if request.media and "assets_asset" in connection.introspection.table_names():
        for size, renditions in Asset.objects.values_list("bytes", "renditions").iterator():
            needed += size + sum(copy["bytes"] for copy in renditions.values())
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise BackupRefused(
            f"A backup needs about {needed / 1e9:.1f} GB in {folder}, where {free / 1e9:.1f} GB are free: "
            "make room there, or name another folder."
        )


def _database_bytes() -> int:
    if connection.vendor == "sqlite":
        return Path(str(connection.settings_dict["NAME"])).stat().st_size
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def is_under_way(folder: Path) -> bool:
    """Whether a process of this machine makes one there, as far as one can tell. Where none does, what killed ones
    left goes."""
    return not remove_unfinished(folder)


def remove_unfinished(folder: Path) -> bool:
    """Remove what killed processes left, unless one is at work; whether none is."""
    try:
        with _locked(folder):
            _remove_unfinished(folder)
            return True
    except (BackupRefused, OSError):
        return False


@contextmanager
def _work_folder(folder: Path) -> Iterator[Path]:
    """A folder for what is not finished, gone after the block; and so is what killed ones left."""
    with _locked(folder):
        _remove_unfinished(folder)
        work = folder / f"{_WORK}{secrets.token_hex(4)}"
        work.mkdir(mode=0o700)
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Raises BackupRefused while another process has it; the kernel takes it back from one that was killed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupRefused(f"Another backup is just being made in {folder}.") from None
        yield
    finally:
        os.close(lock)


def _remove_unfinished(folder: Path) -> None:
    for left in folder.glob(f"{_WORK}*"):
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _media_held(request: BackupRequest) -> Iterator[Callable[[], None]]:
    """What is deleted meanwhile keeps its files until the end. Yields what is to be called often."""
    node = ("assets", "0003_retention_hold")
    if not request.media or node not in databases.applied(DEFAULT_DB_ALIAS):
        yield lambda: None
        return
    hold = RetentionHold.begin(timezone.now())
    last = time.monotonic()

    def renew() -> None:
        nonlocal last
        if time.monotonic() - last > RENEW_SECONDS:
            last = time.monotonic()
            hold.renew(timezone.now())
            request.renew()

    try:
        yield renew
    finally:
        hold.end()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
