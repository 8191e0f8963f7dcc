"""The boxes of an MP4: how long it says it plays, and whether there is more in it than its players need.

FFmpeg tells of a few texts and passes over what it does not know, so the boxes are read here. How many of
them are read is bounded: eight bytes are enough for one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from . import sentences
from .elements import is_empty
from .errors import TooLarge

MAX_TOP_BOXES = 300_000  # a fragment for each picture of half an hour is two for each
MAX_BOXES = 20_000  # that are looked into; a file of more is written anew
MOVIE_HEADER_BYTES = 4_096  # of `moov`, whose first box tells the length

_EMPTY = {b"free", b"skip", b"wide"}  # room for a writer, which has nothing but zeros in it
_PICTURES = (b"avc1", b"avc3", b"vp09", b"av01")
_SOUNDS = (b"mp4a", b".mp3", b"Opus", b"fLaC")
_OF_PICTURES = {b"avcC", b"vpcC", b"av1C", b"pasp", b"colr", b"fiel", b"btrt", b"clap", b"chrm"}
_OF_PICTURES |= {b"SmDm", b"CoLL", b"mdcv", b"clli"}
_OF_SOUND = {b"esds", b"dOps", b"dfLa", b"btrt", b"chan"}
# What may be in what; "" is the file.
_CHILDREN: dict[bytes, set[bytes]] = {
    b"": {b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"sidx", b"mfra"},
    b"moov": {b"mvhd", b"trak", b"mvex", b"iods", b"udta"},
    b"trak": {b"tkhd", b"edts", b"tref", b"mdia"},
    b"edts": {b"elst"},
    b"mdia": {b"mdhd", b"hdlr", b"minf"},
    b"minf": {b"vmhd", b"smhd", b"dinf", b"stbl"},
    b"dinf": {b"dref"},
    b"stbl": {
        *(b"stsd", b"stts", b"ctts", b"cslg", b"stsc", b"stsz", b"stz2", b"stco", b"co64"),
        *(b"stss", b"sdtp", b"sgpd", b"sbgp"),
    },
    b"stsd": {*_PICTURES, *_SOUNDS},
    **dict.fromkeys(_PICTURES, _OF_PICTURES),
    **dict.fromkeys(_SOUNDS, _OF_SOUND),
    b"mvex": {b"mehd", b"trex"},
    b"moof": {b"mfhd", b"traf"},
    b"traf": {b"tfhd", b"tfdt", b"trun", b"sdtp", b"sgpd", b"sbgp"},
    b"mfra": {b"tfra", b"mfro"},
    b"udta": {b"meta"},
    b"meta": {b"hdlr", b"ilst"},
    b"ilst": {b"\xa9too"},  # the name of the encoder, of which FFmpeg tells
}
# Bytes before the first child.
_OWN_BYTES = {
    b"meta": 4,
    b"stsd": 8,
    **dict.fromkeys(_PICTURES, 78),
    **dict.fromkeys(_SOUNDS, 28),
}
# A text would fit into anything larger that is neither a table nor holds others.
_SMALL_BYTES = {b"hdlr": 80, b"dref": 40, b"iods": 40, b"tref": 40, b"\xa9too": 80}
_MAX_SMALL_BYTES = 120
_TABLES = {
    *(b"stts", b"ctts", b"stsc", b"stsz", b"stz2", b"stco", b"co64", b"stss", b"sdtp", b"sgpd"),
    *(b"sbgp", b"elst", b"trun", b"tfra", b"sidx", b"mdat", b"ftyp", b"styp"),
    *(b"avcC", b"vpcC", b"av1C", b"colr", b"esds", b"dOps", b"dfLa"),  # what decoders begin with
}


class Box(NamedTuple):
    """Where one begins, where what is in it begins, and where it ends; all from the start of the file."""

    name: bytes
    start: int
    content: int
    end: int


def top_boxes(stream: BinaryIO, size: int) -> Iterator[Box]:
    """Those of the file. Raises TooLarge for more of them than any writer makes."""
    for number, box in enumerate(_boxes(stream, 0, size)):
        if number >= MAX_TOP_BOXES:
            raise TooLarge(sentences.TOO_MANY_PIECES)
        yield box


def _boxes(stream: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """The row of boxes there, each beginning with its length."""
    while start + 8 <= end:
        stream.seek(start)
        head = stream.read(8)
        length, content = int.from_bytes(head[:4], "big"), start + 8
        if length == 1:
            length, content = int.from_bytes(stream.read(8), "big"), start + 16
        ends = end if length < 8 else start + length  # 0: as far as it goes
        yield Box(head[4:], start, content, ends)
        start = ends


def has_stray_boxes(stream: BinaryIO, size: int) -> bool:
    """Whether there is anything that is not on the list of what players need: texts of any kind, or what
    cannot be told from them."""
    left = MAX_BOXES
    rows = [(b"", 0, size)]
    while rows:
        parent, start, end = rows.pop()
        reached = start
        for box in _boxes(stream, start, end):
            left -= 1
            if left < 0 or box.end > end or not _belongs(stream, box, parent):
                return True
            if box.name in _CHILDREN:
                rows.append((box.name, box.content + _OWN_BYTES.get(box.name, 0), box.end))
            reached = box.end
        if not is_empty(stream, reached, end):
            return True
    return False


def _belongs(stream: BinaryIO, box: Box, parent: bytes) -> bool:
    if box.name in _EMPTY:
        return is_empty(stream, box.content, box.end)
    if box.name not in _CHILDREN[parent]:
        return False
    if box.name in _TABLES or box.name in _CHILDREN:
        return True
    return box.end - box.start <= _SMALL_BYTES.get(box.name, _MAX_SMALL_BYTES)


def declared_by_mp4(path: Path) -> float:
    """The seconds in the header of an MP4, which some players believe before its tracks; 0 = none."""
    with path.open("rb") as stream:
        for box in top_boxes(stream, path.stat().st_size):
            if box.name == b"moov":
                stream.seek(box.start)
                return _movie_seconds(stream.read(min(box.end - box.start, MOVIE_HEADER_BYTES)))
    return 0.0


def _movie_seconds(box: bytes) -> float:
    at = box.find(b"mvhd")
    if at < 0 or len(box) < at + 36:
        return 0.0
    long = box[at + 4] == 1  # version 1 has times of 8 bytes
    scale = int.from_bytes(box[at + 24 : at + 28] if long else box[at + 16 : at + 20], "big")
    ticks = box[at + 28 : at + 36] if long else box[at + 20 : at + 24]
    unknown = ticks == b"\xff" * len(ticks)
    return int.from_bytes(ticks, "big") / scale if scale and not unknown else 0.0
