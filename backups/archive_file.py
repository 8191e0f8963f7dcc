"""The file that a backup is: a tar archive with a checksum of everything before it as its last entry.

    manifest.json          what is in it (`manifest.py`)
    database.sqlite3.gz    the database, whatever it was, as a SQLite file
    keys.json              only with a passphrase (`encrypted_keys.py`)
    media/ab/cd/<sha256>.<ending>
    summary.json           what was missing or damaged when it was made
    checksum               the SHA-256 of every byte before this entry

`tar` can unpack it. It is written and read from its beginning to its end, a piece at a time.
"""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any, cast

from .refusals import BackupRefused

MANIFEST, DATABASE, KEYS, SUMMARY = (
    "manifest.json",
    "database.sqlite3.gz",
    "keys.json",
    "summary.json",
)
CHECKSUM = "checksum"
MEDIA = "media/"
PIECE = 1 << 20
MAX_TEXT_BYTES = 64_000_000  # of an entry that is read into memory
_BLOCK = tarfile.BLOCKSIZE
_END_BYTES = (
    4 * _BLOCK
)  # the checksum's header, itself, and the two empty blocks that end an archive
_MEDIA_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{64}\.[a-z0-9]{1,12}(\.webp)?")
_DAMAGED = "This backup is damaged or cut short: nothing of it was used."


class ArchiveWriter:
    """Entries, one after the other; `finish` ends it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = _HashingWriter(stream)
        self._tar = tarfile.TarFile(
            fileobj=cast("IO[bytes]", self._stream), mode="w", format=tarfile.PAX_FORMAT
        )

    def add_text(self, name: str, text: bytes) -> None:
        self.add(name, len(text), BytesIO(text))

    def add_file(self, name: str, path: Path) -> None:
        with path.open("rb") as stream:
            self.add(name, path.stat().st_size, stream)

    def add(self, name: str, size: int, stream: Any) -> None:
        """`stream` has to have `size` bytes."""
        self._tar.addfile(_entry(name, size), stream)
        self._tar.members.clear()  # type: ignore[attr-defined]  # it would remember every one

    def finish(self) -> None:
        self._stream.write(_end(self._stream.hexdigest()))


@dataclass(frozen=True, slots=True)
class ArchiveEntry:
    """`pieces` is to be read to its end before the next entry."""

    name: str
    size: int
    pieces: Iterator[bytes]

    def text(self) -> bytes:
        """Raises BackupRefused where it is too long to be true."""
        if self.size > MAX_TEXT_BYTES:
            raise BackupRefused(_DAMAGED)
        return b"".join(self.pieces)

    @property
    def media_name(self) -> str | None:
        """The name in the storage; None for what is no media."""
        name = self.name.removeprefix(MEDIA)
        return name if name != self.name and _MEDIA_NAME.fullmatch(name) else None


def first_text(path: Path, name: str) -> bytes:
    """The first entry, which has to be called `name`, without reading the others."""
    with path.open("rb") as stream:
        for entry in _entries(stream):
            if entry.name == name:
                return entry.text()
            break
    raise BackupRefused(f"{path} is no backup of PANIC!.")


def read_archive(path: Path, take: Callable[[ArchiveEntry], None]) -> None:
    """Hand each entry to `take`, in order. Raises BackupRefused at the end where a single byte is not as
    it was written, so nothing that was taken may count before this returns."""
    whole = path.stat().st_size - _END_BYTES
    if whole <= 0:
        raise BackupRefused(_DAMAGED)
    with path.open("rb") as stream:
        reader = _HashingReader(stream, whole)
        for entry in _entries(reader):
            if entry.name == CHECKSUM:
                entry.text()
            else:
                take(entry)
        stream.seek(whole)
        if stream.read() != _end(reader.hexdigest()):
            raise BackupRefused(_DAMAGED)


def damaged() -> BackupRefused:
    return BackupRefused(_DAMAGED)


def parse(text: bytes) -> Any:
    """Raises BackupRefused."""
    try:
        return json.loads(text)
    except ValueError:
        raise damaged() from None


def _entries(stream: Any) -> Iterator[ArchiveEntry]:
    try:
        with tarfile.open(fileobj=stream, mode="r|", bufsize=_BLOCK * 128) as tar:
            while (info := tar.next()) is not None:
                if not info.isreg():
                    raise damaged()
                content = tar.extractfile(info)
                assert content is not None  # noqa: S101  it is a regular file
                yield ArchiveEntry(info.name, info.size, _pieces(content, info.size))
                tar.members.clear()  # type: ignore[attr-defined]
    except (tarfile.TarError, EOFError, ValueError):
        raise damaged() from None


def _pieces(stream: IO[bytes], size: int) -> Iterator[bytes]:
    while size > 0:
        try:
            piece = stream.read(min(PIECE, size))
        except tarfile.TarError:
            piece = b""
        if not piece:
            raise damaged()
        size -= len(piece)
        yield piece


def _end(checksum: str) -> bytes:
    header = _entry(CHECKSUM, len(checksum)).tobuf(tarfile.PAX_FORMAT)
    return header + checksum.encode().ljust(_BLOCK, b"\0") + bytes(2 * _BLOCK)


def _entry(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info


class PiecesStream:
    """What tarfile reads an entry from: `size` bytes of `pieces`, which may turn out to be fewer.

    What is missing is filled up, because the length is already written; `short` says so.
    """

    def __init__(self, pieces: Iterable[bytes], size: int) -> None:
        self._pieces = iter(pieces)
        self._left = size
        self._kept = b""
        self._digest = hashlib.sha256()
        self.short = False

    def read(self, size: int) -> bytes:
        while len(self._kept) < min(size, self._left) and not self.short:
            piece = next(self._pieces, b"")
            self.short = not piece
            self._kept += piece
        out = self._kept[:size].ljust(min(size, self._left), b"\0")
        self._kept = self._kept[size:]
        self._left -= len(out)
        self._digest.update(out)
        return out

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


class _HashingWriter:
    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()
        self._written = 0

    def write(self, data: bytes) -> int:
        self._stream.write(data)
        self._digest.update(data)
        self._written += len(data)
        return len(data)

    def tell(self) -> int:
        return self._written

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


class _HashingReader:
    """Hashes the first `whole` bytes of what it reads."""

    def __init__(self, stream: IO[bytes], whole: int) -> None:
        self._stream = stream
        self._whole = whole
        self._digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._digest.update(data[: self._whole])
        self._whole = max(0, self._whole - len(data))
        return data

    def hexdigest(self) -> str:
        return self._digest.hexdigest()
