"""A scheduled backup that is killed with SIGKILL while `manage.py up` runs: it is noticed, nothing of it is left, and
the next one is whole."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing

import httpx
import psutil
import pytest

from backups import unpacking
from tests.stack import Stack

BALLAST = 60_000_000  # bytes that do not compress: packing them takes a second or two
NOTICED_SECONDS = 120


def in_database(stack: Stack, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(stack.data_dir / "panic.sqlite3", timeout=60)) as database:
        database.execute(statement, values)
        database.commit()


@pytest.fixture
def old_stack(stack: Stack) -> Stack:
    """Installed a week ago, so that a backup is due."""
    stack.environment["DATABASE_URL"] = ""
    in_database(stack, "CREATE TABLE ballast (content)")
    in_database(stack, "INSERT INTO ballast VALUES (randomblob(?))", BALLAST)
    in_database(stack, "UPDATE django_migrations SET applied = datetime('now', '-7 days')")
    return stack


def backup_processes(stack: Stack) -> list[psutil.Process]:
    return [each for each in stack.everything() if "--scheduled" in each.cmdline()]


def kill_in_the_middle(stack: Stack, whom: str) -> None:
    """`backup`: the process that makes it. `worker`: the one of the queue that waits for it, and so knows."""
    folder = stack.data_dir / "backups"
    stack.wait_until(lambda: list(folder.glob(".partial-*/*")), 120, "a backup is being made")
    (making,) = backup_processes(stack)
    victim = making.pid if whom == "backup" else making.ppid()
    os.kill(victim, signal.SIGKILL)
    psutil.wait_procs([making], timeout=20)
    assert not list(folder.glob("*.tar")), "it was done before it could be killed"


@pytest.mark.parametrize("whom", ["backup", "worker"])
def test_a_killed_backup_is_noticed_and_the_next_one_is_whole(old_stack: Stack, whom: str) -> None:
    stack, folder = old_stack, old_stack.data_dir / "backups"
    token = stack.token(admin=True)
    stack.start()
    with stack.client(token) as client:
        kill_in_the_middle(stack, whom)
        stack.wait_until(lambda: state(client)["problem"], NOTICED_SECONDS, "it is noticed")
        after = state(client)
        assert (after["state"], after["items"]) == (None, [])
        assert "ended before it was done" in str(after["problem"])
        stack.wait_until(lambda: not list(folder.glob(".partial-*")), 10, "nothing is left of it")

        # The hour is over after which it is tried again
        ended = "UPDATE backups_scheduledbackup SET ended_at = datetime('now', '-2 hours')"
        in_database(stack, ended)
        stack.wait_until(lambda: state(client)["items"], 120, "the next one is there")
        stack.wait_until(lambda: state(client)["state"] is None, 20, "it has ended")
        assert state(client)["problem"] == ""

    (file,) = folder.glob("*-scheduled.tar")
    whole = stack.data_dir / "unpacked"
    whole.mkdir()
    found = unpacking.unpack(file, unpacking.read_manifest(file), whole)
    with closing(sqlite3.connect(found.database)) as database:
        assert database.execute("SELECT length(content) FROM ballast").fetchall() == [(BALLAST,)]


def state(client: httpx.Client) -> dict[str, object]:
    found: dict[str, object] = client.get("/api/v1/backups").raise_for_status().json()
    return found
