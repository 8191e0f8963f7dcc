"""A whole database as one SQLite file, and back.

SQLite is copied by its own backup function from within one read transaction, so that the copy is of one
moment and writers go on meanwhile. Postgres is read row by row in one REPEATABLE READ transaction into a
file that was migrated to the same point: it needs no program of Postgres', and a backup fits either of the
two (decision 25).
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import cast

from django.apps import apps
from django.apps.registry import Apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.migrations.loader import MigrationLoader

from realtime.models.topic import new_epoch

from . import databases, schema_process, tables
from .refusals import BackupRefused
from .schema_process import Node

PAGES = 2_000  # of 4 KB in one step; between two of them others have the disk
REST_SECONDS = 0.01
BUSY_SECONDS = 60.0
_DAMAGED = "The database is damaged ({}): restore a backup, or ask SQLite's `.recover`."


def copy_database(target: Path) -> None:
    """Write the installation's database into a new file, as of one moment. Nobody's session is in it: a
    backup opens no account. Raises BackupRefused."""
    if connection.vendor == "sqlite":
        _copy_sqlite(Path(str(connection.settings_dict["NAME"])), target)
    else:
        _copy_postgres(target)
    _forget_sessions(target)
    check(target)
    _sync(target)


def load_database(source: Path) -> None:
    """Put a file with the newest migrations in the place of the installation's database, in one
    transaction: others see all of it or nothing."""
    if connection.vendor == "sqlite":
        _load_sqlite(source, Path(str(connection.settings_dict["NAME"])))
        return
    schema_process.migrate(settings.DATABASES[DEFAULT_DB_ALIAS])
    with databases.opened(databases.sqlite_config(source)) as alias, transaction.atomic():
        tables.copy_tables(tables.tables_of(apps), alias, DEFAULT_DB_ALIAS)


def check(path: Path) -> None:
    """Raises BackupRefused where SQLite finds the file damaged."""
    try:
        with closing(sqlite3.connect(path)) as database:
            found = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        raise BackupRefused(_DAMAGED.format(error)) from error
    if found != "ok":
        raise BackupRefused(_DAMAGED.format(found))


def applied_to(path: Path) -> list[Node]:
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
        return [(str(app), str(name)) for app, name in rows]


def counts(path: Path) -> dict[str, int]:
    """How many rows each table has; without those in which SQLite keeps indexes of words."""
    with closing(sqlite3.connect(path)) as database:
        found = database.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
        ).fetchall()
        virtual = [name for name, sql in found if str(sql).upper().startswith("CREATE VIRTUAL")]
        own = [
            name
            for name, _ in found
            if not name.startswith("sqlite_") and not name.startswith(tuple(virtual) or ("\0",))
        ]
        return {
            name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608
            for name in sorted(own)
        }


def begin_new_epoch(path: Path) -> None:
    """Every cursor that anybody holds is of another life of the event log from now on."""
    with closing(sqlite3.connect(path)) as database, database:
        for (key,) in database.execute("SELECT id FROM realtime_topic").fetchall():
            statement = "UPDATE realtime_topic SET epoch = ? WHERE id = ?"
            database.execute(statement, [new_epoch(), key])


def _copy_sqlite(source: Path, target: Path) -> None:
    with (
        closing(sqlite3.connect(source, timeout=BUSY_SECONDS, isolation_level=None)) as database,
        closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        copy.execute("PRAGMA synchronous=OFF")
        database.execute("BEGIN")
        database.execute("SELECT count(*) FROM sqlite_master").fetchone()  # here its moment begins
        try:
            database.backup(copy, pages=PAGES, sleep=REST_SECONDS)
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) in {
                sqlite3.SQLITE_CORRUPT,
                sqlite3.SQLITE_NOTADB,
            }:
                raise BackupRefused(_DAMAGED.format(error)) from error
            raise
        database.execute("ROLLBACK")
        copy.execute("PRAGMA journal_mode=DELETE")


def _copy_postgres(target: Path) -> None:
    nodes = databases.applied()
    config = databases.sqlite_config(target)
    schema_process.migrate(config, databases.newest_of(nodes))
    registry = _models_as_of(nodes)
    with databases.opened(config) as alias, transaction.atomic(), transaction.atomic(using=alias):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        tables.copy_tables(tables.tables_of(registry), DEFAULT_DB_ALIAS, alias)


def _models_as_of(nodes: set[Node]) -> Apps:
    """The models as the migrations describe them up to here: of an older database, not those of today."""
    loader = MigrationLoader(None)
    return cast("Apps", loader.project_state(databases.newest_of(nodes)).apps)


def _load_sqlite(source: Path, target: Path) -> None:
    """Through the write-ahead log, as one transaction: who reads meanwhile goes on with what was there."""
    connection.close()
    with (
        closing(sqlite3.connect(source, isolation_level=None)) as database,
        closing(sqlite3.connect(target, timeout=BUSY_SECONDS, isolation_level=None)) as installed,
    ):
        installed.execute("PRAGMA journal_mode=WAL")
        installed.execute("PRAGMA synchronous=FULL")
        database.backup(installed, pages=-1, sleep=0.1)
        with suppress(sqlite3.OperationalError):  # somebody reads; it is done later
            installed.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _forget_sessions(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA secure_delete=ON")
        if database.execute("SELECT 1 FROM sqlite_master WHERE name = 'django_session'").fetchone():
            database.execute("DELETE FROM django_session")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
