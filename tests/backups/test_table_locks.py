"""Rows are replaced on Postgres while others work with them."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest
from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connection, transaction

from backups import tables
from backups.refusals import BackupRefused

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="DATABASE_URL is no Postgres"),
]


class Other:
    """A server's process that holds the last table, and wants the first while the rows are being replaced."""

    def __init__(self, *, lets_go: bool = True) -> None:
        self._lets_go = lets_go
        self.holds, self.over = threading.Event(), threading.Event()
        self.trouble: Exception | None = None
        names = [table._meta.db_table for table in tables.tables_of(apps)]
        self._first, self._last = names[0], names[-1]
        self._thread = threading.Thread(target=self._work)
        self._thread.start()
        assert self.holds.wait(30)

    def _work(self) -> None:
        facts = connection.get_connection_params()
        facts.pop("cursor_factory", None)
        facts.pop("context", None)
        try:
            with psycopg.connect(**facts) as own:
                own.execute(f'LOCK TABLE "{self._last}" IN ACCESS SHARE MODE')
                self.holds.set()
                if not self._lets_go:
                    self.over.wait(60)
                    return
                while not own.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
                    time.sleep(0.01)
                own.execute(f'LOCK TABLE "{self._first}" IN ACCESS SHARE MODE')
        except psycopg.Error as error:
            self.trouble = error

    def end(self) -> None:
        self.over.set()
        self._thread.join(60)


def test_whoever_takes_locks_in_another_order_goes_on() -> None:
    other = Other()

    with transaction.atomic():
        tables.clear(tables.tables_of(apps), DEFAULT_DB_ALIAS)
    other.end()

    assert other.trouble is None


def test_where_somebody_never_lets_go_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "LOCK_TRIES", 2)
    monkeypatch.setattr(tables, "LOCK_MILLISECONDS", 20)
    other = Other(lets_go=False)

    with pytest.raises(BackupRefused, match="stop the server"), transaction.atomic():
        tables.clear(tables.tables_of(apps), DEFAULT_DB_ALIAS)
    other.end()
