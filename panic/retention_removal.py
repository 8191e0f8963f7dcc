"""Removing what retention lets go, one thing after the other: to be interrupted at any moment, and to be repeated."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from accounts.models import AuditEntry, User
from assets import retention as asset_retention
from films import changes, uploads
from films import retention as film_retention
from films.models import Film, Upload
from realtime import log

from . import retention, run_retention
from .retention import RetainedKind

Removed = tuple[int, int]  # things and bytes


@dataclass(frozen=True, slots=True)
class RemovalOrder:
    """`at`: what has expired by then goes, of runs, films, frames and clips; of the rest, what has by `now`. Nothing
    goes that came to its end after `now`. `by`: who asked for it; None: it goes by itself."""

    at: datetime
    now: datetime
    by: User | None = None
    before_run: run_retention.Before = lambda run: None


@dataclass(slots=True)
class RemovedOfKind:
    kind: RetainedKind
    finished: bool
    count: int = 0
    bytes: int = 0


def remove(
    order: RemovalOrder, kinds: Collection[RetainedKind], *, go_on: Callable[[], bool]
) -> list[RemovedOfKind]:
    """Of each kind what was removed, with a line in the audit log, also where it is interrupted. `go_on` is asked
    after each thing."""
    return [
        remove_things(kind, remover(order), by=order.by, go_on=go_on)
        for kind, remover in REMOVERS.items()
        if kind in kinds
    ]


def remove_things(
    kind: RetainedKind, things: Iterator[Removed], *, by: User | None, go_on: Callable[[], bool]
) -> RemovedOfKind:
    """`things` removes one each time that it is asked for the next."""
    done = RemovedOfKind(kind, finished=False)
    try:
        while go_on():
            removed = next(things, None)
            if removed is None:
                done.finished = True
                break
            done.count += removed[0]
            done.bytes += removed[1]
    finally:
        if done.count:
            about = f"{kind}: {done.count}, {done.bytes / 1e6:.1f} MB"
            AuditEntry.record(by, "retention.applied", about)
    return done


def _runs(order: RemovalOrder) -> Iterator[Removed]:
    runs = run_retention.expired_runs(order.at).filter(ended_at__lte=order.now)
    return run_retention.remove_runs(runs, at=order.now, by=order.by, before=order.before_run)


def _films(order: RemovalOrder) -> Iterator[Removed]:
    films = Film.objects.expired(order.at).filter(ended_at__lte=order.now)
    yield from remove_films(list(films.select_related("output")), order.now)


def remove_films(films: Collection[Film], at: datetime) -> Iterator[Removed]:
    for film in films:
        if changes.delete_film(film=film, at=at):
            asset_retention.remove_abandoned(at=at)
            yield 1, film.output.bytes if film.output else 0


def _frames(order: RemovalOrder) -> Iterator[Removed]:
    for film in film_retention.expiring(order.at).frames:
        film_retention.remove_frames(film)
        yield 1, film.bytes_used


def _clips(order: RemovalOrder) -> Iterator[Removed]:
    for upload in list(Upload.objects.expired(order.at)):
        if uploads.remove(upload):
            yield 1, upload.bytes


def _media(order: RemovalOrder) -> Iterator[Removed]:
    _rule, _count, before = retention.KINDS[RetainedKind.MEDIA](order.now)
    removed = asset_retention.remove_abandoned(at=order.now)
    _rule, _count, after = retention.KINDS[RetainedKind.MEDIA](order.now)
    yield removed, max(0, before - after)


def _events(order: RemovalOrder) -> Iterator[Removed]:
    yield log.prune(timedelta(days=settings.EVENTS_KEPT_DAYS), now=order.now), 0


def _audit(order: RemovalOrder) -> Iterator[Removed]:
    yield AuditEntry.prune(order.now), 0


def _backups(order: RemovalOrder) -> Iterator[Removed]:
    for one in retention.expired_backups():
        try:
            size = one.path.stat().st_size
            one.path.unlink()
        except FileNotFoundError:  # a backup that has just been made has taken its place
            continue
        yield 1, size


REMOVERS: Mapping[RetainedKind, Callable[[RemovalOrder], Iterator[Removed]]] = {
    RetainedKind.RUNS: _runs,
    RetainedKind.FILMS: _films,
    RetainedKind.FRAMES: _frames,
    RetainedKind.CLIPS: _clips,
    RetainedKind.MEDIA: _media,
    RetainedKind.EVENTS: _events,
    RetainedKind.AUDIT: _audit,
    RetainedKind.BACKUPS: _backups,
}
