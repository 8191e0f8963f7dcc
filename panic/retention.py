"""What is kept of everything, for how long, and what would go by itself: seen before anything goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Sum

from accounts.models import AuditEntry
from assets.models import Asset
from assets.retention import GRACE
from backups import pruning
from backups.file_names import backup_folder
from films import retention as film_retention
from films.models import Upload
from invocations.models import Run
from realtime.models import Event


@dataclass(frozen=True, slots=True)
class ExpiryOfKind:
    """`rule`: how long things of this kind stay; `count` and `bytes` of those that will have gone by then."""

    kind: str
    rule: str
    count: int
    bytes: int


def expiring(at: datetime) -> list[ExpiryOfKind]:
    """What goes at this time; in the future: what will have gone by then. Nothing is changed."""
    return [one for kind in KINDS for one in kind(at)]


def runs(at: datetime) -> Iterator[ExpiryOfKind]:
    words = f"for ever, until somebody deletes them; there are {Run.objects.count():,}"
    yield ExpiryOfKind("runs", words, 0, 0)


def films(at: datetime) -> Iterator[ExpiryOfKind]:
    found = film_retention.expiring(at)
    days = settings.FILMS_KEPT_DAYS
    words = f"{days} days unless somebody keeps them" if days else "for ever (FILMS_KEPT_DAYS)"
    yield ExpiryOfKind("films", words, len(found.films), found.film_bytes)
    words = f"{settings.FILM_FRAMES_DAYS} days after the film has ended (FILM_FRAMES_DAYS)"
    yield ExpiryOfKind("frames of films", words, len(found.frames), found.frame_bytes)
    clips = Upload.objects.expired(at)
    size = clips.aggregate(size=Sum("bytes"))["size"] or 0
    yield ExpiryOfKind("clips", "a day, unless a film is made of them", clips.count(), size)


def media(at: datetime) -> Iterator[ExpiryOfKind]:
    found = Asset.objects.abandoned(before=at - GRACE)
    size = found.aggregate(size=Sum("bytes"))["size"] or 0
    yield ExpiryOfKind("media", "while anything shows them", found.count(), size)


def records(at: datetime) -> Iterator[ExpiryOfKind]:
    days = timedelta(days=settings.EVENTS_KEPT_DAYS)
    words = f"{settings.EVENTS_KEPT_DAYS} days (EVENTS_KEPT_DAYS)"
    yield ExpiryOfKind("events", words, Event.objects.filter(created_at__lt=at - days).count(), 0)
    old = AuditEntry.objects.filter(at__lt=at - AuditEntry.MAX_AGE)
    yield ExpiryOfKind("audit log", f"{AuditEntry.MAX_AGE.days} days", old.count(), 0)


def backups(at: datetime) -> Iterator[ExpiryOfKind]:
    rule = pruning.KeptBackups(*settings.BACKUPS_KEPT)
    gone = pruning.expired(backup_folder(), rule)
    size = sum(one.path.stat().st_size for one in gone)
    words = f"the last of {rule.days} days, {rule.weeks} weeks, {rule.months} months (BACKUPS_KEPT)"
    yield ExpiryOfKind("backups", words, len(gone), size)


def logs(at: datetime) -> Iterator[ExpiryOfKind]:
    """The oldest file goes when the newest is full: nothing goes with time."""
    found = list((Path(settings.DATA_DIR) / "logs").glob("panic.log*"))
    size = sum(path.stat().st_size for path in found)
    yield ExpiryOfKind("logs", f"4 files of 5 MB; there are {size / 1e6:.1f} MB", 0, 0)


KINDS: tuple[Callable[[datetime], Iterator[ExpiryOfKind]], ...] = (
    runs,
    films,
    media,
    records,
    backups,
    logs,
)
