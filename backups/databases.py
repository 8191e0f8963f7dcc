"""Databases besides the installation's own, and how far the migrations of one are."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from .schema_process import Node


def sqlite_config(path: Path) -> dict[str, Any]:
    """Of a file that only this process uses: no write-ahead log beside it."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {"init_command": "PRAGMA journal_mode=DELETE; PRAGMA synchronous=OFF;"},
    }


@contextmanager
def opened(config: Mapping[str, Any]) -> Iterator[str]:
    """The alias of a database for as long as the block."""
    alias = f"other_{secrets.token_hex(4)}"
    own = connections.settings[DEFAULT_DB_ALIAS]
    configured = connections.configure_settings({DEFAULT_DB_ALIAS: own, alias: dict(config)})
    connections.settings[alias] = configured[alias]
    try:
        yield alias
    finally:
        connections[alias].close()
        del connections[alias]
        del connections.settings[alias]


def applied(alias: str = DEFAULT_DB_ALIAS) -> set[Node]:
    """The migrations that the database says it has."""
    return set(MigrationRecorder(connections[alias]).applied_migrations())


def newest_of(nodes: set[Node]) -> list[Node]:
    """Those that none of the same app follows: what to migrate an empty database to."""
    graph = MigrationLoader(None).graph
    found = []
    for node in sorted(nodes & set(graph.nodes)):
        children = {(child.key[0], child.key[1]) for child in graph.node_map[node].children}
        if not any(child[0] == node[0] for child in children & nodes):
            found.append(node)
    return found


def of_newer_version(nodes: Sequence[Node]) -> list[Node]:
    """Those that this version cannot have: of another app, or beyond its newest one of that app."""
    graph = MigrationLoader(None).graph
    newest: dict[str, str] = {}
    for app, name in graph.nodes:
        newest[app] = max(newest.get(app, ""), name)
    known = set(graph.nodes)
    return [
        (app, name)
        for app, name in nodes
        if (app, name) not in known and (app not in newest or name[:4] > newest[app][:4])
    ]
