"""The databases that installations are measured on."""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql


@dataclass(frozen=True, slots=True)
class Engine:
    """A kind of database and how durable its commits are; `suffix` is added to its rows' ids."""

    suffix: str
    label: str
    synchronous: str = "FULL"
    server: str = ""  # a Postgres that lets us create databases; empty: SQLite

    def environment(self, name: str, template: str = "") -> dict[str, str]:
        """What an installation needs to use a database called `name`, which is there then: empty,
        or a copy of `template`."""
        if not self.server:
            return {"SQLITE_SYNCHRONOUS": self.synchronous}
        if template:
            self._execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        else:
            self._execute("CREATE DATABASE {}", name)
        return {"DATABASE_URL": self._address(name)}

    def forget(self, name: str) -> None:
        if self.server:
            self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _address(self, name: str) -> str:
        return urlunsplit(urlsplit(self.server)._replace(path=f"/{name}"))

    def _execute(self, statement: str, *names: str) -> None:
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


SQLITE = Engine("", "SQLite, WAL, synchronous=FULL")
SQLITE_NORMAL = Engine(".normal", "SQLite, WAL, synchronous=NORMAL", synchronous="NORMAL")


def postgres() -> Engine | None:
    """The Postgres of DATABASE_URL, if there is one."""
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        return None
    return Engine(".postgres", "Postgres, synchronous_commit as the server has it", server=server)
