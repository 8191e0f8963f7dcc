"""What is kept of everything, for how long, and what would go: seen before anything goes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Sum
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import AuditEntry
from assets.models import Asset
from assets.retention import GRACE
from backups import pruning
from backups.file_names import BackupFile, backup_folder
from films import retention as film_retention
from films.models import Upload
from realtime.models import Event

from . import run_retention


class RetainedKind(models.TextChoices):
    RUNS = "runs", gettext_lazy("runs")
    FILMS = "films", gettext_lazy("films")
    FRAMES = "frames", gettext_lazy("intermediate files of films")
    CLIPS = "clips", gettext_lazy("clips")
    MEDIA = "media", gettext_lazy("media that nothing shows")
    EVENTS = "events", gettext_lazy("events")
    AUDIT = "audit", gettext_lazy("entries of the audit log")
    BACKUPS = "backups", gettext_lazy("backups")
    LOGS = "logs", gettext_lazy("log files")


# May be removed before their time where somebody asks for it; the others go by the rule alone.
EARLY = frozenset({RetainedKind.RUNS, RetainedKind.FILMS, RetainedKind.FRAMES, RetainedKind.CLIPS})


@dataclass(frozen=True, slots=True)
class ExpiryOfKind:
    """`rule`: how long things of this kind stay; `count` and `bytes` of those that will have gone by then."""

    kind: RetainedKind
    rule: str
    count: int
    bytes: int


def expiring(at: datetime) -> list[ExpiryOfKind]:
    """What goes at this time; in the future: what will have gone by then. Nothing is changed."""
    return [ExpiryOfKind(kind, *look(at)) for kind, look in KINDS.items()]


def removable(
    at: datetime, *, now: datetime, kinds: Collection[RetainedKind] = tuple(RetainedKind)
) -> list[ExpiryOfKind]:
    """What `retention_removal.remove` would remove of these kinds."""
    return [
        ExpiryOfKind(kind, *look(at if kind in EARLY else now))
        for kind, look in KINDS.items()
        if kind in kinds
    ]


Found = tuple[str, int, int]  # the rule, how many, and how many bytes


def _runs(at: datetime) -> Found:
    found = run_retention.expired_runs(at)
    words = _rule_of_normal("RUNS_KEPT_DAYS", settings.RUNS_KEPT_DAYS)
    return words, found.count(), run_retention.bytes_of_runs(found)


def _films(at: datetime) -> Found:
    found = film_retention.expiring(at)
    words = _rule_of_normal("FILMS_KEPT_DAYS", settings.FILMS_KEPT_DAYS)
    return words, len(found.films), found.film_bytes


def _rule_of_normal(setting: str, days: int) -> str:
    """How long things stay that nobody keeps; `days`: 0 = for ever."""
    if not days:
        return _("for ever, until somebody deletes them (%(setting)s)") % {"setting": setting}
    words = ngettext(
        "%(days)d day after their end, unless somebody keeps them (%(setting)s)",
        "%(days)d days after their end, unless somebody keeps them (%(setting)s)",
        days,
    )
    return words % {"days": days, "setting": setting}


def _frames(at: datetime) -> Found:
    days = settings.FILM_FRAMES_DAYS
    words = ngettext(
        "%(days)d day after the film has ended (FILM_FRAMES_DAYS)",
        "%(days)d days after the film has ended (FILM_FRAMES_DAYS)",
        days,
    )
    found = film_retention.expiring(at)
    return words % {"days": days}, len(found.frames), found.frame_bytes


def _clips(at: datetime) -> Found:
    clips = Upload.objects.expired(at)
    size = clips.aggregate(size=Sum("bytes"))["size"] or 0
    return _("a day, unless a film is made of them"), clips.count(), size


def _media(at: datetime) -> Found:
    found = Asset.objects.abandoned(before=at - GRACE)
    size = found.aggregate(size=Sum("bytes"))["size"] or 0
    return _("while anything shows them"), found.count(), size


def _events(at: datetime) -> Found:
    days = settings.EVENTS_KEPT_DAYS
    words = ngettext("%(days)d day (EVENTS_KEPT_DAYS)", "%(days)d days (EVENTS_KEPT_DAYS)", days)
    old = Event.objects.filter(created_at__lt=at - timedelta(days=days))
    return words % {"days": days}, old.count(), 0


def _audit(at: datetime) -> Found:
    old = AuditEntry.objects.filter(at__lt=at - AuditEntry.MAX_AGE)
    return _("%(days)d days") % {"days": AuditEntry.MAX_AGE.days}, old.count(), 0


def expired_backups() -> list[BackupFile]:
    return pruning.expired(backup_folder(), pruning.KeptBackups(*settings.BACKUPS_KEPT))


def _backups(at: datetime) -> Found:
    """They go when there are enough newer ones: nothing goes with time."""
    rule = pruning.KeptBackups(*settings.BACKUPS_KEPT)
    words = _("the last of %(days)d days, %(weeks)d weeks, %(months)d months (BACKUPS_KEPT)")
    facts = {"days": rule.days, "weeks": rule.weeks, "months": rule.months}
    gone = expired_backups()
    return words % facts, len(gone), _bytes_of_files(one.path for one in gone)


def _logs(at: datetime) -> Found:
    """The oldest file goes when the newest is full: nothing goes with time."""
    size = _bytes_of_files((Path(settings.DATA_DIR) / "logs").glob("panic.log*"))
    shown = number_format(size / 1e6, decimal_pos=1)
    return _("4 files of 5 MB; there are %(size)s MB") % {"size": shown}, 0, 0


def _bytes_of_files(paths: Iterable[Path]) -> int:
    """One that has just gone has none."""
    size = 0
    for path in paths:
        with suppress(FileNotFoundError):
            size += path.stat().st_size
    return size


KINDS: Mapping[RetainedKind, Callable[[datetime], Found]] = {
    RetainedKind.RUNS: _runs,
    RetainedKind.FILMS: _films,
    RetainedKind.FRAMES: _frames,
    RetainedKind.CLIPS: _clips,
    RetainedKind.MEDIA: _media,
    RetainedKind.EVENTS: _events,
    RetainedKind.AUDIT: _audit,
    RetainedKind.BACKUPS: _backups,
    RetainedKind.LOGS: _logs,
}
