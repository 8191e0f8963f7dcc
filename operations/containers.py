"""Opening media: recognised by its first bytes, and opened by the demuxer that those name.

FFmpeg never guesses: a playlist could make it open other files and addresses.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av

from . import sentences
from .errors import BadInput
from .program_stream import PACK
from .sentences import stored_sentence

HEAD = 16 * 1024
TS_PACKET = 188
MATROSKA = b"\x1aE\xdf\xa3"
CLIPS = {"mov", "matroska", "avi", "mpegts", "mpeg", "asf", "ogg", "flv", "gif"}
SOUNDS = {"wav", "mp3", "aac", "flac", "aiff", "ogg", "mov", "matroska"}
# What people send by mistake, and under another name.
_OTHERS = (
    (b"\x89PNG\r\n\x1a\n", stored_sentence("a PNG image")),
    (b"\xff\xd8\xff", stored_sentence("a JPEG image")),
    (b"BM", stored_sentence("a BMP image")),
    (b"II*\0", stored_sentence("a TIFF image")),
    (b"MM\0*", stored_sentence("a TIFF image")),
    (b"%PDF", stored_sentence("a PDF document")),
    (b"PK\x03\x04", stored_sentence("a ZIP archive or an office document")),
    (b"\x1f\x8b", stored_sentence("a compressed archive")),
    (b"7z\xbc\xaf", stored_sentence("a compressed archive")),
    (b"Rar!", stored_sentence("a compressed archive")),
    (b"\x7fELF", stored_sentence("a program")),
    (b"MZ", stored_sentence("a program")),
    (b"#EXTM3U", stored_sentence("a playlist")),
    (b"<", stored_sentence("a web page or another text")),
    (b"{", stored_sentence("a text")),
)
# Videos all the same, but not to be taken: without the times of their pictures, or by nobody's decoder here.
_UNTAKEN = (
    (b"\0\0\x01\xb3", stored_sentence("an MPEG video without its container")),
    (b"\0\0\x01\x67", stored_sentence("an H.264 video without its container")),
    (b"\0\0\0\x01", stored_sentence("an H.264 or H.265 video without its container")),
    (b"DKIF", stored_sentence("a VP8, VP9 or AV1 video without its container")),
    (b"YUV4MPEG2", stored_sentence("a video without its container (Y4M)")),
    (b"\x06\x0e\x2b\x34", stored_sentence("a video for editing (MXF)")),
    (b".RMF", stored_sentence("a RealMedia video")),
)
_STARTS = (
    (PACK, "mpeg"),
    (MATROSKA, "matroska"),
    (b"OggS", "ogg"),
    (b"GIF8", "gif"),
    (b"FLV\x01", "flv"),
    (b"fLaC", "flac"),
    (b"ID3", "mp3"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
)
_RIFF = {b"AVI ": "avi", b"WAVE": "wav"}
_IMAGE_BRANDS = {b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1"}


def demuxer_of(head: bytes) -> str:
    """FFmpeg's name of the demuxer for a file that begins so; "" = no media that is known."""
    for start, demuxer in _STARTS:
        if head.startswith(start):
            return demuxer
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], "")
    if head[:4] == b"FORM" and head[8:12] in {b"AIFF", b"AIFC"}:
        return "aiff"
    if head[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"}:
        return "" if head[4:8] == b"ftyp" and head[8:12] in _IMAGE_BRANDS else "mov"
    if len(head) > TS_PACKET and head[0] == head[TS_PACKET] == 0x47:
        return "mpegts"
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[:3] != b"\xff\xd8\xff":
        return "aac" if head[1] & 0xF6 == 0xF0 else "mp3"
    return ""


def _phrase_of(head: bytes) -> str:
    """What a file is that is no clip, in words; "" = nobody knows."""
    for start, phrase in _OTHERS:
        if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(start):
            return phrase
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return stored_sentence("a WebP image")
    if head[4:8] == b"ftyp":
        return stored_sentence("an image")
    return stored_sentence("a text") if head.isascii() and all(byte >= 9 for byte in head) else ""


def read_head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(HEAD)


def require_media(path: Path, demuxers: set[str]) -> str:
    """The demuxer of a file. Raises BadInput where it is none of these."""
    head = read_head(path)
    if not head:
        raise BadInput(sentences.EMPTY)
    demuxer = demuxer_of(head)
    if demuxer in demuxers:
        return demuxer
    if demuxer in SOUNDS:
        raise BadInput(sentences.NO_PICTURES)
    if untaken := next((phrase for start, phrase in _UNTAKEN if head.startswith(start)), ""):
        raise BadInput(sentences.NOT_TAKEN % {"phrase": untaken})
    phrase = _phrase_of(head)
    raise BadInput(sentences.NOT_A_CLIP % {"phrase": phrase} if phrase else sentences.UNKNOWN)


@contextmanager
def open_media(path: Path, demuxer: str, sentence: str = sentences.DAMAGED) -> Iterator[Any]:
    """The file, opened. What FFmpeg makes of its bytes within is raised as BadInput with `sentence`."""
    try:
        with av.open(
            str(path),
            format=demuxer,
            options={"protocol_whitelist": "file"},
            metadata_errors="ignore",
        ) as media:
            yield media
    except av.error.MemoryError as error:  # of absurd sizes in the file
        raise BadInput(sentence) from error
    except av.error.FFmpegError as error:
        if isinstance(error, OSError) and error.errno in {28, 122}:  # the disk is full
            raise
        raise BadInput(sentence) from error


def moving_pictures(media: Any) -> Any:
    """Its first stream of them, ready to decode with one thread; a cover is none. Raises BadInput."""
    cover = av.stream.Disposition.attached_pic
    streams = [one for one in media.streams.video if not one.disposition & cover]
    if not streams:
        sound = bool(media.streams.audio)
        raise BadInput(sentences.NO_PICTURES if sound else sentences.NO_STREAM)
    return with_one_thread(streams[0])


def with_one_thread(stream: Any) -> Any:
    if stream.codec_context is None:
        raise BadInput(sentences.UNKNOWN_ENCODING)
    stream.codec_context.thread_count = 1
    return stream
