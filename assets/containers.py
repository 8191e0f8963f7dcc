"""Telling media apart by their first bytes.

The demuxer is chosen here and never guessed by FFmpeg: a play list, which could make it open
other files and addresses, is not in the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from .kinds import Kind

HEAD = 64
_STILL_BRANDS = {b"avif", b"avis", b"mif1", b"msf1", b"heic", b"heix"}


@dataclass(frozen=True, slots=True)
class Container:
    """How a file is wrapped. `kind` is None where only its streams can tell."""

    demuxer: str  # FFmpeg's name; "" = Pillow's business
    kind: Kind | None = None
    browser: bool = True  # browsers open this wrapping
    declares_length: bool = False  # its header says how long it plays


IMAGE = Container("", Kind.IMAGE)
GIF = Container("gif", Kind.IMAGE, browser=False)
WAV = Container("wav", Kind.AUDIO)
AVI = Container("avi", browser=False)
MP3 = Container("mp3", Kind.AUDIO)
MP3_WITH_LENGTH = Container("mp3", Kind.AUDIO, declares_length=True)
AAC = Container("aac", Kind.AUDIO)
OGG = Container("ogg")
FLAC = Container("flac", Kind.AUDIO, declares_length=True)
AIFF = Container("aiff", Kind.AUDIO, browser=False, declares_length=True)
AU = Container("au", Kind.AUDIO, browser=False)
CAF = Container("caf", Kind.AUDIO, browser=False)
MP4 = Container("mov", declares_length=True)
MOV = Container("mov", browser=False, declares_length=True)
WEBM = Container("matroska", declares_length=True)
MKV = Container("matroska", browser=False, declares_length=True)
TS = Container("mpegts", browser=False)
ASF = Container("asf", browser=False)

_STARTS = (
    (b"\x89PNG\r\n\x1a\n", IMAGE),
    (b"\xff\xd8\xff", IMAGE),
    (b"BM", IMAGE),
    (b"II*\0", IMAGE),
    (b"MM\0*", IMAGE),
    (b"GIF8", GIF),
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
    if head[:4] == b"FORM" and head[8:12] in {b"AIFF", b"AIFC"}:
        return AIFF
    if head[:4] == b"\x1aE\xdf\xa3":
        return WEBM if b"webm" in head else MKV
    if head[4:8] in {b"moov", b"mdat", b"wide", b"free"}:
        return MOV
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return IMAGE if brand in _STILL_BRANDS else MOV if brand == b"qt  " else MP4
    return None


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
