"""Backups that the product makes by itself: when one is due, how it is made, and who is told if it fails.

The queue's dispatcher looks once a minute. A worker starts a process for it, which stands back behind
everything else on the machine, and does not wait for it: the row says how it goes.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from invocations.engine.threads import Threads
from lib.parent_process import end_with_parent
from notifications import outbox
from notifications.models import Condition
from notifications.occasions import Occasion

from . import creation, pruning
from .creation import BackupRequest, FinishedBackup
from .file_names import BackupKind, backup_folder
from .models import AlreadyRunning, BackupState, ScheduledBackup
from .refusals import BackupRefused

NICENESS = 15
RETRY_AFTER = timedelta(hours=1)
CONDITION = "backup-failed"
NEW = 0  # the argument of the task where no row waits yet
_DIED = "The process that made it ended before it was done."


def due_backup(at: datetime) -> list[int]:
    """The key of a row that waits, [NEW] where one is to be made by the schedule, else nothing."""
    current = ScheduledBackup.current()
    if current is not None:
        waits = current.state == BackupState.WAITING
        return [current.pk] if waits or _is_dead(current, at) else []
    return [NEW] if _is_due(at) else []


def next_at(at: datetime) -> datetime | None:
    """When the schedule makes the next one; None where there is no schedule."""
    if not settings.BACKUP_EVERY_HOURS:
        return None
    done = ScheduledBackup.latest(BackupState.DONE)
    since = done.asked_at if done else _installed_at()
    due = (since or at) + timedelta(hours=settings.BACKUP_EVERY_HOURS)
    failed = ScheduledBackup.latest(BackupState.FAILED)
    if failed and failed.ended_at and (not done or failed.asked_at > done.asked_at):
        due = max(due, failed.ended_at + RETRY_AFTER)
    return due


async def begin(pk: int, threads: Threads) -> None:
    """Start the process for a due backup, and see to it that it ends."""
    taken = await threads.in_database(lambda: _take(pk, timezone.now()))
    if taken is None:
        return
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(settings.BASE_DIR / "manage.py"), "backup"),
        *("--scheduled", str(taken)),
        cwd=settings.BASE_DIR,
        stdin=asyncio.subprocess.DEVNULL,
    )
    await process.wait()
    await threads.in_database(lambda: _look_after(taken, timezone.now()))


def carry_out(pk: int) -> FinishedBackup | None:
    """In that process. None where it failed, which is noted and told."""
    end_with_parent()
    os.nice(NICENESS)
    row = ScheduledBackup.objects.filter(pk=pk, state=BackupState.RUNNING).first()
    if row is None:
        return None
    request = BackupRequest(
        kind=BackupKind.SCHEDULED if row.by_schedule else BackupKind.ASKED,
        media=settings.BACKUP_MEDIA,
        passphrase=settings.BACKUP_PASSPHRASE,
        renew=lambda: row.renew(timezone.now()),
    )
    try:
        made = creation.create(backup_folder(), request, at=timezone.now())
    except BackupRefused as error:
        _fail(pk, str(error), timezone.now())
        return None
    at = timezone.now()
    with transaction.atomic():
        row.succeed(file_name=made.path.name, size=made.bytes, sentence=_lacks(made), at=at)
        Condition.end(CONDITION)
    pruning.prune(backup_folder(), pruning.KeptBackups(*settings.BACKUPS_KEPT))
    ScheduledBackup.prune(at)
    return made


def _take(pk: int, at: datetime) -> int | None:
    """The row to carry out: the one that waits, or a new one. One whose process is gone has failed."""
    current = ScheduledBackup.current()
    if current is not None and current.state == BackupState.RUNNING:
        if _is_dead(current, at):
            _fail(current.pk, _DIED, at)
        return None
    if current is None:
        if pk != NEW or not _is_due(at):
            return None
        try:
            current = ScheduledBackup.ask(at, by_schedule=True)
        except AlreadyRunning:
            return None
    return current.pk if current.start(socket.gethostname(), at=at) else None


def _is_dead(running: ScheduledBackup, at: datetime) -> bool:
    """Nobody makes it any more: its lease has run out, or on its own machine, where one need not wait for that,
    no process has the folder."""
    if running.lease_until < at:
        return True
    here = running.host == socket.gethostname()
    return here and running.is_silent(at) and not creation.is_under_way(backup_folder())


def _look_after(pk: int, at: datetime) -> None:
    """Its process has ended. One that was killed has said nothing, and what it wrote takes room until the next."""
    creation.remove_unfinished(backup_folder())
    _fail(pk, _DIED, at)


def _fail(pk: int, sentence: str, at: datetime) -> None:
    """Once for each time that backups begin to fail, admins are told."""
    row = ScheduledBackup.objects.filter(pk=pk).first()
    with transaction.atomic():
        if row is None or not row.fail(sentence, at=at):
            return
        if Condition.begin(CONDITION, at=at):
            facts: outbox.Facts = {"host": socket.gethostname(), "reason": sentence}
            outbox.tell_admins(
                Occasion.BACKUP_FAILED, subject=socket.gethostname(), facts=facts, at=at
            )


def _is_due(at: datetime) -> bool:
    due = next_at(at)
    return due is not None and due <= at


def _installed_at() -> datetime | None:
    """When the first migration was applied: a new installation has nothing to lose for a while."""
    first = MigrationRecorder(connection).migration_qs.order_by("applied").first()
    return first.applied if first else None


def _lacks(made: FinishedBackup) -> str:
    lost = len(made.media.missing) + len(made.media.damaged)
    return f"{lost} media files are missing or damaged." if lost else ""
