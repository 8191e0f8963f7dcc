"""Rows from one database to another, whatever either of them is, and what they amount to."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from django.apps.registry import Apps
from django.core.management.color import no_style
from django.db import (
    DataError,
    IntegrityError,
    OperationalError,
    connections,
    models,
    transaction,
)

from .refusals import BackupRefused

Table = type[models.Model]
Row = Sequence[Any]
BATCH = 500
LOCK_TRIES = 60
LOCK_MILLISECONDS = 500  # below a second, after which Postgres looks for deadlocks
LOCK_REST_SECONDS = 0.1
_NOT_FREE = {"55P03", "40P01"}  # lock_not_available, deadlock_detected
_MODULUS = 2**256


@dataclass(frozen=True, slots=True)
class TableSum:
    """How many rows a table has, and a checksum of them that their order does not change."""

    rows: int
    checksum: str


def tables_of(registry: Apps) -> list[Table]:
    """Everything with rows of its own, by name."""
    found = registry.get_models(include_auto_created=True)
    return sorted(
        (one for one in found if one._meta.managed and not one._meta.proxy),
        key=lambda one: one._meta.db_table,
    )


def copy_tables(
    tables: Iterable[Table], source: str, target: str, said: Callable[[str], object] = len
) -> None:
    """Give `target` the rows of `source`, in the place of those it has. Within the caller's transactions, so
    that either all are there or none. Raises BackupRefused where a value does not fit."""
    tables = list(tables)
    clear(tables, target)
    with connections[target].constraint_checks_disabled():
        for table in tables:
            said(table._meta.db_table)
            _copy(table, source, target)
    if connections[target].vendor == "postgresql":
        _set_sequences(tables, target)


def clear(tables: Iterable[Table], alias: str) -> None:
    """Also while a server works with them. Raises BackupRefused where that never lets go of them."""
    connection = connections[alias]
    names = [connection.ops.quote_name(table._meta.db_table) for table in tables]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _lock(names, alias)
            cursor.execute(f"TRUNCATE {', '.join(names)} CASCADE")
            return
        with connection.constraint_checks_disabled():
            for name in names:
                cursor.execute(f"DELETE FROM {name}")  # noqa: S608  names of our own models


def _lock(names: Sequence[str], alias: str) -> None:
    """Hold all of them. Others take locks in orders of their own: where one is not free soon, those that are held
    are let go, so that whoever waits for them goes on, and nobody ends in a deadlock."""
    for number in range(LOCK_TRIES):
        try:
            with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")
                cursor.execute(f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE")
                cursor.execute("SET LOCAL lock_timeout = 0")
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") not in _NOT_FREE:
                raise
            time.sleep(LOCK_REST_SECONDS * (1 + number % 3))
        else:
            return
    raise BackupRefused(
        "Something works with the database without a pause: stop the server on every machine, and try again."
    )


def table_sum(table: Table, alias: str) -> TableSum:
    count = total = 0
    fields = table._meta.concrete_fields
    for row in _rows(table, alias):
        plain = [_canonical(field, value) for field, value in zip(fields, row, strict=True)]
        text = json.dumps(plain, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        total += int.from_bytes(hashlib.sha256(text.encode()).digest())
        count += 1
    return TableSum(count, f"{total % _MODULUS:064x}")


def _rows(table: Table, alias: str) -> Iterator[Row]:
    names = [field.attname for field in table._meta.concrete_fields]
    found = table._base_manager.using(alias).order_by().values_list(*names)
    return found.iterator(chunk_size=BATCH)


def _copy(table: Table, source: str, target: str) -> None:
    connection = connections[target]
    fields = table._meta.concrete_fields
    rows = (
        tuple(
            field.get_db_prep_save(value, connection)
            for field, value in zip(fields, row, strict=True)
        )
        for row in _rows(table, source)
    )
    name = connection.ops.quote_name(table._meta.db_table)
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    try:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {name} ({columns}) FROM STDIN") as stream:
                    for row in rows:
                        stream.write_row(row)
                return
            places = ", ".join(["%s"] * len(fields))
            statement = f"INSERT INTO {name} ({columns}) VALUES ({places})"  # noqa: S608
            while batch := list(islice(rows, BATCH)):
                cursor.executemany(statement, batch)
    except (DataError, IntegrityError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise BackupRefused(
            f"A row of {table._meta.db_table} does not fit into the other database: {reason}"
        ) from error


def _set_sequences(tables: Sequence[Table], alias: str) -> None:
    connection = connections[alias]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), tables):
            cursor.execute(statement)


def _canonical(field: models.Field[Any, Any], value: object) -> object:
    """The same for the same value, whichever database it comes from."""
    if isinstance(field, models.JSONField):
        return _canonical_json(value)
    value = field.get_prep_value(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value.normalize())
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _canonical_json(value: object) -> object:
    """Postgres keeps numbers as they are worth, SQLite as they were written."""
    if isinstance(value, dict):
        return {str(key): _canonical_json(inside) for key, inside in value.items()}
    if isinstance(value, list):
        return [_canonical_json(inside) for inside in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return value
