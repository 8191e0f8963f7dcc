"""Moving media from one storage to another, each file compared with what was read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage

from assets import blobs
from assets.errors import StorageUnavailable
from assets.models import Asset

from .media_files import ExpectedFile
from .refusals import BackupRefused, disk_errors

SAY_EVERY = 500


@dataclass(slots=True)
class MediaMove:
    """How many files are there now, how many bytes; and those that are not whole where they came from."""

    files: int = 0
    bytes: int = 0
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


def storage_at(address: str) -> Storage:
    """`s3://bucket` by the S3 settings, or `file:///a/folder`. Raises BackupRefused."""
    parts = urlsplit(address)
    if parts.scheme == "s3" and parts.netloc and not parts.path.strip("/"):
        from storages.backends.s3 import S3Storage

        found: Storage = S3Storage(bucket_name=parts.netloc, **settings.S3_OPTIONS)
        return found
    if parts.scheme == "file" and not parts.netloc and parts.path.strip("/"):
        return FileSystemStorage(location=unquote(parts.path))
    raise BackupRefused("Media go to s3://BUCKET, or to file:///a/folder.")


def move_media(target: Storage, said: Callable[[str], object]) -> MediaMove:
    """Copy what is not there yet, and see that each file is there as it was. Raises BackupRefused."""
    done = _Done(target)
    result = MediaMove()
    with disk_errors(Path(settings.DATA_DIR)), done:
        for file in _media():
            try:
                _move(file, target, done, result)
            except StorageUnavailable as error:
                raise BackupRefused(
                    f"{file.name} cannot be stored: {error} The same command goes on from here."
                ) from error
            if result.files and not result.files % SAY_EVERY:
                said(f"{result.files} media files")
    done.forget()
    return result


def _media() -> Iterator[ExpectedFile]:
    found = Asset.objects.order_by("pk").values_list("sha256", "extension", "bytes", "renditions")
    for sha256, extension, size, renditions in found.iterator():
        yield ExpectedFile(blobs.name_of(sha256, extension), size, sha256)
        for copy, facts in renditions.items():
            yield ExpectedFile(blobs.name_of(sha256, f"{copy}.webp"), facts["bytes"], None)


def _move(file: ExpectedFile, target: Storage, done: _Done, result: MediaMove) -> None:
    if file.name not in done:
        with blobs.temporary_files(target) as temporary:
            path = temporary.new_file()
            digest = _fetch(file, path)
            if digest is None:
                result.missing.append(file.name)
                return
            if path.stat().st_size != file.bytes or (file.sha256 and digest != file.sha256):
                result.damaged.append(file.name)
                return
            if not (blobs.exists(file.name, target) and _digest_at(file, target) == digest):
                blobs.publish({file.name: path}, replace={file.name}, storage=target)
                if _digest_at(file, target) != digest:
                    raise BackupRefused(f"{file.name} did not arrive as it was.")
        done.add(file.name)
    result.files += 1
    result.bytes += file.bytes


def _fetch(file: ExpectedFile, path: Path) -> str | None:
    """Its SHA-256; None where it is not there, or not to be read."""
    digest = hashlib.sha256()
    try:
        with path.open("xb") as stream:
            for piece in blobs.read(file.name, 0, file.bytes):
                digest.update(piece)
                stream.write(piece)
    except (FileNotFoundError, blobs.UnreadableFile):
        return None
    return digest.hexdigest()


def _digest_at(file: ExpectedFile, storage: Storage) -> str:
    digest = hashlib.sha256()
    with suppress(FileNotFoundError):
        for piece in blobs.read(file.name, 0, file.bytes, storage):
            digest.update(piece)
    return digest.hexdigest()


class _Done:
    """The names of the files that are in this target, in a file of the data folder until all are."""

    def __init__(self, target: Storage) -> None:
        where = getattr(target, "bucket_name", None) or getattr(target, "location", "")
        name = hashlib.sha256(f"{settings.S3_ENDPOINT_URL} {where}".encode()).hexdigest()[:12]
        self._path = Path(settings.DATA_DIR) / f"move-{name}.done"
        self._names: set[str] = set()

    def __enter__(self) -> None:
        if self._path.exists():
            self._names = set(self._path.read_text().splitlines())
        self._stream = self._path.open("a")

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def add(self, name: str) -> None:
        self._names.add(name)
        self._stream.write(f"{name}\n")
        self._stream.flush()

    def forget(self) -> None:
        self._path.unlink(missing_ok=True)
