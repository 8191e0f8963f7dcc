"""Database work on threads of our own: no broken connection is left for whoever comes next."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections, connection

T = TypeVar("T")
AWAY = (OperationalError, InterfaceError)  # what is raised while the database is


def fresh(work: Callable[[], T]) -> Callable[[], T]:
    """`work`, which leaves no broken connection behind for the next one on its thread."""

    def done() -> T:
        try:
            return work()
        except AWAY:
            connection.close()
            raise
        finally:
            close_old_connections()

    return done
