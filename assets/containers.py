"""Containers of media: recognised by their first bytes, and opened.

The demuxer is chosen here and never guessed by FFmpeg: a playlist, which could make it open other
files and addresses, is not in the table.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from .errors import AssetError, DamagedMedia
from .kinds import MediaKind

logger = logging.getLogger(__name__)

HEAD = 64
WAV_PROBED_BYTES = 1 << 14
_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS}
_AVIF_BRANDS = {b"avif", b"avis"}
HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


@dataclass(frozen=True, slots=True)
class Container:
    """How a file is wrapped. `kind` is None where only its streams can tell."""

    demuxer: str  # FFmpeg's name; "" = Pillow's business
    kind: MediaKind | None = None
    browser: bool = True  # browsers open this wrapping
    declares_length: bool = False  # its header says how long it plays
    counts_from_zero: bool = False  # and counts the time before its first sound or picture


IMAGE = Container("", MediaKind.IMAGE)
WAV = Container("wav", MediaKind.AUDIO)
RF64 = Container("wav", MediaKind.AUDIO, browser=False)
AVI = Container("avi", browser=False)
MP3 = Container("mp3", MediaKind.AUDIO)
MP3_WITH_LENGTH = Container("mp3", MediaKind.AUDIO, declares_length=True)
AAC = Container("aac", MediaKind.AUDIO)
OGG = Container("ogg")
FLAC = Container("flac", MediaKind.AUDIO, declares_length=True)
AIFF = Container("aiff", MediaKind.AUDIO, browser=False, declares_length=True)
AU = Container("au", MediaKind.AUDIO, browser=False)
CAF = Container("caf", MediaKind.AUDIO, browser=False)
MP4 = Container("mov", declares_length=True)
MOV = Container("mov", browser=False, declares_length=True)
WEBM = Container("matroska", declares_length=True, counts_from_zero=True)
MKV = replace(WEBM, browser=False)
TS = Container("mpegts", browser=False)
ASF = Container("asf", browser=False)

_STARTS = (
    (b"\x89PNG\r\n\x1a\n", IMAGE),
    (b"\xff\xd8\xff", IMAGE),
    (b"BM", IMAGE),
    (b"II*\0", IMAGE),
    (b"MM\0*", IMAGE),
    (b"GIF8", IMAGE),
    (b"OggS", OGG),
    (b"fLaC", FLAC),
    (b".snd", AU),
    (b"caff", CAF),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", ASF),
)
_RIFF = {b"WAVE": WAV, b"AVI ": AVI, b"WEBP": IMAGE}


def recognise(path: Path) -> Container | None:
    """What the first bytes say this is; None: nothing known, so not media to us."""
    with path.open("rb") as stream:
        head = stream.read(HEAD)
        for start, container in _STARTS:
            if head.startswith(start):
                return container
        return _by_structure(head) or _mpeg(head, stream)


def _by_structure(head: bytes) -> Container | None:
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[:4] in {b"RF64", b"BW64"} and head[8:12] == b"WAVE":
        return RF64
    if head[:4] == b"FORM" and head[8:12] in {b"AIFF", b"AIFC"}:
        return AIFF
    if head[:4] == b"\x1aE\xdf\xa3":
        return WEBM if b"webm" in head else MKV
    if head[4:8] in {b"moov", b"mdat", b"wide", b"free"}:
        return MOV
    if head[4:8] == b"ftyp":
        return _by_brands(head)
    return None


def _by_brands(head: bytes) -> Container | None:
    brand, length = head[8:12], int.from_bytes(head[:4], "big")
    if brand in _AVIF_BRANDS | HEIF_BRANDS:
        compatible = {head[at : at + 4] for at in range(8, min(length, HEAD), 4)}
        return IMAGE if compatible & _AVIF_BRANDS else None  # HEIC is not taken
    return MOV if brand == b"qt  " else MP4


def _mpeg(head: bytes, stream: BinaryIO) -> Container | None:
    """MP3, raw AAC and transport streams: all they have is a rhythm of sync bytes."""
    first = after_tags(head)
    stream.seek(first)
    frame = stream.read(256)
    if len(frame) > 2 and frame[0] == 0xFF and frame[1] & 0xE0 == 0xE0:
        if frame[1] & 0xF6 == 0xF0:
            return AAC
        return MP3_WITH_LENGTH if b"Xing" in frame or b"Info" in frame else MP3
    if first:
        return MP3
    return TS if len(frame) > 188 and frame[0] == frame[188] == 0x47 else None


def after_tags(head: bytes) -> int:
    """Where an MP3 begins behind its ID3 tags, whose length has seven bits in each byte."""
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    return 10 + sum(byte << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))


# Opening with FFmpeg's libraries, which are imported with the first sound or video


@contextmanager
def codec_errors_as(sentence: str) -> Iterator[None]:
    """Whatever a decoder or encoder makes of bytes that a stranger chose as DamagedMedia; our own errors,
    those of the disk and a lack of memory as they are."""
    try:
        yield
    except AssetError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _DISK:
            raise
        if isinstance(error, MemoryError) and not _is_of_ffmpeg(error):
            raise
        logger.info("%s %r", sentence, error)
        raise DamagedMedia(sentence) from error


def _is_of_ffmpeg(error: Exception) -> bool:
    """FFmpeg lacks memory where a file asks for an absurd amount of it."""
    import av

    return isinstance(error, av.error.FFmpegError)


def open_media(path: Path, container: Container) -> Any:
    """The file opened by the demuxer that its first bytes named, and by no other."""
    import av

    options = {"protocol_whitelist": "file"}
    if container.demuxer == "wav":  # its header says all; FFmpeg would read megabytes to be sure
        options["probesize"] = str(WAV_PROBED_BYTES)
    return av.open(str(path), format=container.demuxer, options=options, metadata_errors="ignore")


def first_streams(media: Any) -> list[Any]:
    """The first picture that moves and the first sound; a cover is neither."""
    import av

    cover = av.stream.Disposition.attached_pic
    moving = [s for s in media.streams.video if not s.disposition & cover]
    return [*moving[:1], *media.streams.audio[:1]]
