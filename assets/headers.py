"""What the headers of sounds and videos say of their size and length, and what else lies in the files.

Decoders take a short file as it is, and players believe a header; so both are read here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from . import sentences
from .boxes import has_stray_boxes, top_boxes
from .containers import Container, after_tags
from .elements import end_of_segment, has_stray_elements
from .errors import TooLarge
from .kinds import MEGA

# Whether a file's own headers promise more bytes than came: decoders take a short file as it is

UNKNOWN = 0x7FFFFF00  # and above: written before the end was known
MAX_BELIEVED_BYTES = 300 * MEGA  # larger than anything that is taken in
RIFF_GRACE_BYTES = 256
MP3_GRACE_BYTES = 4_096  # tags behind the sound
MAX_CHUNKS = 1_000  # of a WAV that are looked at: eight bytes are enough for one
MAX_LINKS = 200  # of a chained Ogg
MAX_PAGES = 1_000_000  # of an Ogg: more than a hundred for each second of two hours
MAX_FLAC_BLOCKS = 200


def is_truncated(path: Path, container: Container) -> bool:
    """True only where the file itself says so."""
    check = _CHECKS.get(container.demuxer)
    if check is None:
        return False
    with path.open("rb") as stream:
        return check(stream, path.stat().st_size)


def _number(stream: BinaryIO, length: int) -> int:
    return int.from_bytes(stream.read(length), "big")


def _riff(stream: BinaryIO, size: int) -> bool:
    """Streamed files promise whatever their writer thought of (2 GB, all ones, nothing), others count
    their own header twice. Only what lies between can be a loss."""
    promised = int.from_bytes(stream.read(8)[4:8], "little") + 8
    return promised <= MAX_BELIEVED_BYTES and _lacks(promised, size + RIFF_GRACE_BYTES)


def has_false_sizes(path: Path, container: Container) -> bool:
    """Whether the header of a WAV or MP3 counts other bytes than there are: players would show a wrong
    length, or stop there."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        if container.demuxer == "mp3":
            counted = _end_by_count(stream)
            return counted is not None and size > counted + max(MP3_GRACE_BYTES, size // 50)
        if container.demuxer != "wav":
            return False
        chunks = _riff_chunks(stream, size)
        return not any(name == b"data" and 0 < end <= size + 1 for name, _, _, end in chunks)


def _riff_chunks(stream: BinaryIO, size: int) -> Iterator[tuple[bytes, bytes, int, int]]:
    """Name, first bytes, length and end of each chunk; a sound whose length is not known ends nowhere. Where there
    are more than are looked at, the last one has no name."""
    at = 12
    for _ in range(MAX_CHUNKS):
        if at + 8 > size:
            return
        stream.seek(at)
        name, length = stream.read(4), int.from_bytes(stream.read(4), "little")
        end = at + 8 + length if length else 0
        yield name, stream.read(4), length, end
        if name == b"data" and not 0 < end <= size:
            return
        at += 8 + length + length % 2
    yield b"", b"", 0, 0


# What lies in a file besides its sound and pictures, and FFmpeg does not tell of

# Of a WAV, with the bytes that each has at most; FFmpeg tells of lists of texts.
_RIFF_PARTS = {b"fmt ": 40, b"fact": 12, b"PEAK": 24, b"data": 1 << 32, b"LIST": 1 << 32}
_MAX_ID3_BYTES = 128  # an encoder's name; texts are longer, and FFmpeg tells of them


def has_stray_parts(path: Path, container: Container) -> bool:
    """Chunks, boxes and tags that players pass over, and that may say anything."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        if container.demuxer == "wav":
            chunks = _riff_chunks(stream, size)
            return any(
                length > _RIFF_PARTS.get(name, -1) or (name == b"LIST" and start != b"INFO")
                for name, start, length, _ in chunks
            )
        if container.demuxer == "mov":
            return has_stray_boxes(stream, size)
        if container.demuxer == "matroska":
            return has_stray_elements(stream, size)
        if container.demuxer == "mp3":
            head, tail = stream.read(10), b""
            stream.seek(max(0, size - 160))
            tail = stream.read()
            return after_tags(head) > _MAX_ID3_BYTES or b"TAG" in tail
        return container.demuxer == "flac" and _has_flac_extras(stream)


def _has_flac_extras(stream: BinaryIO) -> bool:
    """Blocks for applications, cue sheets and pictures, texts in the room that a writer left itself, or
    more blocks than are looked at."""
    stream.seek(4)
    for _ in range(MAX_FLAC_BLOCKS):
        if len(head := stream.read(4)) < 4:
            return False
        kind, length = head[0] & 0x7F, int.from_bytes(head[1:], "big")
        if kind in {2, 5, 6} or (kind == 1 and stream.read(length).strip(b"\0")):
            return True
        if head[0] & 0x80:  # the last one
            return False
        stream.seek(0 if kind == 1 else length, 1)
    return True


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


def ogg_links(path: Path) -> list[tuple[int, int]]:
    """Where each link of an Ogg file begins and ends: files that were joined are a chain of links.
    Raises TooLarge for more of them than anybody joins."""
    starts, size = [0], path.stat().st_size
    beginning = True
    with path.open("rb") as stream:
        for at, is_first in _ogg_pages(stream):
            if is_first and not beginning:
                starts.append(at)
            if len(starts) > MAX_LINKS:
                raise TooLarge(sentences.JOINED_FROM_TOO_MANY % {"most": MAX_LINKS})
            beginning = is_first
    return list(zip(starts, [*starts[1:], size], strict=True))


def _ogg_pages(stream: BinaryIO) -> Iterator[tuple[int, bool]]:
    """Where each page begins, and whether it is the first one of its stream. Raises TooLarge."""
    at, left = 0, MAX_PAGES
    while (head := stream.read(27))[:4] == b"OggS" and len(head) == 27:
        if (left := left - 1) < 0:
            raise TooLarge(sentences.TOO_MANY_PIECES)
        yield at, bool(head[5] & 2)
        table = stream.read(head[26])
        at = stream.seek(at + 27 + len(table) + sum(table))


def _boxes(stream: BinaryIO, size: int) -> bool:
    return any(box.end > size for box in top_boxes(stream, size))


def _matroska(stream: BinaryIO, size: int) -> bool:
    """Whether the segment, which holds everything, says it is longer than the rest of the file."""
    end = end_of_segment(stream)
    return end is not None and end > size


def counts_its_bytes(path: Path, container: Container) -> bool:
    """Whether its header counts every byte, so that one that is not truncated is complete."""
    with path.open("rb") as stream:
        if container.demuxer == "mp3":
            return _end_by_count(stream) is not None
        return container.demuxer == "matroska" and end_of_segment(stream) is not None


def _mp3(stream: BinaryIO, size: int) -> bool:
    """Whether the first frame counts more bytes than follow (where an encoder left a count)."""
    end = _end_by_count(stream)
    return end is not None and size < end


def _end_by_count(stream: BinaryIO) -> int | None:
    """Where an MP3 ends by the count in its first frame; None where there is none."""
    stream.seek(0)
    first = after_tags(stream.read(10))
    stream.seek(first)
    frame = stream.read(256)
    at = max(frame.find(b"Xing"), frame.find(b"Info"))
    flags = frame[at + 7] if at >= 0 and len(frame) > at + 7 else 0
    if not flags & 2:
        return None
    counted = at + 8 + (4 if flags & 1 else 0)
    return first + int.from_bytes(frame[counted : counted + 4], "big")


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
