"""What every test can rely on: an installation of its own, and a database that goes away."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management.color import Style
from django.utils import translation
from pytest_django import DjangoDbBlocker

from lib import watched_tasks
from tests import migrated_database
from tests.examples import use_same_examples
from tests.people import *  # noqa: F403  its fixtures
from tests.stack import Stack

TESTS = Path(__file__).parent
use_same_examples()
REAL_PROCESSES = {"browser", "chaos", "live", "processes", "sabotage", "services", "weights"}
DATABASE = {"db", "transactional_db", "django_db_reset_sequences"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The folder of a test decides what it may use; `-m uses_services` is for a run on Postgres and Redis."""
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        if folder in REAL_PROCESSES:
            item.add_marker("enable_socket")
        if folder == "realtime" or _uses_database(item):
            item.add_marker("uses_services")


def _uses_database(item: pytest.Item) -> bool:
    asked = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(asked & DATABASE)


@pytest.fixture(autouse=True)
def language_of_the_last_page() -> Iterator[None]:
    """A page that was asked for in another language leaves it active in this thread."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def idle_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long films take is said as where nothing else runs, however busy this machine is."""
    monkeypatch.setattr("films.load.busyness", lambda films: 0.0)


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


def delete_all_rows(style: Style, tables: Sequence[str], **options: object) -> list[str]:
    """Instead of TRUNCATE, which makes new files for each of a hundred tables that are empty (5 s on a busy disk).
    Foreign keys are checked when the transaction ends. In one statement: each waits for the server's turn."""
    return ["; ".join(f'DELETE FROM "{table}"' for table in tables)]  # noqa: S608 - names of our own tables


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings: None) -> bool:
    """Whether there is a migrated database already, which goes with the folder that it is in."""
    default: dict[str, Any] = settings.DATABASES["default"]
    is_sqlite = default["ENGINE"].endswith("sqlite3")
    return is_sqlite and migrated_database.copy_kept(Path(default["TEST"]["NAME"]))


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_keepdb: bool, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Keeps a migrated SQLite database for later sessions. On Postgres: empty tables quickly, and at the end let go
    of the database, which is not dropped while threads that tests left behind are connected to it."""
    from django.db import connection

    if connection.vendor == "sqlite" and not django_db_keepdb:
        migrated_database.keep(Path(connection.settings_dict["NAME"]))
    if connection.vendor == "postgresql":
        connection.ops.sql_flush = delete_all_rows  # type: ignore[method-assign]
    yield
    if connection.vendor != "postgresql":
        return
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    connection.close()
