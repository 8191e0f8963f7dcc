"""What displays acknowledge and say of themselves, kept in this process until the background task saves it.

Both arrive on the event loop, where nothing may be queried.
"""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from realtime.cursors import Cursor, Positions, Resync
from realtime.models import Event
from realtime.subscriptions import MAX_UNACKNOWLEDGED

from .models import Display, DisplayReport

PREFIX = "display:"  # of a display's feed key
RESOLUTION = re.compile(r"[1-9]\d{0,4}x[1-9]\d{0,4}", re.ASCII)
VERSION = re.compile(r"[\w.+-]{1,20}", re.ASCII)
MAX_UPTIME_SECONDS = 10 * 365 * 24 * 3600
MAX_MEMORY_MB = 1_000_000.0


@dataclass(frozen=True, slots=True)
class _Sent:
    """An event that was not acknowledged yet: where it stands, its Unix time, the picture it brought."""

    topic: int
    seq: int
    at: float
    thumbnail: str


@dataclass(slots=True)
class _Known:
    """Of one display, since this process began."""

    cursor: str = ""
    lag_ms: float | None = None
    status: dict[str, Any] = field(default_factory=dict)
    thumbnail: str = ""
    sent: deque[_Sent] = field(default_factory=lambda: deque(maxlen=MAX_UNACKNOWLEDGED))


_known: dict[str, _Known] = {}  # by key of a feed
_lock = threading.Lock()


def expect(feed_key: str, topic: int, event: Event, *, thumbnail: str = "") -> None:
    """The frame of an event is on its way; `topic` is its index among those of the feed, `thumbnail` the
    address of the small picture of what it shows."""
    kept = thumbnail if len(thumbnail) <= DisplayReport.MAX_THUMBNAIL else ""
    sent = _Sent(topic, event.seq, event.created_at.timestamp(), kept)
    with _lock:
        known = _known.get(feed_key) or _known.setdefault(feed_key, _Known())
        known.sent.append(sent)


def note_acknowledgement(feed_key: str, socket_id: str, cursor: str) -> None:
    """For `hub.on_ack`. What is no cursor of this feed is passed over: anybody may send one."""
    if not feed_key.startswith(PREFIX) or len(cursor) > DisplayReport.MAX_CURSOR:
        return
    try:
        positions = Positions.parse(cursor).cursors
    except Resync:
        return
    with _lock:
        known = _known.setdefault(feed_key, _Known())
        known.cursor = cursor
        while known.sent and _is_reached(known.sent[0], positions):
            sent = known.sent.popleft()
            known.lag_ms = max(0.0, (time.time() - sent.at) * 1000)
            known.thumbnail = sent.thumbnail or known.thumbnail


def _is_reached(sent: _Sent, positions: Sequence[Cursor]) -> bool:
    return sent.topic < len(positions) and positions[sent.topic].seq >= sent.seq


def note_status(feed_key: str, status: Mapping[str, object]) -> None:
    """For `hub.on_status`."""
    with _lock:
        _known.setdefault(feed_key, _Known()).status = checked_status(status)


def checked_status(status: Mapping[str, object]) -> dict[str, Any]:
    """What of it has the right form: anybody who has the address of a display may send one."""
    muted, version, resolution = (status.get(name) for name in ("muted", "version", "resolution"))
    uptime = _number(status.get("uptime_seconds"), MAX_UPTIME_SECONDS)
    return {
        "version": version if isinstance(version, str) and VERSION.fullmatch(version) else "",
        "resolution": resolution
        if isinstance(resolution, str) and RESOLUTION.fullmatch(resolution)
        else "",
        "uptime_seconds": None if uptime is None else int(uptime),
        "memory_mb": _number(status.get("memory_mb"), MAX_MEMORY_MB),
        "muted": muted if isinstance(muted, bool) else None,
        "volume": _number(status.get("volume"), 1.0),
    }


def _number(value: object, most: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= most else None


def save(watched: Collection[str], *, at: datetime) -> None:
    """Store what is known of the displays that sockets of this process follow (keys of feeds). Two
    queries, and none where there are no such displays."""
    keys = {key.removeprefix(PREFIX): key for key in watched if key.startswith(PREFIX)}
    with _lock:
        for gone in _known.keys() - set(watched):
            del _known[gone]
        known = {name: _known.get(key, _Known()) for name, key in keys.items()}
    if not keys:
        return
    # In one order in all processes: rows that two of them write are not waited for crosswise.
    there = Display.objects.filter(public_id__in=keys).order_by("pk").values_list("public_id", "pk")
    before = {
        one.display_id: one for one in DisplayReport.objects.filter(display__public_id__in=keys)
    }
    DisplayReport.write(
        _report(before.get(pk) or DisplayReport(display_id=pk), known[name], at)
        for name, pk in there
    )


def _report(report: DisplayReport, known: _Known, at: datetime) -> DisplayReport:
    report.pk = None
    report.seen_at = at
    report.cursor = known.cursor or report.cursor
    report.thumbnail = known.thumbnail or report.thumbnail
    report.lag_ms = report.lag_ms if known.lag_ms is None else round(known.lag_ms, 1)
    for name, value in known.status.items():
        setattr(report, name, value)
    return report
