"""What a file says of itself before FFmpeg opens it: that it is encrypted, or longer than it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from .containers import TS_PACKET, read_head
from .program_stream import is_program_cut, is_program_encrypted

MAX_BOXES = 10_000
_WITH_BOXES = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}
_ENCRYPTED_ENTRIES = {b"encv", b"enca", b"enct", b"encs", b"drmi", b"drms"}
_UNKNOWN_SIZE = -1
# Elements of Matroska, by their numbers.
_SEGMENT, _TRACKS, _TRACK_ENTRY = 0x18538067, 0x1654AE6B, 0xAE
_ENCODINGS, _ENCODING, _ENCRYPTION = 0x6D80, 0x6240, 0x5035


def is_encrypted(path: Path, demuxer: str) -> bool:
    if demuxer == "mov":
        with path.open("rb") as stream:
            return any(kind in _ENCRYPTED_ENTRIES for kind in _sample_entries(stream))
    if demuxer == "matroska":
        return _has_encrypted_track(read_head(path))
    if demuxer == "mpegts":
        head = read_head(path)
        packets = range(0, len(head) - 4, TS_PACKET)
        return any(head[at] == 0x47 and head[at + 3] & 0xC0 for at in packets)
    if demuxer == "mpeg":
        return is_program_encrypted(read_head(path))
    return False


def is_cut_short(path: Path, demuxer: str) -> bool:
    """Whether it says that it has more bytes than it has."""
    if demuxer == "mpeg":
        return is_program_cut(path)
    size = path.stat().st_size
    with path.open("rb") as stream:
        if demuxer == "mov":
            return _lacks_boxes(stream, size)
        if demuxer == "matroska":
            for number, start, length in _elements(stream.read(4096)):
                if number == _SEGMENT:
                    return length != _UNKNOWN_SIZE and start + length > size
        if demuxer == "avi":
            stream.seek(4)
            return int.from_bytes(stream.read(4), "little") + 8 > size + 1
        if demuxer == "mpegts":
            return size % TS_PACKET > 0
        return demuxer == "gif" and not _has_gif_an_end(stream)


def _lacks_boxes(stream: BinaryIO, size: int) -> bool:
    boxes = list(_boxes(stream, 0, size))
    kinds = {kind for kind, _, _ in boxes}
    beyond = any(end > size for _, _, end in boxes)
    return beyond or b"moov" not in kinds or (b"mdat" not in kinds and b"moof" not in kinds)


def _boxes(stream: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, beginning of its content, and end of each box of an MP4."""
    for _ in range(MAX_BOXES):
        if start + 8 > end:
            return
        stream.seek(start)
        head = stream.read(16)
        size, kind, content = int.from_bytes(head[:4], "big"), head[4:8], start + 8
        if size == 1:
            size, content = int.from_bytes(head[8:16], "big"), start + 16
        stop = end if size == 0 else start + size
        if stop < content:
            return
        yield kind, content, stop
        start = stop


def _has_gif_an_end(stream: BinaryIO) -> bool:
    """Whether its blocks go on until the one that says so."""
    stream.seek(0)
    _skip_palette(stream, stream.read(13)[10:11])
    while (kind := stream.read(1)) in {b"\x21", b"\x2c"}:
        if kind == b"\x2c":  # a picture
            _skip_palette(stream, stream.read(9)[8:])
        stream.read(1)  # what an extension is, or how short codes are
        while length := stream.read(1).strip(b"\0"):
            stream.seek(length[0], 1)
    return kind != b""  # one that GIF does not know is left to FFmpeg


def _skip_palette(stream: BinaryIO, flags: bytes) -> None:
    if flags and flags[0] & 0x80:
        stream.seek(3 * 2 ** ((flags[0] & 7) + 1), 1)


def _sample_entries(stream: BinaryIO) -> Iterator[bytes]:
    """How the samples of each track are encoded, as an MP4 names it."""
    ahead = [(0, stream.seek(0, 2))]
    while ahead:
        for kind, content, end in _boxes(stream, *ahead.pop()):
            if kind in _WITH_BOXES:
                ahead.append((content, end))
            elif kind == b"stsd":  # 8 bytes of version and count stand before its entries
                yield from (entry for entry, _, _ in _boxes(stream, content + 8, end))


def _elements(data: bytes, start: int = 0) -> Iterator[tuple[int, int, int]]:
    """Number, beginning of its content, and length of each element of a Matroska file."""
    at = start
    while at < len(data):
        number, after = _variable(data, at, keep_marker=True)
        length, content = _variable(data, after, keep_marker=False)
        if content > len(data) or content == after:
            return
        yield number, content, length
        if length == _UNKNOWN_SIZE:
            return
        at = content + length


def _variable(data: bytes, at: int, *, keep_marker: bool) -> tuple[int, int]:
    """A number of as many bytes as its first one says, and where it ends."""
    if at >= len(data) or not data[at]:
        return 0, at
    count = 9 - data[at].bit_length()
    value = int.from_bytes(data[at : at + count], "big")
    if keep_marker:
        return value, at + count
    value &= (1 << 7 * count) - 1
    return (_UNKNOWN_SIZE if value == (1 << 7 * count) - 1 else value), at + count


def _has_encrypted_track(data: bytes) -> bool:
    """Whether an element of encryption stands where a track has one; the tracks stand at the front."""
    inside = {_SEGMENT, _TRACKS, _TRACK_ENTRY, _ENCODINGS, _ENCODING}
    ahead = [data]
    while ahead:
        part = ahead.pop()
        for number, content, length in _elements(part):
            if number == _ENCRYPTION:
                return True
            if number in inside:
                end = len(part) if length == _UNKNOWN_SIZE else content + length
                ahead.append(part[content:end])
    return False
