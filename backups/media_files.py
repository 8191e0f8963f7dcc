"""The media that a database speaks of, read from wherever the installation keeps them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from assets import blobs

from .archive_file import MEDIA, ArchiveWriter, PiecesStream


@dataclass(frozen=True, slots=True)
class ExpectedFile:
    """`sha256`: of the original, which is named by it; None for a smaller copy of one."""

    name: str
    bytes: int
    sha256: str | None


@dataclass(slots=True)
class MediaReport:
    """What became of the media: names of those that were not there, or not as they should be."""

    files: int = 0
    bytes: int = 0
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


def media_of(database: Path) -> Iterator[ExpectedFile]:
    """Everything that the assets in this SQLite file are made of."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(
            "SELECT sha256, extension, bytes, renditions FROM assets_asset ORDER BY id"
        )
        for sha256, extension, size, renditions in rows:
            yield ExpectedFile(blobs.name_of(sha256, extension), size, sha256)
            for copy, facts in json.loads(renditions).items():
                yield ExpectedFile(blobs.name_of(sha256, f"{copy}.webp"), facts["bytes"], None)


def add_media(writer: ArchiveWriter, database: Path, report: MediaReport) -> Iterator[ExpectedFile]:
    """Add each file and yield it afterwards, so that the caller may do something in between."""
    for file in media_of(database):
        _add(writer, file, report)
        yield file


def _add(writer: ArchiveWriter, file: ExpectedFile, report: MediaReport) -> None:
    pieces = blobs.read(file.name, 0, file.bytes)
    try:
        first = next(pieces, b"")
    except (FileNotFoundError, blobs.UnreadableFile):
        report.missing.append(file.name)
        return
    stream = PiecesStream(_while_readable(first, pieces), file.bytes)
    writer.add(MEDIA + file.name, file.bytes, stream)
    report.files += 1
    report.bytes += file.bytes
    if stream.short or (file.sha256 and stream.hexdigest() != file.sha256):
        report.damaged.append(file.name)


def _while_readable(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """One bad sector of the media must not end all backups: what lies behind it counts as not there."""
    yield first
    with suppress(blobs.UnreadableFile):
        yield from rest
