"""The content-addressed store: Django's default storage, in which no half file is ever seen.

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
from collections.abc import Collection, Container, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.db import OperationalError

from . import sentences
from .errors import StorageFull, StorageUnavailable

INCOMING = ".incoming"
PIECE = 256 * 1024
_FULL = {errno.ENOSPC, errno.EDQUOT}
_BROKEN = {errno.EIO, errno.EROFS, errno.EACCES}

logger = logging.getLogger(__name__)


class UnreadableFile(OSError):
    """It lies on the disk, and the disk does not give it: a bad sector, or no right to read it."""


def name_of(sha256: str, ending: str) -> str:
    """Two levels of folders keep each of them small: ab/cd/<sha256>.<ending>."""
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}.{ending}"


# Writing


class TemporaryFiles:
    """Files that are removed at the end of one piece of work. Use through `temporary_files()`."""

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
def temporary_files(storage: Storage | None = None) -> Iterator[TemporaryFiles]:
    """Temporary files beside the storage, gone after the block; a full disk is a `StorageFull`."""
    files = TemporaryFiles(_incoming(storage))
    try:
        with storage_errors():
            yield files
    finally:
        files.clear()


@contextmanager
def storage_errors() -> Iterator[None]:
    """Raise errors of the disk, or of the database on it, as `StorageUnavailable` or `StorageFull`."""
    try:
        yield
    except (OSError, OperationalError) as error:
        if _means_full(error):
            raise _full() from error
        if isinstance(error, OSError) and error.errno in _BROKEN:
            words = {"problem": error.strerror}
            raise StorageUnavailable(sentences.NOT_STORED % words) from error
        raise


@contextmanager
def bucket_errors(name: str) -> Iterator[None]:
    """The same for other storages, whose clients have errors of their own."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:  # a border: any client library may stand behind a storage
        logger.warning("storage fails at %s: %r", name, error)
        answer = getattr(error, "response", {})
        if answer.get("ResponseMetadata", {}).get("HTTPStatusCode") == 507:
            raise _full() from error
        raise StorageUnavailable(sentences.STORAGE_STRANGE) from error


def _full() -> StorageFull:
    return StorageFull(sentences.NO_ROOM)


def publish(
    files: dict[str, Path], *, replace: Container[str] = (), storage: Storage | None = None
) -> None:
    """Put each finished file under its name, in this order, durably once all are there. Local files are moved.
    `replace`: names under which something of earlier rules may lie, which gives way; what lies under the others
    has the same content, and a bucket keeps it.
    """
    storage = storage or _storage()
    if isinstance(storage, FileSystemStorage):
        _sync_all(files.values())
        moves = [(path, Path(storage.path(name))) for name, path in files.items()]
        _sync_all({folder for path, final in moves for folder in _move(path, final)})
        return
    for name, path in files.items():
        if name in replace or not exists(name, storage):
            _upload(storage, name, path)


def _upload(storage: Any, name: str, path: Path) -> None:
    with bucket_errors(name), path.open("rb") as stream:
        if not getattr(storage, "file_overwrite", False):
            storage.delete(name)  # it would find another name
        storage.save(name, File(stream, name=name))


def remove(names: Iterable[str]) -> None:
    """Delete these; missing ones are no error."""
    for name in names:
        with bucket_errors(name):
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


def exists(name: str, storage: Storage | None = None) -> bool:
    with bucket_errors(name):
        return (storage or _storage()).exists(name)


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


def read(name: str, start: int, length: int, storage: Storage | None = None) -> Generator[bytes]:
    """`length` bytes from `start` on, a piece at a time: memory does not grow with the file.

    Raises FileNotFoundError with the first piece where nothing lies under the name, and UnreadableFile where
    the disk does not give what does.
    """
    storage = storage or _storage()
    if hasattr(storage, "bucket_name"):
        yield from _read_s3(storage, name, start, length)
        return
    try:
        with storage.open(name, "rb") as stream:
            stream.seek(start)
            while length > 0 and (piece := stream.read(min(PIECE, length))):
                length -= len(piece)
                yield piece
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UnreadableFile(error.errno, error.strerror, name) from error


def _read_s3(storage: Any, name: str, start: int, length: int) -> Generator[bytes]:
    # The storage's own file would fetch the whole object for any part of it.
    client = _s3_client(storage)
    wanted = f"bytes={start}-{start + length - 1}"
    try:
        answer = client.get_object(Bucket=storage.bucket_name, Key=name, Range=wanted)
    except client.exceptions.NoSuchKey as error:
        raise FileNotFoundError(name) from error
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "InvalidRange":
            raise
        return  # it ends before `start`, as an empty one does
    with closing(answer["Body"]) as body:
        yield from body.iter_chunks(PIECE)


@lru_cache(maxsize=4)
def _s3_client(storage: Any) -> Any:
    # The storage makes one for every thread, which takes a tenth of a second; requests come in
    # threads of their own, and this half of it may be shared.
    return storage.connection.meta.client


def _storage() -> Storage:
    return storages["default"]


def folder_beside_media(name: str, storage: Storage | None = None) -> Path:
    """A folder from which `publish` can move files: in the same file system where the storage has one."""
    storage = storage or _storage()
    root = storage.location if isinstance(storage, FileSystemStorage) else settings.DATA_DIR
    return Path(root) / name


def _incoming(storage: Storage | None = None) -> Path:
    return folder_beside_media(INCOMING, storage)


def _move(temporary: Path, final: Path) -> list[Path]:
    """The folders in which something is new."""
    folders = [final.parent]
    if not final.parent.is_dir():
        final.parent.mkdir(parents=True, exist_ok=True)
        folders += [final.parent.parent, final.parent.parent.parent]
    temporary.replace(final)
    return folders


def _sync_all(paths: Collection[Path]) -> None:
    """At the same time: a disk writes several in little more time than one."""
    with ThreadPoolExecutor(max_workers=max(1, len(paths))) as threads:
        for _ in threads.map(_sync, paths):
            pass  # raises what one has raised


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
