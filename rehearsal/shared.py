"""What several machines share: a Postgres database and a bucket for each plan, and a Redis."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from cryptography.fernet import Fernet
from psycopg import sql

from tests.fake_servers.s3 import running_bucket
from tests.stack import Stack


@dataclass(frozen=True, slots=True)
class SharedServices:
    """The servers, a migrated database that plans copy, and the keys that all machines have in common."""

    postgres: str  # any database of a server on which databases may be created
    redis: str
    template: str
    keys: dict[str, str]

    @contextmanager
    def settings_of_plan(self) -> Iterator[dict[str, str]]:
        """The settings of machines on a database and a bucket of their own, gone after the block."""
        own_database = _new_database(self.postgres, copied_from=self.template)
        with own_database as address, running_bucket() as bucket:
            yield {
                **self.keys,
                "DATABASE_URL": address,
                "REDIS_URL": self.redis,
                "WAKEUP": "redis",
                "S3_BUCKET": bucket.name,
                "S3_ENDPOINT_URL": bucket.endpoint,
                "S3_REGION": "us-east-1",
                "S3_ACCESS_KEY_ID": "an-id",
                "S3_SECRET_ACCESS_KEY": "a-secret",
            }


@contextmanager
def shared_services(folder: Path, *, postgres: str, redis: str) -> Iterator[SharedServices]:
    """Migrate a database in which nothing happens; `folder` becomes the data folder to copy."""
    keys = {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "CREDENTIAL_KEYS": Fernet.generate_key().decode(),
    }
    with _new_database(postgres) as address:
        stack = Stack(folder)
        stack.environment |= {"DATABASE_URL": address, "REDIS_URL": redis, **keys}
        stack.prepare()
        name = urlsplit(address).path.strip("/")
        yield SharedServices(postgres, redis, name, keys)


@contextmanager
def _new_database(server: str, *, copied_from: str = "template1") -> Iterator[str]:
    """The address of a database for as long as the block."""
    name = f"panic_rehearsal_{secrets.token_hex(8)}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    _execute(server, create.format(sql.Identifier(name), sql.Identifier(copied_from)))
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
        _execute(server, drop.format(sql.Identifier(name)))


def _execute(server: str, statement: sql.Composed) -> None:
    address = urlunsplit(urlsplit(server)._replace(path="/postgres"))
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement)
