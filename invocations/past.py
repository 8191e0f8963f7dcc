"""Runs that have been, and are looked for: by words, state, time, rating, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from networks import paging
from networks.paging import Paging

from . import search
from .models import Run
from .models.run import RunQuerySet

SKEW = timedelta(hours=1)  # by how much the clocks of two hosts may differ
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run must be to be listed. `since` included, `until` not."""

    words: str = ""
    state: str = ""
    since: datetime | None = None
    until: datetime | None = None
    stars: int | None = None  # at least, on average
    prompt_of: Run | None = None  # exactly the words of this one
    imported: bool | None = None


def page(rows: RunQuerySet, wanted: Wanted, which: Paging) -> tuple[list[Run], str | None]:
    """Those of `rows` that are wanted, the newest first, and the cursor of the following page.

    Among very many runs a search may come back with less than a page, even with nothing, and a
    cursor with which it goes on.
    """
    rows = _narrowed(rows, wanted)
    if not wanted.words:
        return paging.newest_first(rows, which)
    before = paging.position(Run, which)
    found: list[Run] = []
    for _ in range(search.TURNS):
        whole = wanted.prompt_of is not None
        turn = search.turn(rows, wanted.words, before=before, whole=whole)
        room = which.most - len(found)
        found += turn.rows.order_by("-pk")[: room + 1]
        if len(found) > which.most:
            return found[:-1], paging.cursor(Run, found[-2].pk)
        before = turn.before
        if before is None:
            return found, None
    return found, paging.cursor(Run, before) if before is not None else None


def _narrowed(rows: RunQuerySet, wanted: Wanted) -> RunQuerySet:
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.imported is not None:
        rows = rows.filter(imported=wanted.imported)
    if wanted.stars is not None:
        rows = rows.filter(rating__isnull=False, rating__gte=wanted.stars)
    if wanted.prompt_of is not None:
        rows = rows.filter(prompt=wanted.prompt_of.prompt).exclude(pk=wanted.prompt_of.pk)
    return _between(rows, wanted.since, wanted.until)


def _between(rows: RunQuerySet, since: datetime | None, until: datetime | None) -> RunQuerySet:
    """By number as well as by time, for lists go by number: what lies outside is not even read."""
    since, until = _sane(since), _sane(until)
    if since is not None:
        rows = rows.filter(created_at__gte=since)
        first = _first_after(since - SKEW)
        rows = rows.none() if first is None else rows.filter(pk__gte=first)
    if until is not None:
        rows = rows.filter(created_at__lt=until)
        beyond = _first_after(until + SKEW)
        rows = rows if beyond is None else rows.filter(pk__lt=beyond)
    return rows


def _sane(at: datetime | None) -> datetime | None:
    """No nearer to the ends of time than can be reckoned with."""
    return None if at is None else min(max(at, EARLIEST), LATEST)


def _first_after(at: datetime) -> int | None:
    later = Run.objects.filter(created_at__gte=at).order_by("created_at")
    return later.values_list("pk", flat=True).first()
