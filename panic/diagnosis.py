"""The examinations of `manage.py doctor`: each says what it found, and what to do about it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from panic import checkup
from platforms import registry, rotation
from platforms.keyring import Keyring

LARGEST_CLOCK_ERROR = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Finding:
    subject: str
    sentence: str
    mark: str = "ok"  # or "note", or "bad"

    @property
    def wrong(self) -> bool:
        return self.mark == "bad"


def examine() -> list[Finding]:
    """Everything there is to say; a part that cannot be examined is itself a finding."""
    findings: list[Finding] = []
    for examination in EXAMINATIONS:
        try:
            findings += examination()
        except DatabaseError as error:
            name = examination.__name__.replace("_", " ")
            findings.append(Finding(name, f"cannot be examined: {error}", "bad"))
    return findings


def database() -> Iterator[Finding]:
    check = checkup.database()
    if not check.ok:
        yield Finding("database", check.detail, "bad")
        return
    yield from _sqlite() if connection.vendor == "sqlite" else [Finding("database", "Postgres.")]
    executor = MigrationExecutor(connection)
    if missing := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        sentence = f"{len(missing)} are missing: run `python manage.py migrate`."
        yield Finding("migrations", sentence, "bad")


def _sqlite() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        mode = cursor.execute("PRAGMA journal_mode").fetchone()[0]
        synchronous = int(cursor.execute("PRAGMA synchronous").fetchone()[0])
    if mode != "wal":
        sentence = f"SQLite is in {mode} mode, not WAL: readers and writers will wait."
        yield Finding("database", sentence, "bad")
    elif synchronous < 2:
        sentence = "SQLite, WAL, synchronous=NORMAL: a power cut may forget the last charges."
        yield Finding("database", sentence, "note")
    else:
        yield Finding("database", "SQLite, WAL, synchronous=FULL.")


def weights_and_keys() -> Iterator[Finding]:
    """Which platforms could be asked now, with the house's own keys."""
    keys = Keyring(None, house=True)
    for platform in registry.all_platforms():
        models = [model for model in platform.models() if not model.deprecated]
        answers = [keys.availability(model) for model in models]
        able = sum(answer.available for answer in answers)
        reasons = sorted({answer.reason for answer in answers if not answer.available})
        sentence = " ".join([f"{able} of {len(models)} models can be used.", *reasons])
        yield Finding(platform.label, sentence, "ok" if able == len(models) else "note")


def stored_keys() -> Iterator[Finding]:
    """Whether what people have stored can be decrypted here."""
    if rotation.unfinished():
        sentence = "A rotation was interrupted: run `python manage.py rotate_credentials` again."
        yield Finding("stored keys", sentence, "bad")
    lost = rotation.unreadable()
    if not lost:
        yield Finding("stored keys", "All that are there can be decrypted.")
        return
    sentence = (
        f"{len(lost)} cannot be decrypted: {', '.join(lost[:5])}. Put the `credential_keys` back that "
        "belong to this database, or have these keys typed in again."
    )
    yield Finding("stored keys", sentence, "bad")


def disk() -> Iterator[Finding]:
    check = checkup.disk()
    yield Finding("disk", check.detail, "ok" if check.ok else "bad")


def clock() -> Iterator[Finding]:
    """Postgres knows a time of its own; with SQLite there is nothing to compare with."""
    if connection.vendor != "postgresql":
        yield Finding("clock", f"This machine believes it is {timezone.now():%Y-%m-%d %H:%M} UTC.")
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        apart = abs(cursor.fetchone()[0] - timezone.now())
    sentence = f"This machine and the database are {apart.total_seconds():.1f} s apart."
    yield Finding("clock", sentence, "ok" if apart < LARGEST_CLOCK_ERROR else "bad")


def worker_heartbeat() -> Iterator[Finding]:
    check = checkup.worker()
    yield Finding("worker heartbeat", check.detail, "ok" if check.ok else "bad")


def web_and_event_lag() -> Iterator[Finding]:
    """Asked of the web server itself: only it knows what it has not passed on yet."""
    server = http.client.HTTPConnection("127.0.0.1", settings.PORT, timeout=3)
    try:
        server.request(
            "GET",
            "/readyz",
            headers={"Host": settings.ALLOWED_HOSTS[0].lstrip("*.") or "localhost"},
        )
        checks = json.loads(server.getresponse().read())["checks"]
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        sentence = f"No PANIC! answers on port {settings.PORT}: start it with `make run`."
        yield Finding("web", sentence, "bad")
        return
    finally:
        server.close()
    yield Finding("web", f"Answers on port {settings.PORT}.")
    lag = checks.get("event_lag", {"ok": False, "detail": "unknown"})
    yield Finding("event lag", lag["detail"], "ok" if lag["ok"] else "bad")


EXAMINATIONS: tuple[Callable[[], Iterator[Finding]], ...] = (
    database,
    weights_and_keys,
    stored_keys,
    disk,
    clock,
    worker_heartbeat,
    web_and_event_lag,
)
