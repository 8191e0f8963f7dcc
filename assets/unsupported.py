"""Formats that are known and not taken: what is said where one of them comes.

They come again with the next try, so nobody is asked for them twice. A format is worth a line here
if some model or tool gives it; what is not here is "not media that is known".
"""

from __future__ import annotations

import re
from pathlib import Path

from . import sentences
from .containers import HEIF_BRANDS
from .errors import UnsupportedMedia
from .kinds import MediaKind

HEAD = 1024
TAKEN = {
    MediaKind.IMAGE: "PNG, JPEG, WebP, GIF or AVIF",
    MediaKind.AUDIO: "WAV, MP3, FLAC, Ogg or M4A",
    MediaKind.VIDEO: "MP4 or WebM",
}
_STARTS = {
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL \r\n\x87\n": "JPEG XL",
    b"\0\0\0\x0cjP  \r\n\x87\n": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"8BPS": "A Photoshop file (PSD)",
    b"\0\0\x01\0": "An icon (ICO)",
    b"qoif": "QOI",
    b"v/1\x01": "OpenEXR",
    b"#?RADIANCE": "Radiance HDR",
    b"DDS ": "A texture (DDS)",
    b"%PDF": "A PDF document",
    b"%!PS": "PostScript",
    b"glTF": "A 3D model (glTF)",
    b"MThd": "MIDI, which has notes and no sound,",
    b"#!AMR": "AMR",
    b"wvpk": "WavPack",
    b"MAC ": "Monkey's Audio",
    b"DSD ": "DSD",
    b".RMF": "RealMedia",
    b"FLV\x01": "Flash video (FLV)",
    b"\0\0\x01\xba": "An MPEG programme stream",
    b"\0\0\x01\xb3": "A bare MPEG video",
    b"DKIF": "A bare video (IVF)",
    b"YUV4MPEG2": "A bare video (Y4M)",
    b"PK\x03\x04": "An archive (ZIP)",
    b"\x1f\x8b": "A packed file (gzip)",
}
_NETPBM = re.compile(rb"P[1-7]\s")
_BEFORE_SVG = ((b"<?", b"?>"), (b"<!--", b"-->"), (b"<!", b">"))
_BARE_SAMPLES = re.compile(r"\s*audio/(l8|l16|l24|pcm|x-pcm|raw|x-raw)\b", re.IGNORECASE)


def require_supported(path: Path, asked: MediaKind, content_type: str) -> None:
    """Raises UnsupportedMedia where the file is known to be of a format that is not taken.

    `content_type` is what the sender said; only samples without a header are known by it.
    """
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    if found := _format_of(head.removeprefix(b"\xef\xbb\xbf")):
        raise _unsupported(found, asked)
    if _BARE_SAMPLES.match(content_type):
        raise _unsupported("Raw samples (PCM), which do not say how they are played,", asked)


def unknown_encoding(asked: MediaKind) -> UnsupportedMedia:
    """For a file that opens, with a sound or pictures in it that no decoder here knows."""
    return _unsupported("An encoding that is not known", asked)


def _format_of(head: bytes) -> str:
    for start, name in _STARTS.items():
        if head.startswith(start):
            return name
    if head[4:8] == b"ftyp" and head[8:12] in HEIF_BRANDS:
        return "HEIC"
    if _NETPBM.match(head):
        return "Netpbm"
    return "SVG, which is a program and no picture," if _is_svg(head) else ""


def _is_svg(head: bytes) -> bool:
    """Whether its first element is `svg`, behind whatever XML allows before it."""
    rest = head.lstrip()
    while pair := next((pair for pair in _BEFORE_SVG if rest.startswith(pair[0])), None):
        _, _, rest = rest.partition(pair[1])
        rest = rest.lstrip()
    return rest.startswith((b"<svg ", b"<svg>", b"<svg\n", b"<svg:svg"))


def _unsupported(name: str, asked: MediaKind) -> UnsupportedMedia:
    words = {"format": name, "phrase": asked.phrase, "formats": TAKEN[asked]}
    return UnsupportedMedia(sentences.NOT_TAKEN % words)
