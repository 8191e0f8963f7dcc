"""Unpacking a backup into a folder, and finding out whether every byte of it is as it was written."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from . import archive_file
from .archive_file import ArchiveEntry
from .manifest import Manifest
from .refusals import BackupRefused

_ORIGINAL = re.compile(r".*/([0-9a-f]{64})\.[a-z0-9]+")


@dataclass(slots=True)
class UnpackedBackup:
    """`media`: files by the names that the storage knows them by. `missing`: those that were not there, or
    damaged, when the backup was made."""

    manifest: Manifest
    database: Path
    media: dict[str, Path] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    encrypted_keys: bytes = b""


def read_manifest(file: Path) -> Manifest:
    """Raises BackupRefused where the file is no backup."""
    if not file.is_file():
        raise BackupRefused(f"There is no file {file}.")
    return Manifest.from_json(archive_file.first_text(file, archive_file.MANIFEST))


def unpack(file: Path, manifest: Manifest, folder: Path) -> UnpackedBackup:
    """Into an empty folder. Raises BackupRefused where anything in the file is not as it was written."""
    unpacking = _Unpacking(UnpackedBackup(manifest, folder / "database.sqlite3"), folder)
    archive_file.read_archive(file, unpacking.take)
    return unpacking.finish()


class _Unpacking:
    def __init__(self, into: UnpackedBackup, folder: Path) -> None:
        self._into = into
        self._folder = folder
        self._wrong: set[str] = set()  # originals whose content is not what their name says
        self._summary = b""

    def take(self, entry: ArchiveEntry) -> None:
        if entry.name == archive_file.MANIFEST:
            if Manifest.from_json(entry.text()) != self._into.manifest:
                raise archive_file.damaged()
        elif entry.name == archive_file.DATABASE:
            self._take_database(entry)
        elif entry.name == archive_file.KEYS:
            self._into.encrypted_keys = entry.text()
        elif entry.name == archive_file.SUMMARY:
            self._summary = entry.text()
        elif (name := entry.media_name) is not None:
            self._take_media(name, entry)
        else:
            raise archive_file.damaged()

    def finish(self) -> UnpackedBackup:
        """Compare what came with what the backup says it holds."""
        summary = archive_file.parse(self._summary)
        damaged = set(summary["damaged"])
        manifest = self._into.manifest
        expected = manifest.media_files - len(summary["missing"])
        if (
            not self._into.database.exists()
            or len(self._into.media) != expected
            or self._wrong - damaged
        ):
            raise archive_file.damaged()
        for name in damaged:
            self._into.media.pop(name).unlink()
        self._into.missing = sorted({*summary["missing"], *damaged})
        return self._into

    def _take_database(self, entry: ArchiveEntry) -> None:
        digest, size = hashlib.sha256(), 0
        with self._into.database.open("xb") as stream:
            for piece in _decompressed(entry.pieces):
                size += len(piece)
                if size > self._into.manifest.database_bytes:
                    raise archive_file.damaged()
                digest.update(piece)
                stream.write(piece)
        if digest.hexdigest() != self._into.manifest.database_sha256:
            raise archive_file.damaged()

    def _take_media(self, name: str, entry: ArchiveEntry) -> None:
        digest = hashlib.sha256()
        path = self._folder / "media" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as stream:
            for piece in entry.pieces:
                digest.update(piece)
                stream.write(piece)
        self._into.media[name] = path
        original = _ORIGINAL.fullmatch(name)
        if original and digest.hexdigest() != original[1]:
            self._wrong.add(name)


def _decompressed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        for piece in pieces:
            while piece:
                yield unpacker.decompress(piece, archive_file.PIECE)
                piece = unpacker.unconsumed_tail
        yield unpacker.flush()
    except zlib.error:
        raise archive_file.damaged() from None
