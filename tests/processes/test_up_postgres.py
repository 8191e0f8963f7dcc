"""The same stack on a real Postgres: nothing but `DATABASE_URL` is different."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from tests.stack import Stack

SERVER = os.environ.get("DATABASE_URL", "")
pytestmark = [
    pytest.mark.processes,
    pytest.mark.services,
    pytest.mark.enable_socket,
    pytest.mark.skipif(not SERVER.startswith("postgres"), reason="DATABASE_URL is no Postgres"),
]


def on_server(statement: str, name: str) -> None:
    address = urlunsplit(urlsplit(SERVER)._replace(path="/postgres"))
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


@pytest.fixture
def stack_on_postgres(tmp_path: Path) -> Iterator[Stack]:
    name = f"panic_stack_{os.getpid()}"
    on_server("CREATE DATABASE {}", name)
    address = urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}"))
    stack = Stack(tmp_path / "data", DATABASE_URL=address)
    stack.prepare()
    yield stack
    stack.destroy()
    on_server("DROP DATABASE {} WITH (FORCE)", name)


def test_it_comes_up_on_postgres_and_ends_cleanly(stack_on_postgres: Stack) -> None:
    stack = stack_on_postgres
    stack.start()
    token = stack.token(admin=True)

    status, seconds = stack.stop()

    assert token
    assert status == 0
    assert seconds < 10
    assert stack.everything() == []
