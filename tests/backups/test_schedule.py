"""When the product makes a backup by itself, and who hears of it when it cannot."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from backups import creation, schedule
from backups.file_names import BackupKind, backups_in
from backups.models import AlreadyRunning, BackupState, ScheduledBackup
from notifications.models import Channel, Notification
from notifications.occasions import Occasion

pytestmark = pytest.mark.django_db(transaction=True)
HOURS = timedelta(hours=1)


@pytest.fixture(autouse=True)
def no_signals_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no child of a worker here."""
    monkeypatch.setattr(schedule, "end_with_parent", lambda: None)
    monkeypatch.setattr("os.nice", lambda _: None)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Long after the installation was made."""
    return timezone.now() + 30 * HOURS


def taken(at: datetime) -> ScheduledBackup:
    (pk,) = schedule.due_backup(at)
    found = schedule._take(pk, at)
    assert found is not None
    return ScheduledBackup.objects.get(pk=found)


def done(at: datetime) -> ScheduledBackup:
    row = taken(at)
    row.succeed(file_name="a.tar", size=1, sentence="", at=at)
    return row


def test_a_new_installation_waits_for_its_first_one() -> None:
    now = timezone.now()

    assert schedule.due_backup(now) == []
    assert schedule.due_backup(now + 25 * HOURS) == [schedule.NEW]


def test_the_next_one_is_due_hours_after_the_last(at: datetime) -> None:
    done(at)

    assert schedule.due_backup(at + 23 * HOURS) == []
    assert schedule.due_backup(at + 24 * HOURS) == [schedule.NEW]


def test_without_a_schedule_none_is_made(at: datetime, settings: Settings) -> None:
    settings.BACKUP_EVERY_HOURS = 0

    assert schedule.due_backup(at + 9999 * HOURS) == []


def test_only_one_is_made_however_many_machines_ask(at: datetime) -> None:
    first, second = schedule._take(schedule.NEW, at), schedule._take(schedule.NEW, at)

    assert first is not None
    assert second is None
    with pytest.raises(AlreadyRunning):
        ScheduledBackup.ask(at)


def test_an_admin_need_not_wait_for_the_schedule(at: datetime) -> None:
    now = timezone.now()
    asked = ScheduledBackup.ask(now)

    assert schedule.due_backup(now) == [asked.pk]
    assert schedule._take(asked.pk, now) == asked.pk
    assert not asked.by_schedule


@pytest.mark.usefixtures("second_database")
def test_the_file_of_one_that_an_admin_asked_for_says_so(at: datetime, folders: Path) -> None:
    asked = ScheduledBackup.ask(at)
    asked.start("here", at=at)

    schedule.carry_out(asked.pk)

    (file,) = backups_in(folders / "backups")
    assert file.kind is BackupKind.ASKED


@pytest.mark.usefixtures("second_database")
def test_it_is_carried_out_and_old_ones_go(at: datetime, folders: Path, settings: Settings) -> None:
    settings.BACKUPS_KEPT = (1, 0, 0)

    for hour in range(2):
        made = schedule.carry_out(taken(at + hour * 24 * HOURS).pk)
        assert made is not None
        ScheduledBackup.objects.update(asked_at=at)

    (left,) = backups_in(folders / "backups")
    row = ScheduledBackup.latest(BackupState.DONE)
    assert row is not None
    assert (left.kind, left.name) == (BackupKind.SCHEDULED, row.file_name)
    assert row.bytes == left.path.stat().st_size


@pytest.mark.usefixtures("second_database")
def test_admins_are_told_once_until_one_succeeds_again(
    at: datetime, root: User, settings: Settings, folders: Path
) -> None:
    Channel.add(
        root,
        name="mine",
        occasions=["backup-failed"],
        address="https://example.org/x",
        everything=True,
    )
    (folders / "in-the-way").write_text("a file")
    settings.BACKUP_DIR = folders / "in-the-way"

    def count_messages() -> int:
        return Notification.objects.filter(occasion=Occasion.BACKUP_FAILED).count()

    assert schedule.carry_out(taken(at).pk) is None
    failed = ScheduledBackup.latest(BackupState.FAILED)
    assert failed is not None
    assert "in-the-way" in failed.sentence
    assert count_messages() == 1
    assert schedule.due_backup(timezone.now()) == []
    ScheduledBackup.objects.update(ended_at=at)
    assert schedule.carry_out(taken(at + 2 * HOURS).pk) is None
    assert count_messages() == 1
    settings.BACKUP_DIR = folders / "elsewhere"
    ScheduledBackup.objects.update(ended_at=at)
    assert schedule.carry_out(taken(at + 4 * HOURS).pk) is not None
    settings.BACKUP_DIR = folders / "in-the-way"
    ScheduledBackup.objects.update(asked_at=at, ended_at=at)
    assert schedule.carry_out(taken(at + 40 * HOURS).pk) is None
    assert count_messages() == 2


def test_one_whose_process_is_gone_has_failed(at: datetime) -> None:
    row = taken(at)
    later = at + ScheduledBackup.LEASE + timedelta(seconds=1)

    assert schedule.due_backup(at + timedelta(minutes=1)) == []
    assert schedule.due_backup(later) == [row.pk]
    assert schedule._take(row.pk, later) is None
    row.refresh_from_db()
    assert row.state == BackupState.FAILED
    assert schedule.due_backup(later + 2 * HOURS) == [schedule.NEW]


@pytest.mark.usefixtures("folders")
def test_one_that_was_killed_on_this_machine_has_failed_within_a_minute_or_two(
    at: datetime, folders: Path
) -> None:
    row = taken(at)
    half_made = folders / "backups" / ".partial-1234" / "backup.tar"
    half_made.parent.mkdir(parents=True)
    half_made.write_bytes(b"half")
    soon = at + 2 * ScheduledBackup.SILENT

    with creation._locked(folders / "backups"):  # while a process makes it
        under_way = schedule.due_backup(soon), half_made.exists()
    due = schedule.due_backup(soon)

    assert under_way == ([], True)
    assert (due, schedule._take(row.pk, soon)) == ([row.pk], None)
    row.refresh_from_db()
    assert row.state == BackupState.FAILED
    assert not half_made.parent.exists()


@pytest.mark.usefixtures("folders")
def test_one_of_another_machine_is_given_its_time(at: datetime) -> None:
    ScheduledBackup.ask(at).start("another", at=at)

    assert schedule.due_backup(at + ScheduledBackup.LEASE) == []


def test_what_a_killed_one_has_written_goes_at_once(at: datetime, folders: Path) -> None:
    row = taken(at)
    half = folders / "backups" / ".partial-0a1b2c3d"
    half.mkdir(parents=True)
    (half / "backup.tar").write_bytes(b"half")

    schedule._look_after(row.pk, at)

    assert not half.exists()
    row.refresh_from_db()
    assert (row.state, row.sentence) == (BackupState.FAILED, schedule._DIED)
