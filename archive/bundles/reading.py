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

from django.utils.formats import number_format
from django.utils.translation import gettext
from pydantic import ValidationError

from lib.parser_sentences import sentence_of

from .schema import (
    FORMAT,
    MAX_BUNDLE,
    MAX_DIRECTORY,
    MAX_FILES,
    MAX_LINE,
    MAX_RECORD,
    MAX_STEPS,
    MAX_UNPACKED,
    MEDIUM,
    PAGE,
    PICTURE,
    POINTS,
    RECORD,
    VERSION,
    BundleHead,
    BundleMedium,
    BundleStep,
)

# The last records of a zip file: its end; before it in a large one a locator; before that the larger end
_END, _LOCATOR_64 = struct.Struct("<4s4H2LH"), struct.Struct("<4sLQL")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_CHUNK = 1 << 18
T = TypeVar("T", BundleHead, BundleStep)
_PLAIN = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


class BadBundle(Exception):
    """This is no bundle that can be taken in; `str(error)` says why. Nothing of it was kept."""


class Bundle:
    """An open bundle whose list of contents is in order. Use through `open_bundle()`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._entries = {entry.filename: entry for entry in archive.infolist()}
        self.head, _ = self._lines()

    def steps(self) -> Iterator[BundleStep]:
        """Each step of the record, in order and checked; may be asked for again."""
        head, lines = self._lines()
        for number, line in enumerate(lines):
            if number >= MAX_STEPS:
                raise BadBundle(
                    gettext("A bundle may have at most %(most)s steps.")
                    % {"most": _grouped(MAX_STEPS)}
                )
            step = _checked(
                BundleStep, _parsed(line), gettext("Step %(number)d") % {"number": number}
            )
            if step.sequence != number:
                raise BadBundle(
                    gettext("Step %(number)d is missing, or stands in the wrong place.")
                    % {"number": number}
                )
            if step.slot >= len(head.run.ring):
                raise BadBundle(
                    gettext("Step %(number)d stands in a slot that the ring does not have.")
                    % {"number": number}
                )
            yield step

    def check_medium(self, medium: BundleMedium) -> None:
        """Raises BadBundle unless the file is there and is what its name says it is."""
        digest = hashlib.sha256()
        with self.medium(medium) as stream:
            for chunk in _chunks(stream):
                digest.update(chunk)
        if digest.hexdigest() != medium.sha256:
            raise BadBundle(
                gettext("%(file)s is not what its name says it is.") % {"file": medium.file}
            )

    def check_listed(self, medium: BundleMedium) -> None:
        """Raises BadBundle unless the file is in the list of contents."""
        if medium.file not in self._entries:
            raise BadBundle(gettext("%(file)s is missing.") % {"file": medium.file})

    @contextmanager
    def medium(self, medium: BundleMedium) -> Iterator[IO[bytes]]:
        self.check_listed(medium)
        with _damage(medium.file), self._archive.open(medium.file) as stream:
            yield stream

    def _lines(self) -> tuple[BundleHead, Iterator[bytes]]:
        """What stands in the record's first line, and the lines that follow, one for each step."""
        lines = self._record()
        first = next(lines, b"").rstrip()
        if not first.endswith(b"["):
            raise BadBundle(
                gettext("%(file)s does not begin as it should: the first line is the run's.")
                % {"file": RECORD}
            )
        raw = _parsed(first + b"]}")
        if raw.get("format") != FORMAT:
            raise BadBundle(gettext("%(file)s is not the record of a run.") % {"file": RECORD})
        if raw.get("version") != VERSION:
            raise BadBundle(
                gettext("This bundle was made by another version, which is not understood here.")
            )
        return _checked(BundleHead, raw, gettext("The run")), _between(lines)

    def _record(self) -> Iterator[bytes]:
        with _damage(RECORD), self._archive.open(RECORD) as stream:
            while line := stream.readline(MAX_LINE + 1):
                if len(line) > MAX_LINE:
                    raise BadBundle(
                        gettext("A line of %(file)s is longer than %(most)s bytes.")
                        % {"file": RECORD, "most": _grouped(MAX_LINE)}
                    )
                yield line


@contextmanager
def open_bundle(stream: IO[bytes]) -> Iterator[Bundle]:
    """The bundle in this file, once it is known to be one of a sane size; raises BadBundle."""
    size = stream.seek(0, os.SEEK_END)
    if size > MAX_BUNDLE:
        raise BadBundle(
            gettext("A bundle may have at most %(most)s MB.")
            % {"most": _grouped(MAX_BUNDLE // 1_000_000)}
        )
    _check_directory(stream, size)
    with _damage(gettext("The file")), zipfile.ZipFile(stream) as archive:
        _check_contents(archive.infolist())
        yield Bundle(archive)


def _check_directory(stream: IO[bytes], size: int) -> None:
    """Before the list of contents is read into memory: how long it is, and of how many files.

    The records that say so are read where the format puts them, which is where zipfile reads them:
    what looks like one of them in another place says nothing.
    """
    end = size - _END.size  # no comment follows it in a bundle
    signature, *_, length, start, comment = _record_at(stream, end, _END)
    if signature != b"PK\x05\x06" or comment:
        raise BadBundle(gettext("This is no zip file, or something follows its end."))
    signature, _, place, _ = _record_at(stream, end - _LOCATOR_64.size, _LOCATOR_64)
    if signature == b"PK\x06\x07":
        end -= _LOCATOR_64.size + _END_64.size
        signature, *_, length, start = _record_at(stream, end, _END_64)
        if signature != b"PK\x06\x06" or place != end:
            raise BadBundle(gettext("The end of this zip file is not as it should be."))
    if length > MAX_DIRECTORY:
        raise BadBundle(gettext("There is too much in this bundle."))
    if start + length != end:
        raise BadBundle(gettext("The list of contents of this zip file is not where it should be."))
    stream.seek(start)
    if stream.read(length).count(b"PK\x01\x02") > MAX_FILES:
        raise BadBundle(gettext("There is too much in this bundle."))
    stream.seek(0)


def _record_at(stream: IO[bytes], offset: int, record: struct.Struct) -> tuple[Any, ...]:
    if offset < 0:
        raise BadBundle(gettext("This is no zip file."))
    stream.seek(offset)
    return record.unpack(stream.read(record.size))


def _check_contents(entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    if len(set(names)) < len(names):
        raise BadBundle(gettext("Something is in this bundle twice."))
    if RECORD not in names:
        raise BadBundle(
            gettext("There is no %(file)s in it: this is not the bundle of a run.")
            % {"file": RECORD}
        )
    for entry in entries:
        known = entry.filename in (RECORD, PAGE, PICTURE, POINTS) or MEDIUM.fullmatch(
            entry.filename
        )
        if not known:
            sentence = gettext("There is something in it that does not belong: %(file)s.")
            raise BadBundle(sentence % {"file": f"{entry.filename!a:.80}"})
        if entry.flag_bits & 1 or entry.compress_type not in _PLAIN:
            raise BadBundle(gettext("It is encrypted, or packed in a way that is not read here."))
    record = next(entry for entry in entries if entry.filename == RECORD)
    if record.file_size > MAX_RECORD or sum(one.file_size for one in entries) > MAX_UNPACKED:
        raise BadBundle(gettext("Unpacked it would be too large."))


@contextmanager
def _damage(what: str) -> Iterator[None]:
    """What goes wrong with a zip file, as one sentence."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise BadBundle(
            gettext("%(what)s is damaged and cannot be read to its end.") % {"what": what}
        ) from error


def _between(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The lines of the steps; after them comes the end and nothing else."""
    ended = False
    for line in lines:
        line = line.strip()
        if ended and line:
            raise BadBundle(gettext("%(file)s goes on after its end.") % {"file": RECORD})
        if line == b"]}":
            ended = True
        elif line:
            yield line.removesuffix(b",")
    if not ended:
        raise BadBundle(gettext("%(file)s has no end: the bundle was cut off.") % {"file": RECORD})


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadBundle(
            gettext("%(file)s has a line that is no JSON.") % {"file": RECORD}
        ) from error
    if not isinstance(value, dict):
        raise BadBundle(gettext("%(file)s has a line that is no object.") % {"file": RECORD})
    return value


def _no_constant(text: str) -> float:
    raise ValueError(text)


def _checked(kind: type[T], value: dict[str, Any], what: str) -> T:
    try:
        return kind.model_validate(value)
    except RecursionError as error:
        raise BadBundle(gettext("%(what)s is nested too deeply.") % {"what": what}) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        words = {"what": what, "problem": f"{place}: {sentence_of(first)}".removeprefix(": ")}
        raise BadBundle(gettext("%(what)s is not as it should be: %(problem)s") % words) from error


def _grouped(number: int) -> str:
    return number_format(number, force_grouping=True)


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    return iter(partial(stream.read, _CHUNK), b"")
