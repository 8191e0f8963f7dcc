"""What every test can rely on: an installation of its own, and a database that goes away."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from pytest_django import DjangoDbBlocker

from lib import watched_tasks
from tests.examples import use_same_examples
from tests.people import *  # noqa: F403  its fixtures
from tests.stack import Stack

TESTS = Path(__file__).parent
use_same_examples()
REAL_PROCESSES = {"browser", "chaos", "live", "processes", "sabotage", "services", "weights"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The folder of a test decides what it may use."""
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        if folder in REAL_PROCESSES:
            item.add_marker("enable_socket")


@pytest.fixture(autouse=True)
def language_of_the_last_page() -> Iterator[None]:
    """A page that was asked for in another language leaves it active in this thread."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def changes_of_the_last_test() -> Iterator[None]:
    """What one test announced would have the next one read rows, which may have no database."""
    folder = Path(settings.DATA_DIR)
    yield
    for path in folder.glob("*.changed"):
        path.unlink(missing_ok=True)
    # A queue's sign of life, by which the next test would find one at work
    (Path(settings.RUN_DIR) / "qcluster.alive").unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def tasks_of_the_last_test() -> Iterator[None]:
    """Its event loop is closed: what went on in it would be taken for stalled a minute later."""
    yield
    watched_tasks._watched.clear()


@pytest.fixture(scope="session")
def stack_template(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A prepared data folder (migrated, with the first admin) that stacks are copied from.

    Made by the first of the processes that share this session of tests; the others wait for it.
    """
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent
    folder = shared / "prepared"
    with (shared / "prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            unfinished = shared / "unfinished"
            Stack(unfinished).prepare()
            unfinished.rename(folder)
    return folder


@pytest.fixture
def stack(tmp_path: Path, stack_template: Path) -> Iterator[Stack]:
    """An installation of this test's own, prepared but not started."""
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
