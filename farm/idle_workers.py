"""Workers that wait for work, as the web process remembers them between two of their claims."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from .models import FarmWorker
from .models.farm_worker import SILENT_AFTER


@dataclass(frozen=True, slots=True)
class IdleWorker:
    """One that was told that there is no work for it: which one, and by which secret and session."""

    pk: int
    public_id: str
    secret_digest: str
    session: str

    @classmethod
    def from_worker(cls, worker: FarmWorker) -> IdleWorker:
        return cls(worker.pk, worker.public_id, worker.secret_digest, worker.session)


def call_roll(
    idle: Collection[IdleWorker], waiting: Collection[int], at: datetime
) -> set[IdleWorker]:
    """Those of `idle` of whom nothing has changed, so that they may go on waiting. The `waiting`
    ones (their pks) are noted as seen. Two queries, however many workers there are."""
    rows = FarmWorker.objects.kept().filter(pk__in=[one.pk for one in idle])
    columns = (
        "id",
        "public_id",
        "secret_digest",
        "session",
        "status",
        "requested_status",
        "sleep_windows",
        "last_seen_at",
    )
    found = {row.pk: row for row in rows.only(*columns)}
    _note_seen([row for row in found.values() if row.pk in waiting], at)
    return {
        one
        for one in idle
        if (row := found.get(one.pk))
        and IdleWorker.from_worker(row) == one
        and not row.requested_status
        and not row.status_due(at)
    }


def _note_seen(rows: Collection[FarmWorker], at: datetime) -> None:
    if not rows:
        return
    silent = [
        row.pk for row in rows if row.last_seen_at is None or at - row.last_seen_at >= SILENT_AFTER
    ]
    FarmWorker.objects.filter(pk__in=[row.pk for row in rows]).update(last_seen_at=at)
    if silent:
        FarmWorker.objects.filter(pk__in=silent).announce()
