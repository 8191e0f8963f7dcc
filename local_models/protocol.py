"""What goes over the model host's socket: one request and one reply per connection.

A frame is two big-endian 32-bit lengths, a JSON header and a binary payload. The client closes the
connection to cancel; where the host closes it without a reply, it has died.
"""

from __future__ import annotations

import asyncio
import json
import struct
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

LENGTHS = struct.Struct("!II")
MAX_HEADER = 1 << 20
MAX_PAYLOAD = 64 << 20


class BadFrame(Exception):
    """What arrived is not a frame of this protocol."""


class UnusableInput(Exception):
    """Raised by a model that cannot work with this input, now or later; the message says why."""


@dataclass(frozen=True, slots=True)
class HostRequest:
    """One call of a local model: words, or the path of a media file."""

    model: str
    text: str = ""
    path: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)
    key: str = ""  # differs from step to step, the same when one step is tried again
    number: int = 1
    load_only: bool = False  # load the model into memory for the next call
    cancelled: threading.Event = field(default_factory=threading.Event, compare=False)

    def parameter(self, name: str, default: float) -> float:
        """A numeric parameter; anything that is not a number counts as not set."""
        value = self.parameters.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return default
        return float(value)

    def choice(self, name: str, choices: Collection[str], default: str) -> str:
        """A parameter that names one of some; anything else counts as not set."""
        value = self.parameters.get(name)
        return value if isinstance(value, str) and value in choices else default

    def header(self) -> dict[str, object]:
        return _without(self, "cancelled")

    @classmethod
    def from_header(cls, header: Mapping[str, Any]) -> HostRequest:
        """Raises BadFrame for a header of another shape."""
        try:
            return cls(**header)
        except TypeError:
            raise BadFrame("a request has other fields than this version knows") from None


@dataclass(frozen=True, slots=True)
class HostReply:
    """Words, or the bytes of a media file; or what went wrong: `error` is then a kind."""

    text: str | None = None
    data: bytes = b""
    content_type: str = ""
    seconds: float = 0.0  # measured by the host
    processor_seconds: float = 0.0
    error: str = ""  # "", "invalid", "unknown", "busy", "failed"
    detail: str = ""

    def header(self) -> dict[str, object]:
        return _without(self, "data")

    @classmethod
    def from_frame(cls, header: Mapping[str, Any], payload: bytes) -> HostReply:
        """Raises BadFrame for a header of another shape."""
        try:
            return cls(**header, data=payload)
        except TypeError:
            raise BadFrame("a reply has other fields than this version knows") from None


def _without(message: HostRequest | HostReply, left_out: str) -> dict[str, object]:
    return {one.name: getattr(message, one.name) for one in fields(message) if one.name != left_out}


async def read_frame(reader: asyncio.StreamReader) -> tuple[dict[str, object], bytes]:
    """Raises IncompleteReadError where the other side closed the connection, BadFrame where it sent
    something else."""
    header_size, payload_size = LENGTHS.unpack(await reader.readexactly(LENGTHS.size))
    if header_size > MAX_HEADER or payload_size > MAX_PAYLOAD:
        raise BadFrame("a frame is too large")
    try:
        header = json.loads(await reader.readexactly(header_size))
    except ValueError:
        raise BadFrame("a frame's header is not JSON") from None
    if not isinstance(header, dict):
        raise BadFrame("a frame's header is not an object")
    return header, await reader.readexactly(payload_size)


async def write_frame(
    writer: asyncio.StreamWriter, header: Mapping[str, object], payload: bytes = b""
) -> None:
    head = json.dumps(header, separators=(",", ":")).encode()
    writer.write(LENGTHS.pack(len(head), len(payload)) + head)
    if payload:
        writer.write(payload)
    await writer.drain()
