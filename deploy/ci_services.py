"""Finds the services that `.ci/run` tests against; prints an address or fails."""

from __future__ import annotations

import os
import sys

import psycopg
import redis
from psycopg import sql

SERVER = os.environ.get("CI_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432")
REDIS = os.environ.get("CI_REDIS_URL", "redis://127.0.0.1:6379/15")


def create_database(name: str) -> str:
    _execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return f"{SERVER}/{name}"


def drop_database(name: str) -> str:
    for each in (name, f"test_{name}"):
        _execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(each)))
    return ""


def find_redis() -> str:
    redis.Redis.from_url(REDIS, socket_timeout=2).ping()
    return REDIS


def _execute(statement: sql.Composed) -> None:
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True, connect_timeout=3) as connection:
        connection.execute(statement)


def main(command: str, *arguments: str) -> int:
    commands = {
        "create-database": create_database,
        "drop-database": drop_database,
        "find-redis": find_redis,
    }
    try:
        print(commands[command](*arguments))  # type: ignore[operator]  # noqa: T201
    except (psycopg.Error, redis.RedisError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
