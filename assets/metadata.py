"""Taking metadata out of images, without touching a pixel.

Generators write the whole workflow, their user's words included, into text chunks, comments, EXIF and
XMP. What says how the pixels are to be shown stays: colour profile, orientation, timing of frames.
A file that has nothing else comes out as it went in.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = {
    *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"acTL", b"fcTL", b"fdAT"),
    *(b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"mDCV", b"cLLI", b"sBIT", b"bKGD", b"pHYs"),
}
_WEBP_KEPT = {b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"}
_WEBP_EXIF, _WEBP_XMP = 0x08, 0x04  # flags of VP8X
_GIF_KEPT = {b"NETSCAPE2.0", b"ANIMEXTS1.0"}  # application extensions: how often it is repeated


def without_metadata(
    data: bytes, image_format: str, orientation: int, secrets: list[bytes]
) -> bytes:
    """The file without what is not about showing it. `secrets` are pieces of metadata that a decoder
    found, for formats whose structure is not taken apart here."""
    if strip := _STRIPPERS.get(image_format):
        return b"".join(strip(data, orientation))
    for secret in secrets:
        # Decoders refuse a file whose EXIF has no header.
        blank = _orientation_exif(1) if secret.startswith((b"II", b"MM")) else b""
        data = data.replace(secret, blank[: len(secret)].ljust(len(secret), b"\0"))
    return data


def _orientation_exif(orientation: int) -> bytes:
    """The smallest EXIF there is: one entry, the orientation."""
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", 1) + entry + b"\0\0\0\0"


def _png(data: bytes, orientation: int) -> Iterator[bytes]:
    yield PNG_SIGNATURE
    at = len(PNG_SIGNATURE)
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        if name in _PNG_KEPT:
            yield data[at : at + length + 12]
        if name == b"IHDR" and orientation > 1:
            exif = b"eXIf" + _orientation_exif(orientation)
            yield struct.pack(">I", len(exif) - 4) + exif + struct.pack(">I", zlib.crc32(exif))
        if name == b"IEND":
            return
        at += length + 12


def _jpeg(data: bytes, orientation: int) -> Iterator[bytes]:
    yield data[:2]
    if orientation > 1:
        exif = b"Exif\0\0" + _orientation_exif(orientation)
        yield b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    at = 2
    while at + 4 <= len(data):
        marker = data[at + 1]
        if data[at] != 0xFF or marker == 0xFF:  # what decoders pass over
            at += 1
            continue
        if marker == 0xD9:  # the end; whatever follows is no part of the picture
            break
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        end = at + 2 + length
        if marker == 0xDA:
            end = _end_of_scan(data, end)
        if _is_kept_in_jpeg(marker, data[at + 4 : at + 18]):
            yield data[at:end]
        at = end
    yield b"\xff\xd9"


def _is_kept_in_jpeg(marker: int, start: bytes) -> bool:
    if marker == 0xE0:
        return start.startswith(b"JFIF\0")
    if marker == 0xE2:
        return start.startswith(b"ICC_PROFILE\0")
    return marker == 0xEE or not (0xE1 <= marker <= 0xEF or marker == 0xFE)


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the next marker begins that is no part of compressed pixels."""
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        if data[at + 1] not in {0x00, 0xFF, *range(0xD0, 0xD8)}:
            return at
        at += 1 if data[at + 1] == 0xFF else 2
    return len(data)


def _webp(data: bytes, orientation: int) -> Iterator[bytes]:
    chunks = []
    at, end = 12, min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    while at + 8 <= end:
        name, length = struct.unpack_from("<4sI", data, at)
        chunk = data[at : at + 8 + length + length % 2]
        if name == b"VP8X":
            flags = chunk[8] & ~(_WEBP_EXIF | _WEBP_XMP) | (_WEBP_EXIF if orientation > 1 else 0)
            chunk = chunk[:8] + bytes([flags]) + chunk[9:]
            if orientation > 1:
                exif = _orientation_exif(orientation)
                chunks.append(b"EXIF" + struct.pack("<I", len(exif)) + exif)
        if name in _WEBP_KEPT:
            chunks.append(chunk)
        at += len(chunk)
    chunks.sort(key=lambda chunk: chunk.startswith(b"EXIF"))  # it comes last
    yield b"RIFF" + struct.pack("<I", 4 + sum(map(len, chunks))) + b"WEBP"
    yield from chunks


def _gif(data: bytes, orientation: int) -> Iterator[bytes]:
    at = 13 + _colour_table(data[10])
    yield data[:at]
    while at < len(data) and data[at] != 0x3B:
        start = at
        if data[at] == 0x2C:
            at = _end_of_blocks(data, at + 11 + _colour_table(data[at + 9]))
            kept = True
        else:
            at = _end_of_blocks(data, start + 2)
            label, name = data[start + 1], data[start + 3 : start + 14]
            kept = label == 0xF9 or (label == 0xFF and name in _GIF_KEPT)
        if kept:
            yield data[start:at]
    yield b"\x3b"


def _colour_table(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _end_of_blocks(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        at += data[at] + 1
    return at + 1


_STRIPPERS: dict[str, Callable[[bytes, int], Iterator[bytes]]] = {
    "PNG": _png,
    "JPEG": _jpeg,
    "MPO": _jpeg,
    "WEBP": _webp,
    "GIF": _gif,
}
