"""What a hop commits, as plain SQL: the same rows as the engine's, without the engine and the ORM.

The step and its attempt are closed, the next step is written and claimed, three events are appended.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from typing import Any

from django.db import connection, models
from django.utils import timezone

from bench.baselines import handwritten
from bench.workloads import PROMPT
from invocations.models import Attempt, Invocation
from realtime.models import Event, Topic

from . import chains

Statement = tuple[str, list[Any]]
KEYS_APART = 1_000_000  # from the keys that are there, so that the database's own go on between
EVENTS = ("invocation.completed", "invocation.created", "invocation.started")


class HopRows:
    """A run by hand whose step is claimed; each `hop()` gives the statements of one commit."""

    def __init__(self) -> None:
        taken = handwritten.claim_step(chains.create_run_by_hand()[1].pk)
        assert taken is not None
        self._step, self._attempt = taken
        self._topic = Topic.objects.get(name=f"network:{self._step.network_id}")
        self._event = Event.objects.get(topic=self._topic)
        self._event_keys = _keys(Event)
        self._step_keys = _keys(Invocation)
        self._attempt_keys = _keys(Attempt)
        self._seqs = count(self._event.seq + 1)

    def hop(self) -> list[Statement]:
        """With `%s` for each parameter, to be executed in this order in one transaction."""
        now = timezone.now()
        statements = [self._closed_step(now), self._closed_attempt(now)]
        self._step = self._next_step(now)
        self._attempt = self._next_attempt(now)
        events = [self._next_event(kind, now) for kind in EVENTS]
        count_events = "UPDATE realtime_topic SET last_seq = last_seq + %s WHERE id = %s"
        return [
            *statements,
            _insert([self._step]),
            _insert([self._attempt]),
            (count_events, [len(EVENTS), self._topic.pk]),
            _insert(events),
        ]

    def _closed_step(self, now: datetime) -> Statement:
        values = {"state": "completed", "output_text": PROMPT, "seconds": 0.0, "ended_at": now}
        return _update(self._step, values, {"state": "invoking"})

    def _closed_attempt(self, now: datetime) -> Statement:
        values = {"outcome": "completed", "seconds": 0.0, "ended_at": now}
        return _update(self._attempt, values, {"outcome": ""})

    def _next_step(self, now: datetime) -> Invocation:
        step = copy.copy(self._step)
        step.pk = next(self._step_keys)
        step.public_id = Invocation._meta.get_field("public_id").get_default()
        step.sequence += 1
        step.created_at = step.due_at = step.started_at = now
        return step

    def _next_attempt(self, now: datetime) -> Attempt:
        attempt = copy.copy(self._attempt)
        attempt.pk, attempt.invocation_id = next(self._attempt_keys), self._step.pk
        attempt.token = Attempt._meta.get_field("token").get_default()
        attempt.idempotency_key = f"{self._step.public_id}-1"
        attempt.started_at, attempt.lease_until = now, now + handwritten.LEASE
        return attempt

    def _next_event(self, kind: str, now: datetime) -> Event:
        event = copy.copy(self._event)
        event.pk, event.seq, event.type = next(self._event_keys), next(self._seqs), kind
        event.data = {**event.data, "invocation": self._step.public_id}
        event.created_at = now
        return event


def numbered(sql: str) -> str:
    """With `$1`, `$2` for the parameters, as asyncpg wants them."""
    numbers = count(1)
    return re.sub("%s", lambda _: f"${next(numbers)}", sql)


def _keys(model: type[models.Model]) -> Iterator[int]:
    """Primary keys that nobody else gives."""
    last = model._default_manager.aggregate(last=models.Max("pk"))["last"]
    return count(last + KEYS_APART)


def _insert(rows: list[Any]) -> Statement:
    fields = rows[0]._meta.local_concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    places = f"({', '.join(['%s'] * len(fields))})"
    sql = (
        f"INSERT INTO {rows[0]._meta.db_table} ({columns}) VALUES {', '.join([places] * len(rows))}"
    )
    return sql, [_value(field, getattr(row, field.attname)) for row in rows for field in fields]


def _update(row: models.Model, values: dict[str, Any], old: dict[str, Any]) -> Statement:
    """Where the row still has its old values."""
    changes = ", ".join(f"{name} = %s" for name in values)
    conditions = " AND ".join(f"{name} = %s" for name in ("id", *old))
    field = row._meta.get_field
    parameters = [
        *(_value(field(name), value) for name, value in values.items()),
        row.pk,
        *(_value(field(name), value) for name, value in old.items()),
    ]
    return f"UPDATE {row._meta.db_table} SET {changes} WHERE {conditions}", parameters


def _value(field: Any, value: Any) -> Any:
    """As the database's driver takes it; JSON as text, which every driver takes."""
    if isinstance(field, models.JSONField):
        return json.dumps(value)
    return field.get_db_prep_save(value, connection)
