"""The elements of a WebM or Matroska file: where it ends, and whether there is more in it than FFmpeg tells of.

Each begins with its identifier and its length, both of variable length. How many of them are read is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from .kinds import MEGA

MAX_ELEMENTS = 20_000  # that are looked at; a file of more is written anew
MAX_INFO_BYTES = 64  # of one that describes the file
_SEGMENT, _INFO, _VOID, _CHECKSUM = 0x18538067, 0x1549A966, 0xEC, 0xBF
# Besides these the index, tracks, cues, clusters, and tags, of which FFmpeg tells.
_OF_SEGMENT = {0x114D9B74, 0x1654AE6B, 0x1C53BB6B, 0x1F43B675, 0x1254C367, _INFO, _CHECKSUM}
# The scale of times, duration, muxer, writer, title (of which FFmpeg tells), date, identifier.
_OF_INFO = {0x2AD7B1, 0x4489, 0x4D80, 0x5741, 0x7BA9, 0x4461, 0x73A4, _CHECKSUM}


def end_of_segment(stream: BinaryIO) -> int | None:
    """Of what holds everything; None where it was written before its end was known."""
    segment = _segment(stream)
    return segment and segment[1]


def has_stray_elements(stream: BinaryIO, size: int) -> bool:
    """Whether there is anything in it that is not on the list, a text in the room that a writer left
    itself, or something whose end is not known."""
    segment = _segment(stream)
    if segment is None or segment[1] != size:
        return True
    left = MAX_ELEMENTS
    rows = [(_OF_SEGMENT, *segment)]
    while rows:
        allowed, start, end = rows.pop()
        for name, content, ends in _elements(stream, start, end):
            left -= 1
            if left < 0 or ends > end or not _belongs(stream, name, content, ends, allowed):
                return True
            if name == _INFO:
                rows.append((_OF_INFO, content, ends))
    return False


def _belongs(stream: BinaryIO, name: int, start: int, end: int, allowed: set[int]) -> bool:
    if name == _VOID:
        return is_empty(stream, start, end)
    return name in allowed and (allowed is not _OF_INFO or end - start <= MAX_INFO_BYTES)


def _elements(stream: BinaryIO, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Identifier, begin of what is in it and end of each; one that does not say ends nowhere."""
    while start < end:
        stream.seek(start)
        name = _identifier(stream)
        length = variable_number(stream)
        content = stream.tell()
        start = content + length if length is not None else end + 1
        yield name, content, start


def _segment(stream: BinaryIO) -> tuple[int, int] | None:
    """Where what is in the segment begins and ends; None where it does not say."""
    stream.seek(4)
    header = variable_number(stream)
    if header is None:
        return None
    stream.seek(header, 1)
    name, length = _identifier(stream), variable_number(stream)
    if length is None or name != _SEGMENT:
        return None
    return stream.tell(), stream.tell() + length


def _identifier(stream: BinaryIO) -> int:
    """With the bits that tell its length; 0 is none."""
    first = stream.read(1)
    length = 9 - first[0].bit_length() if first else 9
    return int.from_bytes(first + stream.read(length - 1), "big") if length <= 4 else 0


def variable_number(stream: BinaryIO) -> int | None:
    """A number whose first byte tells its length; None stands for "unknown", all ones."""
    first = int.from_bytes(stream.read(1), "big")
    length = 9 - first.bit_length()
    if length > 8:
        return None
    rest = int.from_bytes(stream.read(length - 1), "big")
    value = (first << 8 * (length - 1) | rest) & ((1 << 7 * length) - 1)
    return None if value == (1 << 7 * length) - 1 else value


def is_empty(stream: BinaryIO, start: int, end: int) -> bool:
    """Whether there is nothing but zeros."""
    stream.seek(start)
    while start < end and (piece := stream.read(min(MEGA, end - start))):
        if piece.strip(b"\0"):
            return False
        start += len(piece)
    return True
