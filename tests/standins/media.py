"""Small real media, and broken ones, for stand-in providers; no library of the product's."""

from __future__ import annotations

import hashlib
import io
import math
import struct
import wave
import zlib
from array import array


def png(seed: str, width: int = 64, height: int = 36) -> bytes:
    """One plain colour that the seed decides."""
    colour = hashlib.sha256(seed.encode()).digest()[:3]
    rows = (b"\0" + colour * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def wav(seed: str, rate: int = 8_000) -> bytes:
    """Half a second of one tone that the seed decides."""
    hertz = 200 + hashlib.sha256(seed.encode()).digest()[0] * 2
    turn = 2 * math.pi * hertz / rate
    samples = array("h", (int(9_000 * math.sin(turn * n)) for n in range(rate // 2)))
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return buffer.getvalue()
