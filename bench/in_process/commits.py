"""A hop's rows in one commit, on a connection that is as durable as the product's."""

from __future__ import annotations

import time
from typing import Any

from django.db import connection

from .hop_rows import HopRows, Statement


def time_commits(hops: int) -> float:
    """Milliseconds per commit; the statements are prepared beforehand."""
    rows = HopRows()
    commits = [rows.hop() for _ in range(hops)]
    connection.ensure_connection()
    write = _write_to_sqlite if connection.vendor == "sqlite" else _write_to_postgres
    began = time.perf_counter()
    for statements in commits:
        write(connection.connection, statements)
    return (time.perf_counter() - began) * 1000 / hops


def _write_to_sqlite(driver: Any, statements: list[Statement]) -> None:
    driver.execute("BEGIN IMMEDIATE")
    for sql, values in statements:
        driver.execute(sql.replace("%s", "?"), values)
    driver.execute("COMMIT")


def _write_to_postgres(driver: Any, statements: list[Statement]) -> None:
    """All statements are sent before the first is answered."""
    with driver.pipeline():
        driver.execute("BEGIN")
        for sql, values in statements:
            driver.execute(sql, values)
        driver.execute("COMMIT")
