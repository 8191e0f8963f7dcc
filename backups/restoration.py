"""Putting a backup in the place of what is here.

Everything is unpacked and verified beside the installation first. Then media go to their places, where
they disturb nobody because they are named by their content; then keys; the database at last, in one
transaction. Killed at any point, the installation is as it was, with media that nothing shows at most.
It may serve meanwhile: the event log begins a new epoch, so every display takes a fresh snapshot.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.files.storage import storages
from django.db import connection

from accounts.models import AuditEntry
from assets import blobs
from assets.errors import StorageUnavailable
from assets.models import RetentionHold
from credentials import server_registry
from farm import catalogue
from realtime import log, wakeup

from . import database_copies, databases, encrypted_keys, schema_process, unpacking
from .manifest import Manifest
from .models import ScheduledBackup
from .refusals import BackupRefused, disk_errors
from .unpacking import UnpackedBackup

SPARE = 200_000_000  # bytes that are left free
_WORK = ".restoring-"


@dataclass(frozen=True, slots=True)
class RestoreRequest:
    """`replace`: what is here may go."""

    file: Path
    replace: bool = False
    passphrase: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RestoredBackup:
    """`missing`: media that were not whole when the backup was made. `todo`: what the operator has to do."""

    manifest: Manifest
    media: int
    missing: list[str]
    todo: list[str]


def restore(request: RestoreRequest, *, at: datetime) -> RestoredBackup:
    """Call it with no transaction open. Raises BackupRefused, and has then changed nothing but that media
    which nothing shows may be there."""
    manifest = unpacking.read_manifest(request.file)
    manifest.check_version()
    if not request.replace:
        _require_empty()
    folder = Path(settings.DATA_DIR)
    with disk_errors(folder), _work_folder(folder) as work:
        unpacked, keys = _verified(request, manifest, work)
        _publish(unpacked)
        todo = encrypted_keys.install(keys) if keys else []
        database_copies.load_database(unpacked.database)
    _announce(request.file, at)
    if not keys:
        todo.append(_without_keys(unpacked))
    return RestoredBackup(manifest, len(unpacked.media), unpacked.missing, todo)


def check(request: RestoreRequest) -> RestoredBackup:
    """Everything that a restore does before it changes anything. Raises BackupRefused as that does."""
    manifest = unpacking.read_manifest(request.file)
    manifest.check_version()
    folder = Path(settings.DATA_DIR)
    with disk_errors(folder), _work_folder(folder) as work:
        unpacked, keys = _verified(request, manifest, work)
    todo = [] if keys else [_without_keys(unpacked)]
    return RestoredBackup(manifest, len(unpacked.media), unpacked.missing, todo)


def _verified(
    request: RestoreRequest, manifest: Manifest, work: Path
) -> tuple[UnpackedBackup, encrypted_keys.InstallationKeys | None]:
    """Unpacked into the work folder, compared, and brought up to date there."""
    _check_room(work, manifest)
    unpacked = unpacking.unpack(request.file, manifest, work)
    keys = _keys_of(unpacked, request)
    _bring_up_to_date(unpacked)
    return unpacked, keys


def _require_empty() -> None:
    if connection.introspection.table_names():
        raise BackupRefused(
            "There is a database here already. `--replace` puts the backup in its place; make a backup "
            "of what is here first."
        )
    if settings.S3_BUCKET:
        return  # media of the same content are the same
    root = Path(storages["default"].path(""))
    if any(path.is_file() for path in root.glob("??/??/*")):
        raise BackupRefused(
            f"There are media in {root} already. `--replace` restores into it all the same: what the "
            "backup does not know stays, until `doctor --media --repair` removes it."
        )


def _check_room(work: Path, manifest: Manifest) -> None:
    needed = SPARE + 3 * manifest.database_bytes + manifest.media_bytes
    free = shutil.disk_usage(work).free
    if free < needed:
        raise BackupRefused(
            f"This needs about {needed / 1e9:.1f} GB in the data folder, where {free / 1e9:.1f} GB are free."
        )


def _keys_of(
    unpacked: UnpackedBackup, request: RestoreRequest
) -> encrypted_keys.InstallationKeys | None:
    if not request.passphrase or not unpacked.encrypted_keys:
        return None
    return encrypted_keys.decrypt(unpacked.encrypted_keys, request.passphrase)


def _without_keys(unpacked: UnpackedBackup) -> str:
    by_hand = "put `credential_keys` and `secret_key` of the data folder back by hand"
    if unpacked.encrypted_keys:
        return (
            f"The keys in this backup stay closed without its passphrase: {by_hand}, or restore again "
            "with the passphrase."
        )
    return f"There are no keys in this backup: on another machine than it was made on, {by_hand}."


def _bring_up_to_date(unpacked: UnpackedBackup) -> None:
    """The unpacked database, compared with what the manifest says, then migrated and given new epochs."""
    database_copies.check(unpacked.database)
    counted = database_copies.counts(unpacked.database)
    if counted != dict(unpacked.manifest.tables):
        raise BackupRefused("The tables in this backup have other rows than it says they have.")
    schema_process.migrate(databases.sqlite_config(unpacked.database))
    database_copies.begin_new_epoch(unpacked.database)


def _publish(unpacked: UnpackedBackup) -> None:
    try:
        for name, path in unpacked.media.items():
            blobs.publish({name: path}, replace={name})
    except StorageUnavailable as error:
        raise BackupRefused(f"The media cannot be stored: {error}") from error


def _announce(file: Path, at: datetime) -> None:
    """Every process of this machine reads again what it remembers, and every display begins anew."""
    RetentionHold.objects.all().delete()  # of the backup itself, which was under way
    ScheduledBackup.forget_unfinished(at)
    AuditEntry.record(None, "backup.restored", file.name)
    server_registry.announce_existing()
    catalogue.announce_existing()
    for stamp in Path(settings.DATA_DIR).glob("*.changed"):
        stamp.touch()
    wakeup.notify(log.EVENTS_CHANNEL)


@contextmanager
def _work_folder(folder: Path) -> Iterator[Path]:
    lock = os.open(Path(settings.RUN_DIR) / "restore.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupRefused("Another restore is under way here.") from None
        for left in folder.glob(f"{_WORK}*"):
            shutil.rmtree(left, ignore_errors=True)
        work = folder / f"{_WORK}{secrets.token_hex(4)}"
        work.mkdir(mode=0o700)
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)
    finally:
        os.close(lock)
