"""A copy of the database before a new version changes it. Media are left out: migrations change none."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from . import creation, pruning
from .creation import BackupRequest, FinishedBackup
from .file_names import BackupKind, backup_folder


def back_up(*, at: datetime) -> FinishedBackup | None:
    """None where nothing is to be migrated, or nothing is there yet. Raises BackupRefused."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan or not executor.loader.applied_migrations:
        return None
    request = BackupRequest(
        kind=BackupKind.BEFORE_MIGRATION, media=False, passphrase=settings.BACKUP_PASSPHRASE
    )
    made = creation.create(backup_folder(), request, at=at)
    pruning.prune(backup_folder(), pruning.KeptBackups(*settings.BACKUPS_KEPT))
    return made
