"""Postgres goes away under a live ring: every socket gets every event, and nobody restarts anything."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.stack import Stack

from .conftest import copy_on_postgres, on_server
from .rings import Ring

TERMINATIONS = int(os.environ.get("PANIC_TEST_TERMINATIONS", "20"))
RESTARTS = 4
OUTAGE_SECONDS = 12.0  # longer than what a queue is given to show that it turns


@pytest.fixture(scope="module")
def ring(postgres_template: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ring]:
    with copy_on_postgres(postgres_template, tmp_path_factory.mktemp("cut") / "data") as stack:
        stack.start()
        one = Ring(stack)
        yield one
        one.leave()


def address_of(ring: Ring) -> str:
    return ring.stack.environment["DATABASE_URL"]


OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def terminate_sessions(ring: Ring) -> None:
    """End every session of the database but this one, once the processes of the stack have theirs."""
    with psycopg.connect(address_of(ring), autocommit=True) as connection:

        def sessions() -> int:
            return connection.execute(f"SELECT pid {OTHERS}").rowcount

        ring.stack.wait_until(lambda: sessions() > 3, 60, "everybody is connected")
        connection.execute(f"SELECT pg_terminate_backend(pid) {OTHERS}")


@contextmanager
def database_away(address: str) -> Iterator[None]:
    """Nobody may connect, and nobody is connected: what a stopped server looks like from here."""
    server, _, name = address.rpartition("/")
    allow = "ALTER DATABASE {} WITH ALLOW_CONNECTIONS "
    on_server(allow + "false", name)
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
    try:
        yield
    finally:
        on_server(allow + "true", name)


def test_every_socket_survives_the_end_of_every_session(ring: Ring) -> None:
    ring.must_catch_up()
    processes = ring.processes()

    for _ in range(TERMINATIONS):
        terminate_sessions(ring)
        ring.must_catch_up()

    assert ring.processes() == processes, ring.stack.output()[-4000:]
    assert [one.closes for one in ring.followers] == [[]] * len(ring.followers)


def test_a_database_that_is_away_for_a_while_costs_that_while(ring: Ring) -> None:
    ring.must_catch_up()
    (web,) = ring.stack.processes("web")
    (queue,) = ring.stack.processes("queue")

    with database_away(address_of(ring)):
        time.sleep(OUTAGE_SECONDS)
        with ring.stack.client() as client:
            assert client.get("/healthz").status_code == 200
    ring.must_catch_up()
    for _ in range(RESTARTS):
        with database_away(address_of(ring)):
            time.sleep(1.0)
        ring.must_catch_up()

    assert web.is_running()
    assert queue.is_running(), ring.stack.output()[-4000:]


def test_a_stop_reaches_the_workers_after_their_sessions_were_ended(ring: Ring) -> None:
    terminate_sessions(ring)
    ring.must_catch_up()

    with ring.stack.client(ring.stack.token(admin=True)) as client:
        client.post("/api/v1/stop-all").raise_for_status()

    assert all(one.stopped.wait(60) for one in ring.followers)
    stopped_at = ring.last_step()
    time.sleep(1.0)
    assert ring.last_step() == stopped_at
