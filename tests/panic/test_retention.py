"""What will have gone by itself is said before it goes, and nothing goes by looking."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.utils import timezone

from accounts.models import AuditEntry, User
from films.models import Film
from films.states import FilmState
from panic.retention import ExpiryOfKind, expiring
from realtime.models import Event, Topic

pytestmark = pytest.mark.django_db


def by_kind(days: int = 0) -> dict[str, ExpiryOfKind]:
    return {one.kind: one for one in expiring(timezone.now() + timedelta(days=days))}


def test_what_goes_with_time_is_counted_for_then(alice: User, settings: LazySettings) -> None:
    settings.EVENTS_KEPT_DAYS, settings.FILM_FRAMES_DAYS = 30, 2
    now = timezone.now()
    topic = Topic.objects.create(name="network:x")
    Event.objects.create(
        topic=topic, seq=1, type="run.started", created_at=now - timedelta(days=25)
    )
    Film.objects.create(
        owner=alice, state=FilmState.COMPLETED, ended_at=now, bytes_used=7, recipe="interpolate"
    )

    today, later = by_kind(), by_kind(days=7)

    assert (today["events"].count, later["events"].count) == (0, 1)
    assert (today["frames"].count, later["frames"].bytes) == (0, 7)


def test_old_entries_of_the_log_and_nothing_else(alice: User) -> None:
    before = by_kind()["audit"].count
    entry = AuditEntry.record(alice, "token.made")
    AuditEntry.objects.filter(pk=entry.pk).update(at=timezone.now() - timedelta(days=401))

    assert by_kind()["audit"].count == before + 1


def test_the_command_says_it_and_removes_nothing(
    alice: User, settings: LazySettings, tmp_path: Path
) -> None:
    settings.BACKUP_DIR = tmp_path
    AuditEntry.record(alice, "token.made")
    AuditEntry.objects.update(at=timezone.now() - timedelta(days=500))
    said = StringIO()

    call_command("retention", "--days", "7", stdout=said)

    assert "audit            1 go" in said.getvalue()
    assert "BACKUPS_KEPT" in said.getvalue()
    assert AuditEntry.objects.count() == 1
