"""A chain of hops as a DBOS workflow: each hop is a step that DBOS has recorded when it ends."""

from __future__ import annotations

import functools
import os
import time

from dbos import (  # type: ignore[import-not-found,unused-ignore]
    DBOS,
    SQLAlchemyDatasource,
)

from bench.workloads import PROMPT

from .hop_rows import HopRows, Statement


@functools.cache
def _datasource() -> SQLAlchemyDatasource:
    """DBOS is set up; its own tables and the product's are in one database."""
    address = os.environ["DATABASE_URL"].replace("postgres://", "postgresql://", 1)
    address = address.replace("postgresql://", "postgresql+psycopg://", 1)
    DBOS(config={"name": "bench", "system_database_url": address, "log_level": "WARNING"})
    datasource = SQLAlchemyDatasource.create(address)
    DBOS.launch()
    return datasource


@DBOS.step()  # type: ignore[untyped-decorator,unused-ignore]
def _pass_on(text: str) -> str:
    return text


@DBOS.workflow()  # type: ignore[untyped-decorator,unused-ignore]
def _steps(hops: int) -> float:
    began = time.perf_counter()
    text = PROMPT
    for _ in range(hops):
        text = _pass_on(text)
    return (time.perf_counter() - began) * 1000 / hops


@DBOS.workflow()  # type: ignore[untyped-decorator,unused-ignore]
def _steps_with_rows(hops: int) -> float:
    rows = HopRows()
    commits = [rows.hop() for _ in range(hops)]
    datasource = _datasource()
    began = time.perf_counter()
    for statements in commits:
        datasource.run_tx_step({"isolation_level": "READ COMMITTED"}, _write, statements)
    return (time.perf_counter() - began) * 1000 / hops


def _write(statements: list[Statement]) -> str:
    session = _datasource().sql_session().connection()
    for sql, values in statements:
        session.exec_driver_sql(sql, tuple(values))
    return PROMPT


def time_steps(hops: int) -> float:
    """Milliseconds per step that does nothing; DBOS commits its output."""
    _datasource()
    return float(_steps(hops))


def time_steps_with_rows(hops: int) -> float:
    """Milliseconds per step that writes a hop's rows, in one transaction with DBOS's own."""
    _datasource()
    return float(_steps_with_rows(hops))
