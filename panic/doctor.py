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

from accounts import password_mails
from assets.models import Asset
from credentials import rotation
from credentials.resolution import CredentialResolver
from displays.models import Installation
from lib.proxies import UNKNOWN_PROXY_FILE, parse_address, unknown_proxy_sentence
from networks.opening_hours import zone_names
from panic import health, known_holes
from platforms import registry

LARGEST_CLOCK_ERROR = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class DoctorFinding:
    subject: str
    sentence: str
    mark: str = "ok"  # or "note", or "bad"

    @property
    def wrong(self) -> bool:
        return self.mark == "bad"


def examine() -> list[DoctorFinding]:
    """Everything there is to say; a part that cannot be examined is itself a finding."""
    findings: list[DoctorFinding] = []
    for examination in EXAMINATIONS:
        try:
            findings += examination()
        except DatabaseError as error:
            name = examination.__name__.replace("_", " ")
            findings.append(DoctorFinding(name, f"cannot be examined: {error}", "bad"))
    return findings


def database() -> Iterator[DoctorFinding]:
    check = health.database()
    if not check.ok:
        yield DoctorFinding("database", check.detail, "bad")
        return
    yield from (
        _sqlite() if connection.vendor == "sqlite" else [DoctorFinding("database", "Postgres.")]
    )
    executor = MigrationExecutor(connection)
    if missing := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        sentence = f"{len(missing)} are missing: run `python manage.py prepare`, which copies the database first."
        yield DoctorFinding("migrations", sentence, "bad")


def _sqlite() -> Iterator[DoctorFinding]:
    with connection.cursor() as cursor:
        mode = cursor.execute("PRAGMA journal_mode").fetchone()[0]
        synchronous = int(cursor.execute("PRAGMA synchronous").fetchone()[0])
    if mode != "wal":
        sentence = f"SQLite is in {mode} mode, not WAL: readers and writers will wait."
        yield DoctorFinding("database", sentence, "bad")
    elif synchronous < 2:
        sentence = "SQLite, WAL, synchronous=NORMAL: a power cut may forget the last charges."
        yield DoctorFinding("database", sentence, "note")
    else:
        yield DoctorFinding("database", "SQLite, WAL, synchronous=FULL.")


def weights_and_keys() -> Iterator[DoctorFinding]:
    """Which platforms could be asked now, with the operator's keys."""
    keys = CredentialResolver(None, operator_keys=True)
    for platform in registry.all_platforms():
        models = [model for model in platform.models() if not model.deprecated]
        answers = [keys.availability(model) for model in models]
        able = sum(answer.available for answer in answers)
        reasons = sorted({answer.reason for answer in answers if not answer.available})
        sentence = " ".join([f"{able} of {len(models)} models can be used.", *reasons])
        yield DoctorFinding(platform.label, sentence, "ok" if able == len(models) else "note")


def stored_keys() -> Iterator[DoctorFinding]:
    """Whether what people have stored can be decrypted here."""
    if rotation.unfinished():
        sentence = "A rotation was interrupted: run `python manage.py rotate_credentials` again."
        yield DoctorFinding("stored keys", sentence, "bad")
    lost = rotation.unreadable()
    if not lost:
        yield DoctorFinding("stored keys", "All that are there can be decrypted.")
        return
    sentence = (
        f"{len(lost)} cannot be decrypted: {', '.join(lost[:5])}. Put the `credential_keys` back that "
        "belong to this database, or have these keys typed in again."
    )
    yield DoctorFinding("stored keys", sentence, "bad")


def stored_media() -> Iterator[DoctorFinding]:
    """Whether anything is published as an earlier version stored it."""
    if outdated := Asset.objects.outdated().count():
        sentence = (
            f"{outdated} were stored by an earlier version and may show the prompts and workflows of "
            "their generators: run `python manage.py reprocess_media`."
        )
        yield DoctorFinding("stored media", sentence, "bad")


def disk() -> Iterator[DoctorFinding]:
    check = health.disk()
    if check.ok:
        yield DoctorFinding("disk", check.detail)
        return
    advice = "Remove files on this disk, or raise its size; everything goes on by itself."
    yield DoctorFinding("disk", f"{check.detail} {advice}", "bad")


def packages() -> Iterator[DoctorFinding]:
    """Whether one that is installed has a hole that we know of."""
    for hole in known_holes.known_holes(known_holes.installed_packages()):
        sentence = (
            f"{hole.package} {hole.version} has {hole.advisory}, closed in {hole.closed_in}: install a newer "
            "version of PANIC!, or of the package."
        )
        yield DoctorFinding("packages", sentence, "bad")


def clock() -> Iterator[DoctorFinding]:
    """Postgres knows a time of its own; with SQLite there is nothing to compare with."""
    if connection.vendor != "postgresql":
        yield DoctorFinding(
            "clock", f"This machine believes it is {timezone.now():%Y-%m-%d %H:%M} UTC."
        )
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        apart = abs(cursor.fetchone()[0] - timezone.now())
    sentence = f"This machine and the database are {apart.total_seconds():.1f} s apart."
    yield DoctorFinding("clock", sentence, "ok" if apart < LARGEST_CLOCK_ERROR else "bad")


def opening_hours() -> Iterator[DoctorFinding]:
    """Whether this machine knows the time zones that installations name."""
    stored = Installation.objects.exclude(opening_hours=[]).values_list("opening_hours", flat=True)
    named = {period["zone"] for periods in stored for period in periods}
    if unknown := sorted(named - zone_names()):
        sentence = (
            f"This machine does not know {', '.join(unknown)}: those hours are read as UTC. Install "
            "`tzdata`."
        )
        yield DoctorFinding("opening hours", sentence, "bad")


def proxies() -> Iterator[DoctorFinding]:
    """Whether a proxy has shown up that is not among those that are trusted."""
    try:
        address = (settings.RUN_DIR / UNKNOWN_PROXY_FILE).read_text()
    except OSError:
        address = ""
    found = parse_address(address)
    if found and not any(found in network for network in settings.TRUSTED_PROXIES):
        yield DoctorFinding("proxies", unknown_proxy_sentence(str(found)), "note")
    elif settings.TRUSTED_PROXIES:
        names = ", ".join(map(str, settings.TRUSTED_PROXIES))
        yield DoctorFinding("proxies", f"Trusted: {names}.")


def mail() -> Iterator[DoctorFinding]:
    """Whether links to set a password are mailed, where that seems to be wanted."""
    if password_mails.can_mail():
        yield DoctorFinding("mail", "Those who forgot their password are sent a link.")
    elif settings.EMAIL_URL:
        sentence = (
            "EMAIL_URL is set and PUBLIC_URL is not: nobody is sent a link to set a password, "
            "because no request is believed about where that would lead. Set PUBLIC_URL."
        )
        yield DoctorFinding("mail", sentence, "note")


def worker_heartbeat() -> Iterator[DoctorFinding]:
    check = health.worker()
    yield DoctorFinding("worker heartbeat", check.detail, "ok" if check.ok else "bad")


def web_and_event_lag() -> Iterator[DoctorFinding]:
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
        yield DoctorFinding("web", sentence, "bad")
        return
    finally:
        server.close()
    yield DoctorFinding("web", f"Answers on port {settings.PORT}.")
    lag = checks.get("event_lag", {"ok": False, "detail": "unknown"})
    yield DoctorFinding("event lag", lag["detail"], "ok" if lag["ok"] else "bad")


EXAMINATIONS: tuple[Callable[[], Iterator[DoctorFinding]], ...] = (
    database,
    weights_and_keys,
    stored_keys,
    stored_media,
    disk,
    packages,
    clock,
    opening_hours,
    proxies,
    mail,
    worker_heartbeat,
    web_and_event_lag,
)
