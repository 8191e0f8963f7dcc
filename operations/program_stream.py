"""MPEG programme streams (.mpg, .vob): packets that say their own length, in a file that says nothing of its."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

PACK = b"\0\0\x01\xba"
LEAST_SYSTEM = 0xBB  # codes of packets; what is below is within a picture
TAIL = 256 * 1024  # more than three of the largest packets
_FLAGS = slice(6, 7)  # of the header of a packet with sound or pictures


def is_program_cut(path: Path) -> bool:
    """Whether the last packet says that it has more bytes than are there."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        start = max(0, size - TAIL)
        stream.seek(start)
        tail = stream.read()
    first = tail.find(PACK)
    ends = [end for _, _, end in _packets(tail, first)] if first >= 0 else []
    return bool(ends) and ends[-1] > len(tail)


def is_program_encrypted(head: bytes) -> bool:
    """Whether one of its first packets says that its content is scrambled, as on discs that are bought."""
    return any(
        _has_media(code) and flags & 0xC0 == 0x80 and flags & 0x30 > 0
        for code, at, _ in _packets(head, 0)
        for flags in head[at:][_FLAGS]
    )


def _has_media(code: int) -> bool:
    return code == 0xBD or 0xC0 <= code <= 0xEF


def _packets(data: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Code, beginning and end of each; until one that says nothing of its length."""
    while data[at : at + 3] == PACK[:3] and at + 4 <= len(data):
        code = data[at + 3]
        if code == PACK[3]:
            end = at + _length_of_pack(data, at)
        elif code < LEAST_SYSTEM:
            return
        else:
            end = at + 6 + int.from_bytes(data[at + 4 : at + 6], "big")
        yield code, at, end
        at = end


def _length_of_pack(data: bytes, at: int) -> int:
    """MPEG-1 has shorter ones than MPEG-2, whose last byte says how many are empty."""
    if data[at + 4 : at + 5] < b"\x40":
        return 12
    return 14 + (data[at + 13] & 7 if at + 13 < len(data) else 0)
