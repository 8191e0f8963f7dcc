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

from tests.fake_servers.s3 import Bucket, running_bucket
from tests.stack import Stack

SERVER = os.environ.get("DATABASE_URL", "")


def on_server(statement: str, *names: str) -> None:
    address = urlunsplit(urlsplit(SERVER)._replace(path="/postgres"))
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextmanager
def new_database(template: str = "template1") -> Iterator[str]:
    """The address of a copy of the database `template`, for as long as the block; skips where there is no
    server."""
    if not SERVER.startswith("postgres"):
        pytest.skip("DATABASE_URL is no Postgres")
    name = f"panic_stack_{secrets.token_hex(8)}"  # other sessions use the same server
    on_server("CREATE DATABASE {} TEMPLATE {}", name, template)
    try:
        yield urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}"))
    finally:
        on_server("DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def database() -> Iterator[str]:
    """The address of an empty one."""
    with new_database() as address:
        yield address


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with running_bucket() as made:
        yield made


@pytest.fixture(scope="session")
def postgres_template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A prepared installation that nobody starts: migrating a database takes ten times as long as copying it."""
    with new_database() as address:
        stack = Stack(tmp_path_factory.mktemp("postgres") / "data", DATABASE_URL=address)
        stack.prepare()
        yield stack


@contextmanager
def copy_on_postgres(template: Stack, data_dir: Path) -> Iterator[Stack]:
    """A prepared stack with a database of its own."""
    name = urlsplit(template.environment["DATABASE_URL"]).path.removeprefix("/")
    with new_database(name) as address:
        stack = Stack(data_dir, DATABASE_URL=address)
        try:
            stack.prepare(template.data_dir)
            yield stack
        finally:
            stack.destroy()


@pytest.fixture
def stack_on_postgres(postgres_template: Stack, tmp_path: Path) -> Iterator[Stack]:
    with copy_on_postgres(postgres_template, tmp_path / "data") as stack:
        yield stack
