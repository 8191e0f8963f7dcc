"""How long each display took to show that everything was stopped.

A frame of a stop-all is expected to be acknowledged; the acknowledgement arrives on the event loop, where
nothing may be queried, so it is kept here until the background task saves it. Every web process writes
its own rows: a display has shown it when each of those that had it has seen it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import cast

from django.utils import timezone

from invocations.halts import MAX_RECEIPT_DELAY
from invocations.models import StopAll
from realtime.cursors import Positions, Resync
from realtime.models import Event

from . import presence
from .models import Display, DisplayReceipt

MISSION_TOPIC = 2  # the position of mission control among a display's topics


@dataclass(frozen=True, slots=True)
class DisplayResponse:
    """A display that was to show that everything was stopped, and after how many milliseconds its
    slowest screen did; None: it has not answered."""

    id: str
    place: str
    name: str
    ms: float | None


@dataclass(slots=True)
class _Expected:
    stop_all: str  # its public id
    display: int
    seq: int
    stopped_at: float
    ms: float | None = None
    written: bool = False


_expected: dict[str, _Expected] = {}  # by key of a feed
_lock = threading.Lock()


def expect(display: Display, event: Event) -> None:
    """A frame about a stop-all is on its way to this display. Called while it is rendered."""
    if timezone.now() - event.created_at > MAX_RECEIPT_DELAY:
        return
    if "stop_all" not in event.notes:
        found = StopAll.objects.filter(public_id=event.data.get("stop_all")).first()
        event.notes["stop_all"] = found
    stop_all = cast("StopAll | None", event.notes["stop_all"])
    if stop_all is not None:
        stopped_at = stop_all.committed_at.timestamp()
        with _lock:
            _expected[display.feed_key] = _Expected(
                stop_all.public_id, display.pk, event.seq, stopped_at
            )


def note_acknowledgement(feed_key: str, socket_id: str, cursor: str) -> None:
    """For `hub.on_ack`: the slowest screen of a display is the one that counts."""
    if not _expected or feed_key not in _expected:
        return
    try:
        seen = Positions.parse(cursor).cursors[MISSION_TOPIC].seq
    except (Resync, IndexError):
        return
    with _lock:
        expected = _expected.get(feed_key)
        if expected is not None and seen >= expected.seq and expected.ms is None:
            expected.ms = (time.time() - expected.stopped_at) * 1000
            expected.written = False


def save(process: str, watched: Collection[str]) -> None:
    """Store what is known; to be called often, costs nothing where nothing is expected. `watched`:
    keys of feeds that somebody follows, for a screen that nobody has cannot answer."""
    if not _expected:
        return
    now = time.time()
    with _lock:
        rows = [
            one
            for key, one in _expected.items()
            if not one.written and (key in watched or one.ms is not None)
        ]
        for one in rows:
            one.written = True
        for key, one in tuple(_expected.items()):
            if now - one.stopped_at > MAX_RECEIPT_DELAY.total_seconds():
                del _expected[key]
    keys = Display.objects.filter(pk__in=[one.display for one in rows])
    there = set(keys.values_list("pk", flat=True)) if rows else set()
    for one in rows:
        if one.display in there:
            DisplayReceipt.objects.update_or_create(
                stop_all=one.stop_all,
                display_id=one.display,
                process=process,
                defaults={"ms": one.ms},
            )


def shown_after_ms(stop_all: StopAll) -> Mapping[str, float | None]:
    """Public ids of the displays that were to show this stop-all, and after how many milliseconds they
    did; None = none has acknowledged."""
    rows = DisplayReceipt.objects.filter(stop_all=stop_all.public_id).select_related("display")
    found: dict[str, list[float | None]] = {}
    if timezone.now() < stop_all.committed_at + MAX_RECEIPT_DELAY:
        # The processes have not all written yet; all watched displays are expected.
        found = {one: [] for one in presence.watched_now(at=timezone.now())}
    for row in rows.order_by("display__position", "display_id"):
        found.setdefault(row.display.public_id, []).append(row.ms)
    return {one: _slowest(times) for one, times in found.items()}


def displays_reached_by(stop_all: StopAll) -> list[DisplayResponse]:
    """The same with the displays' names, in their order."""
    times = shown_after_ms(stop_all)
    found = Display.objects.select_related("installation").filter(public_id__in=times)
    return [
        DisplayResponse(one.public_id, one.installation.name, one.name, times[one.public_id])
        for one in found.order_by("installation_id", "position", "pk")
    ]


def _slowest(times: list[float | None]) -> float | None:
    known = [ms for ms in times if ms is not None]
    return round(max(known), 1) if known and len(known) == len(times) else None
