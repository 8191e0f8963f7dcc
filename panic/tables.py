"""A database that is not as this version needs it is told of in one sentence, not in a traceback."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor


def refuse_missing_migrations() -> None:
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise CommandError(f"The database cannot be used: {error}") from None
    if missing:
        raise CommandError(
            f"The database lacks {len(missing)} migrations: run `make setup` "
            "(or `python manage.py migrate`) first."
        )


class TablesCommand(BaseCommand):
    """A command that needs them all."""

    requires_migrations_checks = True

    def check_migrations(self) -> None:
        refuse_missing_migrations()
