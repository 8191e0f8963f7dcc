"""Sends a channel to one server by RTMP: `python -m streams.push`.

It reads the segments that the encoder publishes and sends their packets on without encoding them again,
so that a server which is slow, or gone, keeps nobody waiting but this process. What it sends where is one
JSON object on its standard input; on its standard output it says how it does, one JSON object a line.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import av

from assets.addresses import is_public
from assets.rolling import RollingChannel
from lib.parent_process import end_with_parent

NICENESS = 3
DEFAULT_PORTS = {"rtmp": 1935, "rtmps": 443}
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
SETTLED_SECONDS = 60.0  # of sending; the next failure is the first one again
SAID_SECONDS = 2.0
POLL_SECONDS = 0.2
MAX_BEHIND_SECONDS = 12.0  # more, and what is missing is left out
WRAP = 2**33  # ticks, 26.5 hours: then the times of a transport stream begin anew
MAX_CONNECTION_SECONDS = 20 * 86_400.0  # RTMP counts milliseconds in 31 bits, which are 24.8 days
WAITING, CONNECTING, SENDING = "waiting", "connecting", "sending"


class SendingFailed(Exception):
    """A sentence that says why, without the address."""


class Behind(Exception):
    """What was to be sent next is not kept any more."""


class SegmentChain:
    """The segments of a channel as one endless file, from the newest but one on."""

    def __init__(self, channel: RollingChannel) -> None:
        self._channel = channel
        self._next: int | None = None
        self._left = b""

    def read(self, size: int) -> bytes:
        while not self._left:
            self._left = self._read_segment()
        found, self._left = self._left[:size], self._left[size:]
        return found

    def _read_segment(self) -> bytes:
        while True:
            kept = self._channel.segments()
            if kept:
                if self._next is None:
                    self._next = kept[-2:][0].sequence
                if self._next < kept[0].sequence or self._next > kept[-1].sequence + 1:
                    raise Behind
                if self._next <= kept[-1].sequence:
                    self._next += 1
                    return b"".join(self._channel.read(self._next - 1))
            say(CONNECTING if self._next is None else SENDING)
            time.sleep(POLL_SECONDS)


class PacketTimes:
    """Times of a transport stream as times that only rise. FFmpeg's demuxer takes account of the first time that they
    begin anew, and jumps back a day later."""

    def __init__(self) -> None:
        self._latest: int | None = None

    def continued(self, ticks: int) -> int:
        """The time that is nearest to the one before it."""
        if self._latest is not None:
            ticks += round((self._latest - ticks) / WRAP) * WRAP
        self._latest = ticks
        return ticks


_said: tuple[str, str, float] = ("", "", 0.0)


def say(state: str, error: str = "") -> None:
    """At once where it is news, else every few seconds: a sign of life."""
    global _said
    before, now = _said, time.monotonic()
    if (state, error) != before[:2] or now - before[2] >= SAID_SECONDS:
        _said = (state, error, now)
        sys.stdout.write(json.dumps({"state": state, "error": error}) + "\n")
        sys.stdout.flush()


def send(channel: RollingChannel, destination: str) -> None:
    """Until it fails. Raises SendingFailed."""
    try:
        with closing(av.open(SegmentChain(channel), format="mpegts")) as source:
            options = {"flvflags": "no_duration_filesize", "rtmp_live": "live"}
            with closing(av.open(destination, "w", format="flv", options=options)) as target:
                _copy(source, target)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise SendingFailed(_in_words(error)) from None
    except Behind:
        raise SendingFailed("It fell behind, and what was missing is not kept any more.") from None


def _copy(source: Any, target: Any) -> None:
    streams = [*source.streams.video[:1], *source.streams.audio[:1]]
    made = {one.index: target.add_stream_from_template(one) for one in streams}
    began = first = None
    timeline = PacketTimes()
    for packet in source.demux(*streams):
        if packet.dts is None:
            continue
        packet.pts = None if packet.pts is None else timeline.continued(packet.pts)
        packet.dts = timeline.continued(packet.dts)
        seconds = float(packet.dts * packet.time_base)
        if began is None or first is None:
            began, first = time.monotonic(), seconds
        if seconds - first > MAX_CONNECTION_SECONDS:
            raise SendingFailed("It has been sent for twenty days, and begins anew.")
        ahead = (seconds - first) - (time.monotonic() - began)
        if ahead < -MAX_BEHIND_SECONDS:
            raise Behind
        if ahead > 0:
            time.sleep(min(ahead, 1.0))
        packet.stream = made[packet.stream_index]
        target.mux(packet)
        say(SENDING)


def _in_words(error: Exception) -> str:
    number = getattr(error, "errno", None)
    known = {
        111: "The server refuses connections.",
        110: "The server does not answer.",
        113: "The server cannot be reached.",
        101: "The server's network cannot be reached.",
        32: "The server ended the connection.",
        104: "The server ended the connection.",
    }
    text = getattr(error, "strerror", "") or type(error).__name__
    return known.get(number or 0, f"Sending failed: {text}.")


def check_address(destination: str, *, private_allowed: bool) -> None:
    """Raises SendingFailed where its host has no address that may be sent to."""
    parts = urlsplit(destination)
    port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    if not port or not parts.hostname:
        raise SendingFailed("The address is none of rtmp:// or rtmps://.")
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except OSError:
        raise SendingFailed("The server's name is not known.") from None
    if not private_allowed and not all(is_public(str(one[4][0])) for one in found):
        raise SendingFailed("The server is in this machine's own network: an admin may allow that.")


def pauses() -> Iterator[float]:
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(LONGEST_PAUSE, 2 * pause)


def main() -> None:
    end_with_parent()
    os.nice(NICENESS)
    given = json.loads(sys.stdin.readline())
    channel, waits = RollingChannel(given["folder"]), pauses()
    while True:
        began = time.monotonic()
        say(CONNECTING)
        try:
            check_address(given["destination"], private_allowed=given["private_allowed"])
            send(channel, given["destination"])
            error = "The stream ended."
        except SendingFailed as failure:
            error = str(failure)
        if time.monotonic() - began > SETTLED_SECONDS:
            waits = pauses()
        until = time.monotonic() + next(waits)
        while time.monotonic() < until:
            say(WAITING, error)
            time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    main()
