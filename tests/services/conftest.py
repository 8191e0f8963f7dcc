"""A stack on a Postgres database of its own."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from tests.stack import Stack

SERVER = os.environ.get("DATABASE_URL", "")


def on_server(statement: str, name: str) -> None:
    address = urlunsplit(urlsplit(SERVER)._replace(path="/postgres"))
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


@contextmanager
def empty_database() -> Iterator[str]:
    """The address of a database for as long as the block; skips where there is no server."""
    if not SERVER.startswith("postgres"):
        pytest.skip("DATABASE_URL is no Postgres")
    name = f"panic_stack_{secrets.token_hex(8)}"  # other sessions use the same server
    on_server("CREATE DATABASE {}", name)
    try:
        yield urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}"))
    finally:
        on_server("DROP DATABASE {} WITH (FORCE)", name)


@contextmanager
def running_on_postgres(data_dir: Path) -> Iterator[Stack]:
    """A prepared stack with a database of its own."""
    with empty_database() as address:
        stack = Stack(data_dir, DATABASE_URL=address)
        try:
            stack.prepare()
            yield stack
        finally:
            stack.destroy()


@pytest.fixture
def stack_on_postgres(tmp_path: Path) -> Iterator[Stack]:
    with running_on_postgres(tmp_path / "data") as stack:
        yield stack
