"""Reads a stack's rows without its code, from SQLite's file or from Postgres."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from .history import Attempt, Event, FarmWork, Run, Step

Rows = list[tuple[Any, ...]]

EVENTS = """
    SELECT t.name, e.seq, e.type, e.data, e.created_at
    FROM realtime_event e JOIN realtime_topic t ON t.id = e.topic_id ORDER BY e.id
"""
RUNS = """
    SELECT r.public_id, n.slug, r.state, r.prompt, COALESCE(r.client_key, ''), r.reason
    FROM invocations_run r JOIN networks_network n ON n.id = r.network_id ORDER BY r.id
"""
STEPS = """
    SELECT i.public_id, r.public_id, i.sequence, i.model, i.state,
           COALESCE(a.sha256, i.input_text), COALESCE(b.sha256, i.output_text),
           i.substituted, i.charge
    FROM invocations_invocation i
    JOIN invocations_run r ON r.id = i.run_id
    LEFT JOIN assets_asset a ON a.id = i.input_asset_id
    LEFT JOIN assets_asset b ON b.id = i.output_asset_id ORDER BY i.id
"""
ATTEMPTS = """
    SELECT i.public_id, a.number, a.outcome, a.idempotency_key, a.reference, a.worker,
           a.started_at, a.ended_at, a.error_detail
    FROM invocations_attempt a JOIN invocations_invocation i ON i.id = a.invocation_id ORDER BY a.id
"""
FARM_WORK = """
    SELECT i.public_id, a.number, a.outcome, a.parameters, f.log_head, f.log_tail, f.finished_at
    FROM farm_assignment f JOIN invocations_attempt a ON a.id = f.attempt_id
    JOIN invocations_invocation i ON i.id = a.invocation_id ORDER BY a.id
"""


@dataclass(frozen=True, slots=True)
class Records:
    """Where the rows are: a SQLite file, or the address of a Postgres database."""

    database: Path | str

    def query(self, sql: str, *parameters: object) -> Rows:
        """Rows of a statement with `?` for its parameters; reads only."""
        with self._connected() as execute:
            return execute(sql, parameters)

    @contextmanager
    def _connected(self) -> Iterator[Callable[[str, Sequence[object]], Rows]]:
        if isinstance(self.database, Path):
            address = f"file:{self.database}?mode=ro"
            with closing(sqlite3.connect(address, uri=True, timeout=20)) as database:
                yield lambda sql, values: list(database.execute(sql, values))
            return
        with psycopg.connect(self.database) as server:
            yield lambda sql, values: server.execute(sql.replace("?", "%s"), values).fetchall()

    # Whole tables

    def events(self) -> list[Event]:
        return [
            Event(topic, seq, kind, _json(data), _time(at))
            for topic, seq, kind, data, at in self.query(EVENTS)
        ]

    def last_seqs(self) -> dict[str, int]:
        return dict(self.query("SELECT name, last_seq FROM realtime_topic WHERE last_seq > 0"))

    def runs(self) -> list[Run]:
        return [Run(*row) for row in self.query(RUNS)]

    def steps(self) -> list[Step]:
        return [_step(*row) for row in self.query(STEPS)]

    def attempts(self) -> list[Attempt]:
        return [_attempt(*row) for row in self.query(ATTEMPTS)]

    def farm_work(self) -> list[FarmWork]:
        return [_farm_work(*row) for row in self.query(FARM_WORK)]


def _step(*row: Any) -> Step:
    *plain, substituted, charge = row
    fields = [*plain, bool(substituted), charge]
    return Step(*fields)


def _attempt(*row: Any) -> Attempt:
    *plain, began, ended, detail = row
    fields = [*plain, _time(began), _time(ended) if ended else None, detail]
    return Attempt(*fields)


def _farm_work(step: str, number: int, outcome: str, *rest: Any) -> FarmWork:
    parameters, head, tail, finished = rest
    lines = int(_json(parameters).get("lines", 0))
    return FarmWork(step, number, outcome, lines, head + tail, finished is not None)


def _json(value: object) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _time(value: object) -> float:
    """SQLite keeps times as text in UTC."""
    if isinstance(value, datetime):
        return value.timestamp()
    return datetime.fromisoformat(str(value)).replace(tzinfo=UTC).timestamp()
