"""What goes over the model host's socket: one request and one reply per connection.

A frame is two big-endian 32-bit lengths, a JSON header and a binary payload. The client hangs up to
cancel; the host hanging up without a reply means that it died.
"""

from __future__ import annotations

import asyncio
import json
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

LENGTHS = struct.Struct("!II")
LARGEST_HEADER = 1 << 20
LARGEST_PAYLOAD = 64 << 20


class Garbled(Exception):
    """What arrived is not a frame of this protocol."""


class Unusable(Exception):
    """Raised by a model that cannot work with this input, now or later; the message says why."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call of a local model: words, or the path of a media file."""

    model: str
    text: str = ""
    path: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)
    key: str = ""  # differs from step to step, the same when one step is tried again
    number: int = 1
    load_only: bool = False  # no call: have the model in memory for the next one
    cancelled: threading.Event = field(default_factory=threading.Event, compare=False)

    def parameter(self, name: str, default: float) -> float:
        """A numeric parameter; anything that is not a number counts as not set."""
        value = self.parameters.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return default
        return float(value)

    def header(self) -> dict[str, object]:
        return {
            "model": self.model,
            "text": self.text,
            "path": self.path,
            "parameters": dict(self.parameters),
            "key": self.key,
            "number": self.number,
            "load_only": self.load_only,
        }

    @classmethod
    def of_header(cls, header: Mapping[str, object]) -> Request:
        parameters = header.get("parameters")
        number = header.get("number")
        return cls(
            model=str(header.get("model", "")),
            text=str(header.get("text", "")),
            path=str(header.get("path", "")),
            parameters=parameters if isinstance(parameters, dict) else {},
            key=str(header.get("key", "")),
            number=number if isinstance(number, int) else 1,
            load_only=header.get("load_only") is True,
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """Words, or the bytes of a media file; or what went wrong: `error` is then a kind."""

    text: str | None = None
    data: bytes = b""
    content_type: str = ""
    seconds: float = 0.0
    error: str = ""  # "", "invalid", "unknown", "busy", "failed"
    detail: str = ""

    def header(self) -> dict[str, object]:
        return {
            "text": self.text,
            "content_type": self.content_type,
            "seconds": self.seconds,
            "error": self.error,
            "detail": self.detail,
        }

    @classmethod
    def of_frame(cls, header: Mapping[str, object], payload: bytes) -> Reply:
        text = header.get("text")
        seconds = header.get("seconds")
        return cls(
            text=text if isinstance(text, str) else None,
            data=payload,
            content_type=str(header.get("content_type", "")),
            seconds=float(seconds) if isinstance(seconds, int | float) else 0.0,
            error=str(header.get("error", "")),
            detail=str(header.get("detail", "")),
        )


async def read_frame(reader: asyncio.StreamReader) -> tuple[dict[str, object], bytes]:
    """Raises IncompleteReadError where the other side hung up, Garbled where it talks nonsense."""
    header_size, payload_size = LENGTHS.unpack(await reader.readexactly(LENGTHS.size))
    if header_size > LARGEST_HEADER or payload_size > LARGEST_PAYLOAD:
        raise Garbled("a frame is too large")
    try:
        header = json.loads(await reader.readexactly(header_size))
    except ValueError:
        raise Garbled("a frame's header is not JSON") from None
    if not isinstance(header, dict):
        raise Garbled("a frame's header is not an object")
    return header, await reader.readexactly(payload_size)


async def write_frame(
    writer: asyncio.StreamWriter, header: Mapping[str, object], payload: bytes = b""
) -> None:
    head = json.dumps(header, separators=(",", ":")).encode()
    writer.write(LENGTHS.pack(len(head), len(payload)) + head)
    if payload:
        writer.write(payload)
    await writer.drain()
