"""Copies of one row by the hundred thousand, in one statement.

A copy differs from its row in the named columns only, so that a column added later is filled too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.core.management.color import no_style
from django.db import connection, models

NUMBER = "n.i"  # counts the copies of a statement from 0


def copy(sample: models.Model, times: int, changed: Mapping[str, str]) -> None:
    """Insert `times` copies; `changed` holds SQL expressions by column, made of `NUMBER`."""
    quote = connection.ops.quote_name
    table = quote(sample._meta.db_table)
    fields = [str(field.column) for field in sample._meta.local_concrete_fields]
    columns = ", ".join(quote(name) for name in fields)
    values = ", ".join(changed.get(name) or f"s.{quote(name)}" for name in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns})"
            " WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < %s)"
            f" SELECT {values} FROM n CROSS JOIN {table} s WHERE s.id = %s",
            [times, sample.pk],
        )


def text(prefix: str, number: str) -> str:
    """An expression: the prefix and a number, as text."""
    return f"'{prefix}' || ({number})"


def moment(base: datetime, seconds: str) -> str:
    """An expression: this many seconds after `base`."""
    if connection.vendor == "postgresql":
        return f"'{base.isoformat()}'::timestamptz + ({seconds}) * interval '1 second'"
    began = base.replace(tzinfo=None, microsecond=0).isoformat(" ")
    return f"strftime('%%Y-%%m-%%d %%H:%%M:%%f', '{began}', ({seconds}) || ' seconds')"


def settle(tables: list[type[models.Model]]) -> None:
    """Bring sequences, statistics and files into the state of a database in use."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), tables):
            cursor.execute(statement)
        if connection.vendor == "postgresql":  # its autovacuum does this; SQLite has none
            cursor.execute("VACUUM ANALYZE")
        else:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
