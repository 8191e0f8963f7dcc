"""What every test can rely on: an installation of its own, and a database that goes away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tests.stack import Stack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def stack_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared data folder (migrated, with the first admin) that stacks are copied from."""
    folder = tmp_path_factory.mktemp("prepared") / "data"
    Stack(folder).prepare()
    return folder


@pytest.fixture
def stack(tmp_path: Path, stack_template: Path) -> Iterator[Stack]:
    """An installation of this test's own, prepared but not started. Mark the test `processes`."""
    one = Stack(tmp_path / "data")
    one.prepare(stack_template)
    yield one
    one.destroy()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Postgres drops no database that anybody is connected to: threads that tests left behind go."""
    from django.db import connection

    yield
    if connection.vendor != "postgresql":
        return
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    connection.close()
