"""Media that roll: the latest segments of a stream, a bounded number of files per channel.

Beside the content-addressed store, because a segment is named by its place in the stream and soon
removed. A channel is a folder on this machine's disk (`<data dir>/streams/<channel>`), also where assets
are in S3: its writer and the web processes that serve it share the disk.

A segment's file name holds all that is known of it, and it is published by renaming it into place. A
kill at any point therefore leaves a whole segment or a temporary file that `sweep` removes. Media
sequence numbers only rise, also after every segment has expired or the writer was restarted. So does the
number of breaks: segments that do not continue what the one before them encoded.
"""

from __future__ import annotations

import fcntl
import os
import re
import uuid
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

from .blobs import PIECE, storage_errors
from .errors import TooLarge

_CHANNEL = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_EXTENSION = re.compile(r"[a-z0-9]{1,5}")
_SEGMENT = re.compile(r"(\d{12})-(\d{1,9})-(\d{13,15})(-break)?\.([a-z0-9]{1,5})", re.ASCII)
_TEMPORARY = ".incoming-"
_LAST = "last"  # the highest sequence number that expired, and how many breaks expired


@dataclass(frozen=True, slots=True)
class RollingLimits:
    """What a channel keeps at most; what is over a limit expires, oldest first."""

    max_segments: int = 60
    max_age: timedelta = timedelta(minutes=10)
    max_bytes: int = 200_000_000
    max_segment_bytes: int = 50_000_000


@dataclass(frozen=True, slots=True)
class Segment:
    """One published file. `sequence` is its media sequence number; `is_break`: it does not continue what
    the one before it encoded."""

    sequence: int
    seconds: float
    created_at: datetime
    path: Path
    bytes: int
    is_break: bool = False


class RollingChannel:
    """The segments of one stream, from the oldest kept to the newest."""

    def __init__(self, name: str, limits: RollingLimits = RollingLimits()) -> None:
        if not _CHANNEL.fullmatch(name):
            raise ValueError(f"not a name of a channel: {name!r}")
        self.folder = rolling_folder() / name
        self.limits = limits
        self._swept = False

    def append(
        self,
        source: Iterable[bytes],
        *,
        seconds: float,
        extension: str,
        at: datetime,
        is_break: bool = False,
    ) -> Segment:
        """Publish the next segment, then expire what is over the limits. `source` is written as it
        arrives. Raises TooLarge, StorageFull or StorageUnavailable, and then has published nothing."""
        if not _EXTENSION.fullmatch(extension):
            raise ValueError(f"not an extension: {extension!r}")
        temporary = self.folder / f"{_TEMPORARY}{uuid.uuid4().hex}"
        with storage_errors():
            self._prepare_folder()
            try:
                size = self._write(source, temporary)
                with self._locked():
                    sequence = self._next_sequence()
                    created = int(at.timestamp() * 1000)
                    ending = f"-break.{extension}" if is_break else f".{extension}"
                    name = f"{sequence:012d}-{round(seconds * 1000)}-{created}{ending}"
                    path = temporary.rename(self.folder / name)
                    self._expire(at)
            finally:
                temporary.unlink(missing_ok=True)
        return Segment(sequence, seconds, at, path, size, is_break)

    def segments(self) -> list[Segment]:
        """What is kept, in order of the sequence numbers, without gaps."""
        found: list[Segment] = []
        with suppress(FileNotFoundError):
            for entry in self.folder.iterdir():
                with suppress(FileNotFoundError):  # it has just expired
                    if segment := _parse_segment(entry):
                        found.append(segment)
        found.sort(key=lambda one: one.sequence)
        return _after_last_gap(found)

    def read(self, sequence: int) -> Generator[bytes]:
        """The segment's bytes, a piece at a time. Raises FileNotFoundError where it has expired."""
        path = next(self.folder.glob(f"{sequence:012d}-*"), None)
        if path is None:
            raise FileNotFoundError(f"segment {sequence} of {self.folder.name}")
        with path.open("rb") as stream:
            while piece := stream.read(PIECE):
                yield piece

    def expired_breaks(self) -> int:
        """How many breaks were among the segments that are gone."""
        return self._expired()[1]

    def expire(self, at: datetime) -> int:
        """Remove what is over the limits; how many segments that was."""
        if not self.folder.is_dir():
            return 0
        with self._locked():
            return self._expire(at)

    def clear(self) -> None:
        """Remove every segment; the sequence numbers go on."""
        if self.folder.is_dir():
            with self._locked():
                self._remove(self.segments())

    def _prepare_folder(self) -> None:
        """Make it, and once per process remove what an earlier one left half-written."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self._swept:
            self._swept = True
            sweep(timedelta(minutes=1), channel=self.folder.name)

    def _write(self, source: Iterable[bytes], target: Path) -> int:
        size = 0
        with target.open("xb") as stream:
            for piece in source:
                size += len(piece)
                if size > self.limits.max_segment_bytes:
                    raise TooLarge(
                        f"A segment may have at most {self.limits.max_segment_bytes} bytes."
                    )
                stream.write(piece)
        return size

    def _next_sequence(self) -> int:
        kept = self.segments()
        return max(kept[-1].sequence if kept else -1, self._expired()[0]) + 1

    def _expired(self) -> tuple[int, int]:
        """The highest sequence number that expired, -1 for none, and how many breaks expired."""
        try:
            sequence, _, breaks = (self.folder / _LAST).read_text().partition(" ")
            return int(sequence), int(breaks or 0)
        except (FileNotFoundError, ValueError):
            return -1, 0

    def _expire(self, at: datetime) -> int:
        kept = self.segments()
        expired = []
        total = sum(one.bytes for one in kept)
        while kept and (
            len(kept) > self.limits.max_segments
            or total > self.limits.max_bytes
            or kept[0].created_at < at - self.limits.max_age
        ):
            expired.append(kept.pop(0))
            total -= expired[-1].bytes
        self._remove(expired)
        return len(expired)

    def _remove(self, segments: list[Segment]) -> None:
        if not segments:
            return
        # The number first: after a kill in between, the next segment still gets a higher one.
        temporary = self.folder / f"{_TEMPORARY}{uuid.uuid4().hex}"
        breaks = self._expired()[1] + sum(one.is_break for one in segments)
        temporary.write_text(f"{segments[-1].sequence} {breaks}")
        temporary.replace(self.folder / _LAST)
        for segment in segments:
            segment.path.unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Of several writers of a channel, one at a time publishes or removes."""
        descriptor = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def rolling_folder() -> Path:
    return Path(settings.DATA_DIR) / "streams"


def sweep(older_than: timedelta = timedelta(hours=1), *, channel: str = "*") -> int:
    """Remove what killed processes left half-written, in every channel; how many files that was."""
    before = datetime.now(UTC).timestamp() - older_than.total_seconds()
    removed = 0
    for file in rolling_folder().glob(f"{channel}/{_TEMPORARY}*"):
        with suppress(FileNotFoundError):
            if file.stat().st_mtime < before:
                file.unlink()
                removed += 1
    return removed


def _parse_segment(path: Path) -> Segment | None:
    match = _SEGMENT.fullmatch(path.name)
    if match is None:
        return None
    sequence, milliseconds, created, is_break, _ = match.groups()
    at = datetime.fromtimestamp(int(created) / 1000, UTC)
    seconds, size = int(milliseconds) / 1000, path.stat().st_size
    return Segment(int(sequence), seconds, at, path, size, bool(is_break))


def _after_last_gap(segments: list[Segment]) -> list[Segment]:
    """A playlist must not skip a number: where a segment is missing, what follows it is kept."""
    for index in range(len(segments) - 1, 0, -1):
        if segments[index].sequence != segments[index - 1].sequence + 1:
            return segments[index:]
    return segments
