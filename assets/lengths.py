"""Whether a file's own headers promise more bytes than came: decoders take a short file as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from . import containers
from .containers import Container

UNKNOWN = 0x7FFFFF00  # and above: written before the end was known


def is_cut_short(path: Path, container: Container) -> bool:
    """True only where the file itself says so."""
    check = _CHECKS.get(container.demuxer)
    if check is None:
        return False
    with path.open("rb") as stream:
        return check(stream, path.stat().st_size)


def _number(stream: BinaryIO, length: int) -> int:
    return int.from_bytes(stream.read(length), "big")


def _riff(stream: BinaryIO, size: int) -> bool:
    head = stream.read(8)
    # One byte of grace: some writers count the padding that they leave out.
    return _lacks(int.from_bytes(head[4:8], "little") + 8, size + 1)


def _aiff(stream: BinaryIO, size: int) -> bool:
    stream.seek(4)
    return _lacks(_number(stream, 4) + 8, size + 1)


def _au(stream: BinaryIO, size: int) -> bool:
    stream.seek(4)
    start, length = _number(stream, 4), _number(stream, 4)
    return _lacks(start + length, size)


def _lacks(promised: int, size: int) -> bool:
    return size < promised < UNKNOWN


def _ogg(stream: BinaryIO, size: int) -> bool:
    """Whether the last page ends where the file does."""
    stream.seek(max(0, size - 65_536))  # a page has at most 65,307 bytes
    tail = stream.read()
    page = tail.rfind(b"OggS")
    if page < 0 or len(tail) < page + 27:
        return True
    segments = tail[page + 26]
    table = tail[page + 27 : page + 27 + segments]
    return len(table) < segments or len(tail) < page + 27 + segments + sum(table)


def _boxes(stream: BinaryIO, size: int) -> bool:
    """MP4: a row of boxes, each beginning with its length."""
    at = 0
    while at + 8 <= size:
        stream.seek(at)
        length = _number(stream, 4)
        if length == 1:
            stream.seek(at + 8)
            length = _number(stream, 8)
        if length < 8:  # 0: as far as the file goes
            return False
        at += length
    return at > size


def _matroska(stream: BinaryIO, size: int) -> bool:
    """Whether the segment, which holds everything, says it is longer than the rest of the file."""
    stream.seek(4)
    header = _variable_number(stream)
    if header is None:
        return False
    stream.seek(stream.tell() + header + 4)
    segment = _variable_number(stream)
    return segment is not None and stream.tell() + segment > size


def _variable_number(stream: BinaryIO) -> int | None:
    """A number whose first byte tells its length; None stands for "unknown", all ones."""
    first = _number(stream, 1)
    length = 9 - first.bit_length()
    if length > 8:
        return None
    value = (first << 8 * (length - 1) | _number(stream, length - 1)) & ((1 << 7 * length) - 1)
    return None if value == (1 << 7 * length) - 1 else value


def _mp3(stream: BinaryIO, size: int) -> bool:
    """Whether the first frame counts more bytes than follow (where an encoder left a count)."""
    first = containers.after_tags(stream.read(10))
    stream.seek(first)
    frame = stream.read(256)
    at = max(frame.find(b"Xing"), frame.find(b"Info"))
    if at < 0:
        return False
    flags = frame[at + 7] if len(frame) > at + 7 else 0
    if not flags & 2:
        return False
    counted = at + 8 + (4 if flags & 1 else 0)
    return size < first + int.from_bytes(frame[counted : counted + 4], "big")


_CHECKS: dict[str, Callable[[BinaryIO, int], bool]] = {
    "wav": _riff,
    "avi": _riff,
    "aiff": _aiff,
    "au": _au,
    "ogg": _ogg,
    "mov": _boxes,
    "matroska": _matroska,
    "mp3": _mp3,
}


# MP3 frames, whose decoder makes do with a part of the last one

_KBITS = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = (44_100, 48_000, 32_000)
_SLOWER = {3: 1, 2: 2, 0: 4}  # MPEG 1, 2 and 2.5


def is_whole_mp3_frame(frame: bytes) -> bool:
    """False where the frame's own header asks for more bytes than it has."""
    if len(frame) < 4:
        return False
    version, layer = frame[1] >> 3 & 3, frame[1] >> 1 & 3
    bitrate, rate = frame[2] >> 4, frame[2] >> 2 & 3
    if layer != 1 or version not in _SLOWER or bitrate == 15 or rate == 3:
        return True  # no layer III header: the decoder has its say
    first = version == 3
    coefficient = 144_000 if first else 72_000
    length = coefficient * _KBITS[first][bitrate] // (_RATES[rate] // _SLOWER[version])
    return len(frame) >= length + (frame[2] >> 1 & 1)
