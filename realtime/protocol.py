"""What goes over the wire besides event frames, and what a client may say. See docs/events.md."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Literal

from .streams import compact

BAD_FRAME = 4400
TOO_MUCH = 4408
TOO_SLOW = 4429
BEGIN_ANEW = 1012  # "service restart": come back with your cursor
FAILED = 1011

PING_SECONDS = 10.0
FIRST_PING_SECONDS = 0.5
PONG_SECONDS = 20.0
FRAME_MOST = 4096  # bytes of a client's frame
FRAMES_PER_SECOND = 50


class Refused(Exception):
    """A client said something it may not say; the socket is closed with `code`."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Said:
    """A client's frame, understood."""

    type: Literal["ack", "pong"]
    cursor: str = ""


def understand(text: str | None) -> Said:
    """The meaning of a client's frame. Raises `Refused`."""
    if text is None:
        raise Refused(BAD_FRAME)
    if len(text.encode()) > FRAME_MOST:
        raise Refused(TOO_MUCH)
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(BAD_FRAME) from None
    match message:
        case {"type": "pong"}:
            return Said("pong")
        case {"type": "ack", "cursor": str(cursor)}:
            return Said("ack", cursor)
    raise Refused(BAD_FRAME)


def welcome(cursor: str, html: str | None) -> str:
    """`html` is a JSON object, encoded once for all who get it; None = recovered."""
    body = compact(
        {"type": "welcome", "cursor": cursor, "recovered": html is None, "now": unix_ms()}
    )
    return body if html is None else f'{body[:-1]},"html":{html}}}'


def ping() -> str:
    return compact({"type": "ping", "now": unix_ms()})


def unix_ms() -> int:
    return int(time.time() * 1000)


class Allowance:
    """How many frames a client may send: some per second, and one for each that it was sent."""

    def __init__(self, now: float) -> None:
        self._left = float(2 * FRAMES_PER_SECOND)
        self._at = now

    def earn(self, frames: int) -> None:
        self._left += frames

    def spend(self, now: float) -> None:
        """Account for one frame. Raises `Refused`."""
        refill = (now - self._at) * FRAMES_PER_SECOND
        self._at = now
        if self._left < 2 * FRAMES_PER_SECOND:
            self._left = min(2.0 * FRAMES_PER_SECOND, self._left + refill)
        self._left -= 1
        if self._left < 0:
            raise Refused(TOO_MUCH)
