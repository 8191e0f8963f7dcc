"""Which backups stay: the last one of each of the last days, weeks and months that have one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .file_names import BackupFile, BackupKind, backups_in

BEFORE_MIGRATION_KEPT = 3


@dataclass(frozen=True, slots=True)
class KeptBackups:
    """How many days, weeks and months; counted in those of UTC that have a backup at all."""

    days: int
    weeks: int
    months: int


def kept_of(times: Iterable[datetime], rule: KeptBackups) -> set[datetime]:
    """The times to keep. The newest one always stays."""
    newest_first = sorted((at.astimezone(UTC) for at in times), reverse=True)
    kept = set(newest_first[:1])
    kept |= _last_of_each(newest_first, rule.days, lambda at: at.date())
    kept |= _last_of_each(newest_first, rule.weeks, lambda at: at.isocalendar()[:2])
    kept |= _last_of_each(newest_first, rule.months, lambda at: (at.year, at.month))
    return kept


def expired(folder: Path, rule: KeptBackups) -> list[BackupFile]:
    """What the product made by itself and the rule does not keep."""
    found = backups_in(folder)
    scheduled = [one for one in found if one.kind in (BackupKind.SCHEDULED, BackupKind.ASKED)]
    kept = kept_of((one.created_at for one in scheduled), rule)
    before = [one for one in found if one.kind is BackupKind.BEFORE_MIGRATION]
    gone = [one for one in scheduled if one.created_at not in kept]
    return gone + before[BEFORE_MIGRATION_KEPT:]


def prune(folder: Path, rule: KeptBackups) -> list[BackupFile]:
    """Remove what has expired; returns what went."""
    gone = expired(folder, rule)
    for one in gone:
        one.path.unlink(missing_ok=True)
    return gone


def _last_of_each(
    newest_first: list[datetime], count: int, period: Callable[[datetime], object]
) -> set[datetime]:
    last: dict[object, datetime] = {}
    for at in newest_first:
        last.setdefault(period(at), at)
    return set(list(last.values())[:count])
