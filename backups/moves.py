"""Moving an installation to another database, another place for media, or both; and back.

Rows go in one transaction, which commits once every table has the same count and checksum on both sides;
media one by one, each read back. Interrupted, the same command goes on: rows that are there already are
recognised, and so is each file. Nothing changes in the place that it is moved from.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.files.storage import Storage
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

from accounts.models import User
from invocations.models import WorkerHeartbeat
from realtime.models import Topic
from realtime.models.topic import new_epoch

from . import databases, media_moves, schema_process, tables
from .media_moves import MediaMove
from .refusals import BackupRefused
from .tables import TableSum

STILL_THERE = timedelta(seconds=30)  # a machine that was heard of so lately runs
# Changed by the move itself: the event log's epochs
CHANGED = {Topic._meta.db_table}


@dataclass(frozen=True, slots=True)
class MoveRequest:
    """`database`: Django's entry for where the rows go; None where they stay. `media`: where the media go;
    None where they stay. `replace`: rows that are there already may go."""

    database: Mapping[str, Any] | None
    media: Storage | None
    replace: bool = False
    said: Callable[[str], object] = field(default=len)


@dataclass(frozen=True, slots=True)
class MovedInstallation:
    """`tables`: of each table how many rows were compared."""

    tables: Mapping[str, int]
    media: MediaMove | None


def move(request: MoveRequest, *, at: datetime) -> MovedInstallation:
    """Call it with no transaction open, with nothing running. Raises BackupRefused."""
    with _standing_still(at):
        _require_current()
        rows = _move_rows(request) if request.database is not None else {}
        media = None
        if request.media is not None:
            media = media_moves.move_media(request.media, request.said)
        return MovedInstallation(rows, media)


def _move_rows(request: MoveRequest) -> Mapping[str, int]:
    assert request.database is not None  # noqa: S101  the caller looked
    if _is_here(request.database):
        raise BackupRefused("The rows are in that database already.")
    schema_process.migrate(request.database)
    models = tables.tables_of(apps)
    with databases.opened(request.database) as target, transaction.atomic():
        _hold_still()
        sums = {one._meta.db_table: tables.table_sum(one, DEFAULT_DB_ALIAS) for one in models}
        if _differences(models, target, sums):
            _require_room(target, request)
            _copy(models, target, sums, request)
        else:
            request.said("The rows are there already, from a move before.")
    return {name: one.rows for name, one in sums.items()}


def _copy(
    models: list[tables.Table], target: str, sums: Mapping[str, TableSum], request: MoveRequest
) -> None:
    with transaction.atomic(using=target):
        tables.copy_tables(models, DEFAULT_DB_ALIAS, target, request.said)
        if different := _differences(models, target, sums):
            raise BackupRefused(
                f"Not everything arrived as it was: {', '.join(different)}. Nothing was moved."
            )
        for topic in Topic.objects.using(target).all():
            Topic.objects.using(target).filter(pk=topic.pk).update(epoch=new_epoch())


def _differences(
    models: list[tables.Table], target: str, sums: Mapping[str, TableSum]
) -> list[str]:
    """The tables that are not the same there."""
    return [
        name
        for one in models
        if (name := one._meta.db_table) not in CHANGED
        and tables.table_sum(one, target) != sums[name]
    ]


def _require_room(target: str, request: MoveRequest) -> None:
    if not request.replace and User.objects.using(target).exists():
        raise BackupRefused(
            "There is another installation in that database: its rows are not these. `--replace` puts "
            "these in their place."
        )


def _hold_still() -> None:
    """Everything is read as of one moment."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def _is_here(config: Mapping[str, Any]) -> bool:
    own = connections.settings[DEFAULT_DB_ALIAS]
    names = ("ENGINE", "NAME", "HOST", "PORT")
    return all(str(own.get(name) or "") == str(config.get(name) or "") for name in names)


def _require_current() -> None:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise BackupRefused("The database is not migrated: run `manage.py prepare` first.")


class _standing_still:  # noqa: N801  used as a block
    """Nobody serves from here, nor begins to, until the block ends."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._lock = -1

    def __enter__(self) -> None:
        path = Path(settings.RUN_DIR) / "up.lock"
        self._lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise BackupRefused("PANIC! runs here: stop it first.") from None
        try:
            self._require_silence()
        except BaseException:
            os.close(self._lock)
            raise

    def __exit__(self, *_: object) -> None:
        os.close(self._lock)

    def _require_silence(self) -> None:
        heard = WorkerHeartbeat.objects.filter(seen_at__gt=self._at - STILL_THERE)
        if hosts := sorted(heard.values_list("host", flat=True)):
            raise BackupRefused(
                f"{', '.join(hosts)} was heard of a moment ago: stop `manage.py up` on every machine, and "
                "try again half a minute later."
            )
