"""Where the bytes lie: Django's default storage, written so that no half file is ever seen there.

On a local disk a file is written under a temporary name in the same file system, synced and then
renamed; any other storage is handed the finished file. Names come from the content, so writing one
twice writes the same bytes.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.db import OperationalError

from .errors import StorageFull, StorageUnavailable

INCOMING = ".incoming"
PIECE = 256 * 1024
_FULL = {errno.ENOSPC, errno.EDQUOT}
_BROKEN = {errno.EIO, errno.EROFS, errno.EACCES}

logger = logging.getLogger(__name__)


def name_of(sha256: str, ending: str) -> str:
    """Two levels of folders keep each of them small: ab/cd/<sha256>.<ending>."""
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}.{ending}"


# Writing


class Workbench:
    """Temporary files of one piece of work. Use through `workbench()`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: list[Path] = []

    def new_file(self) -> Path:
        """A name nobody else has; the file itself is for the caller to make."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._files.append(self._folder / uuid.uuid4().hex)
        return self._files[-1]

    def clear(self) -> None:
        for file in self._files:
            with suppress(OSError):
                file.unlink(missing_ok=True)


@contextmanager
def workbench() -> Iterator[Workbench]:
    """Temporary files beside the storage, gone after the block; a full disk is a `StorageFull`."""
    bench = Workbench(_incoming())
    try:
        with storage_troubles():
            yield bench
    finally:
        bench.clear()


@contextmanager
def storage_troubles() -> Iterator[None]:
    """Say what ails the disk, or the database on it, as `StorageUnavailable` or `StorageFull`."""
    try:
        yield
    except (OSError, OperationalError) as error:
        if _means_full(error):
            raise _full() from error
        if isinstance(error, OSError) and error.errno in _BROKEN:
            raise StorageUnavailable(
                f"Media cannot be stored at present: {error.strerror}."
            ) from error
        raise


@contextmanager
def _bucket_troubles(name: str) -> Iterator[None]:
    """The same for storages elsewhere, whose clients have errors of their own."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:  # a border: any client library may stand behind a storage
        logger.warning("storage fails at %s: %r", name, error)
        answer = getattr(error, "response", {})
        if answer.get("ResponseMetadata", {}).get("HTTPStatusCode") == 507:
            raise _full() from error
        raise StorageUnavailable(
            "Media cannot be stored at present: the storage does not answer as it should."
        ) from error


def _full() -> StorageFull:
    return StorageFull("There is no room left to store media: free some space, then it can go on.")


def publish(files: dict[str, Path]) -> None:
    """Put each finished file under its name, in this order, durably. Local files are moved."""
    storage = _storage()
    if isinstance(storage, FileSystemStorage):
        folders = {_move(path, Path(storage.path(name))) for name, path in files.items()}
        for folder in folders:
            _sync(folder)
        return
    for name, path in files.items():
        if not exists(name):
            with _bucket_troubles(name), path.open("rb") as stream:
                storage.save(name, File(stream, name=name))


def remove(names: Iterable[str]) -> None:
    """Have nothing lie under these names any more; what is not there is no trouble."""
    for name in names:
        with _bucket_troubles(name):
            _storage().delete(name)


def sweep_temporary(older_than: timedelta = timedelta(hours=1)) -> int:
    """Remove what a killed process left half-written; how many files that was."""
    before = time.time() - older_than.total_seconds()
    removed = 0
    with suppress(FileNotFoundError):
        for file in _incoming().iterdir():
            with suppress(FileNotFoundError):
                if file.stat().st_mtime < before:
                    file.unlink()
                    removed += 1
    return removed


# Reading


def exists(name: str) -> bool:
    with _bucket_troubles(name):
        return _storage().exists(name)


@contextmanager
def local_path(name: str) -> Iterator[Path]:
    """The file itself on a local disk, else a copy that lives as long as the block."""
    storage = _storage()
    if isinstance(storage, FileSystemStorage):
        yield Path(storage.path(name))
        return
    with tempfile.TemporaryDirectory(prefix="panic-asset-") as folder:
        copy = Path(folder) / Path(name).name
        with storage.open(name, "rb") as stored, copy.open("xb") as local:
            shutil.copyfileobj(stored, local, 1 << 20)
        yield copy


def read(name: str, start: int, length: int) -> Generator[bytes]:
    """`length` bytes from `start` on, a piece at a time: memory does not grow with the file.

    Raises FileNotFoundError with the first piece where nothing lies under the name.
    """
    storage = _storage()
    if hasattr(storage, "bucket_name"):
        yield from _read_s3(storage, name, start, length)
        return
    with storage.open(name, "rb") as stream:
        stream.seek(start)
        while length > 0 and (piece := stream.read(min(PIECE, length))):
            length -= len(piece)
            yield piece


def _read_s3(storage: Any, name: str, start: int, length: int) -> Generator[bytes]:
    # The storage's own file would fetch the whole object for any part of it.
    client = _s3_client(storage)
    wanted = f"bytes={start}-{start + length - 1}"
    try:
        answer = client.get_object(Bucket=storage.bucket_name, Key=name, Range=wanted)
    except client.exceptions.NoSuchKey as error:
        raise FileNotFoundError(name) from error
    with closing(answer["Body"]) as body:
        yield from body.iter_chunks(PIECE)


@lru_cache(maxsize=1)
def _s3_client(storage: Any) -> Any:
    # The storage makes one for every thread, which takes a tenth of a second; requests come in
    # threads of their own, and this half of it may be shared.
    return storage.connection.meta.client


def _storage() -> Storage:
    return storages["default"]


def _incoming() -> Path:
    storage = _storage()
    root = storage.location if isinstance(storage, FileSystemStorage) else settings.DATA_DIR
    return Path(root) / INCOMING


def _move(temporary: Path, final: Path) -> Path:
    _sync(temporary)
    if not final.parent.is_dir():
        final.parent.mkdir(parents=True, exist_ok=True)
        _sync(final.parent.parent)
        _sync(final.parent.parent.parent)
    temporary.replace(final)
    return final.parent


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _means_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL
    cause = error.__cause__
    # SQLITE_FULL, and Postgres' disk_full
    return (
        getattr(cause, "sqlite_errorcode", None) == 13 or getattr(cause, "sqlstate", "") == "53100"
    )
