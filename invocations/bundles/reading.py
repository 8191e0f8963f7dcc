"""Reading a bundle that anybody may have made: nothing in it is believed, and none of it is unpacked
to a place that it names.

The record is read a line at a time, media one after the other, and both no further than they may go.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import IO, Any, TypeVar

from pydantic import ValidationError

from .claims import Head, Medium, Step
from .layout import (
    BUNDLE_MOST,
    DIRECTORY_MOST,
    FORMAT,
    LINE_MOST,
    MEDIUM,
    PAGE,
    RECORD,
    RECORD_MOST,
    STEPS_MOST,
    UNPACKED_MOST,
    VERSION,
)

_END = struct.Struct("<4s4H2LH")  # of a zip file: what its directory measures, and where it lies
_END_64 = struct.Struct("<4sQ2H2L4Q")
_CHUNK = 1 << 18
T = TypeVar("T", Head, Step)
_PLAIN = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


class BadBundle(Exception):
    """This is no bundle that can be taken in; `str(error)` says why. Nothing of it was kept."""


class Bundle:
    """An open bundle whose list of contents is in order. Use through `opened()`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._entries = {entry.filename: entry for entry in archive.infolist()}
        self.head, _ = self._lines()

    def steps(self) -> Iterator[Step]:
        """Each step of the record, in order and checked; may be asked for again."""
        head, lines = self._lines()
        for number, line in enumerate(lines):
            if number >= STEPS_MOST:
                raise BadBundle(f"A bundle may have at most {STEPS_MOST:,} steps.")
            step = _checked(Step, _parsed(line), f"Step {number}")
            if step.sequence != number:
                raise BadBundle(f"Step {number} is missing, or stands in the wrong place.")
            if step.slot >= len(head.run.ring):
                raise BadBundle(f"Step {number} stands in a slot that the ring does not have.")
            yield step

    def check_medium(self, medium: Medium) -> None:
        """Raises BadBundle unless the file is there and is what its name says it is."""
        digest = hashlib.sha256()
        with self.medium(medium) as stream:
            for chunk in _chunks(stream):
                digest.update(chunk)
        if digest.hexdigest() != medium.sha256:
            raise BadBundle(f"{medium.file} is not what its name says it is.")

    @contextmanager
    def medium(self, medium: Medium) -> Iterator[IO[bytes]]:
        if medium.file not in self._entries:
            raise BadBundle(f"{medium.file} is missing.")
        with _damage(medium.file), self._archive.open(medium.file) as stream:
            yield stream

    def _lines(self) -> tuple[Head, Iterator[bytes]]:
        """What stands in the record's first line, and the lines that follow, one for each step."""
        lines = self._record()
        first = next(lines, b"").rstrip()
        if not first.endswith(b"["):
            raise BadBundle(f"{RECORD} does not begin as it should: the first line is the run's.")
        raw = _parsed(first + b"]}")
        if raw.get("format") != FORMAT:
            raise BadBundle(f"{RECORD} is not the record of a run.")
        if raw.get("version") != VERSION:
            raise BadBundle(
                "This bundle was made by another version, which is not understood here."
            )
        return _checked(Head, raw, "The run"), _between(lines)

    def _record(self) -> Iterator[bytes]:
        with _damage(RECORD), self._archive.open(RECORD) as stream:
            while line := stream.readline(LINE_MOST + 1):
                if len(line) > LINE_MOST:
                    raise BadBundle(f"A line of {RECORD} is longer than {LINE_MOST:,} bytes.")
                yield line


@contextmanager
def opened(stream: IO[bytes]) -> Iterator[Bundle]:
    """The bundle in this file, once it is known to be one of a sane size; raises BadBundle."""
    size = stream.seek(0, os.SEEK_END)
    if size > BUNDLE_MOST:
        raise BadBundle(f"A bundle may have at most {BUNDLE_MOST // 1_000_000:,} MB.")
    _check_directory(stream, size)
    with _damage("The file"), zipfile.ZipFile(stream) as archive:
        _check_contents(archive.infolist())
        yield Bundle(archive)


def _check_directory(stream: IO[bytes], size: int) -> None:
    """Before the list of contents is read into memory: how long it says it is."""
    tail_size = min(size, _END.size + 65_535)
    stream.seek(size - tail_size)
    tail = stream.read(tail_size)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise BadBundle("This is no zip file.")
    measures = _END.unpack_from(tail, at)[5]
    if (at_64 := tail.rfind(b"PK\x06\x06")) >= 0 and len(tail) - at_64 >= _END_64.size:
        measures = max(
            measures if measures != 0xFFFFFFFF else 0, _END_64.unpack_from(tail, at_64)[8]
        )
    if measures > DIRECTORY_MOST:
        raise BadBundle("There is too much in this bundle.")
    stream.seek(0)


def _check_contents(entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    if len(set(names)) < len(names):
        raise BadBundle("Something is in this bundle twice.")
    if RECORD not in names:
        raise BadBundle(f"There is no {RECORD} in it: this is not the bundle of a run.")
    for entry in entries:
        known = entry.filename in (RECORD, PAGE) or MEDIUM.fullmatch(entry.filename)
        if not known:
            raise BadBundle(
                f"There is something in it that does not belong: {entry.filename!a:.80}."
            )
        if entry.flag_bits & 1 or entry.compress_type not in _PLAIN:
            raise BadBundle("It is encrypted, or packed in a way that is not read here.")
    record = next(entry for entry in entries if entry.filename == RECORD)
    if record.file_size > RECORD_MOST or sum(one.file_size for one in entries) > UNPACKED_MOST:
        raise BadBundle("Unpacked it would be too large.")


@contextmanager
def _damage(what: str) -> Iterator[None]:
    """What goes wrong with a zip file, as one sentence."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise BadBundle(f"{what} is damaged and cannot be read to its end.") from error


def _between(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The lines of the steps; after them comes the end and nothing else."""
    ended = False
    for line in lines:
        line = line.strip()
        if ended and line:
            raise BadBundle(f"{RECORD} goes on after its end.")
        if line == b"]}":
            ended = True
        elif line:
            yield line.removesuffix(b",")
    if not ended:
        raise BadBundle(f"{RECORD} has no end: the bundle was cut off.")


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadBundle(f"{RECORD} has a line that is no JSON.") from error
    if not isinstance(value, dict):
        raise BadBundle(f"{RECORD} has a line that is no object.")
    return value


def _no_constant(text: str) -> float:
    raise ValueError(text)


def _checked(kind: type[T], value: dict[str, Any], what: str) -> T:
    try:
        return kind.model_validate(value)
    except RecursionError as error:
        raise BadBundle(f"{what} is nested too deeply.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise BadBundle(f"{what} is not as it should be: {place}: {first['msg']}.") from error


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    return iter(partial(stream.read, _CHUNK), b"")
