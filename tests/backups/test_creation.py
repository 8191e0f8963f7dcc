"""What is in a backup, and that there is no half one."""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.utils import timezone

from accounts.models import User
from assets import retention
from assets.models import Asset, RetentionHold
from backups import creation, database_copies, encrypted_keys, unpacking
from backups.archive_file import ArchiveWriter
from backups.refusals import BackupRefused
from lib import encryption

from .conftest import Create

pytestmark = pytest.mark.skipif(
    "postgres" in os.environ.get("DATABASE_URL", ""), reason="tests/services has those of Postgres"
)


def unpacked(made: creation.FinishedBackup, folder: Path) -> unpacking.UnpackedBackup:
    folder.mkdir()
    return unpacking.unpack(made.path, unpacking.read_manifest(made.path), folder)


def rows(database: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(database)) as connected:
        return connected.execute(statement).fetchall()


def test_rows_and_media_are_in_it(create: Create, picture: Asset, folders: Path) -> None:
    User.objects.create_user("ada@example.org", "a long password")

    found = unpacked(create(), folders / "unpacked")

    assert rows(found.database, "SELECT email FROM accounts_user") == [("ada@example.org",)]
    assert sorted(found.media) == sorted(picture.names)
    assert found.media[picture.name].read_bytes() == (folders / "media" / picture.name).read_bytes()
    assert found.manifest.tables["accounts_user"] == 1
    assert found.missing == []


def test_nobodys_session_is_in_it(create: Create, folders: Path) -> None:
    session = SessionStore()
    session["who"] = "an admin"
    session.save()

    found = unpacked(create(), folders / "unpacked")

    assert rows(found.database, "SELECT * FROM django_session") == []
    assert (session.session_key or "").encode() not in found.database.read_bytes()


def test_media_that_are_missing_or_damaged_keep_nothing_else_from_being_kept(
    create: Create, picture: Asset, folders: Path
) -> None:
    original, copy = (folders / "media" / name for name in picture.names)
    original.write_bytes(b"not what it was" + original.read_bytes()[15:])
    copy.unlink()

    made = create()
    found = unpacked(made, folders / "unpacked")

    assert made.media.missing == [picture.names[1]]
    assert made.media.damaged == [picture.name]
    assert found.media == {}
    assert found.missing == sorted(picture.names)


def test_keys_travel_with_a_passphrase_and_not_without(
    create: Create, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encrypted_keys, "COST", 2**10)
    key = encryption.keys()[0]

    without = create().path.read_bytes()
    encrypted = create(passphrase="a moth in the lamp")
    found = unpacked(encrypted, folders / "unpacked")

    assert b"keys.json" not in without
    assert key.encode() not in encrypted.path.read_bytes()
    assert settings.SECRET_KEY.encode() not in encrypted.path.read_bytes()
    opened = encrypted_keys.decrypt(found.encrypted_keys, "a moth in the lamp")
    assert (opened.credential_keys, opened.secret_key) == ([key], settings.SECRET_KEY)
    with pytest.raises(BackupRefused, match="passphrase is not the one"):
        encrypted_keys.decrypt(found.encrypted_keys, "a moth in the camp")


def test_a_short_passphrase_is_refused(create: Create, folders: Path) -> None:
    with pytest.raises(BackupRefused, match="at least 8 characters"):
        create(passphrase="moth")


@pytest.mark.parametrize("full_at", ["adding media", "the copy of the database", "renaming"])
def test_a_full_disk_leaves_nothing_half(
    create: Create,
    picture: Asset,
    folders: Path,
    monkeypatch: pytest.MonkeyPatch,
    full_at: str,
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    owner, name = {
        "adding media": (ArchiveWriter, "add"),
        "the copy of the database": (database_copies, "copy_database"),
        "renaming": (Path, "rename"),
    }[full_at]
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, full)
        with pytest.raises(BackupRefused, match=r"disk of .* is full"):
            create()

    assert [path.name for path in (folders / "made").iterdir()] == [".lock"]
    assert create().path.exists()


def test_too_little_room_is_said_before_anything_is_written(
    create: Create, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(creation, "SPARE", 10**18)

    with pytest.raises(BackupRefused, match=r"needs about .* GB in .*, where .* GB are free"):
        create()


def test_a_second_one_at_the_same_time_is_refused(create: Create, folders: Path) -> None:
    (folders / "made").mkdir()
    with (folders / "made" / ".lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)

        with pytest.raises(BackupRefused, match="just being made"):
            create()

    assert create().path.exists()


def test_what_a_killed_one_left_is_removed_by_the_next(create: Create, folders: Path) -> None:
    left = folders / "made" / ".partial-0a1b2c3d"
    left.mkdir(parents=True)
    (left / "backup.tar").write_bytes(b"half")

    create()

    assert not left.exists()


def test_nothing_is_removed_while_it_is_made(picture: Asset, folders: Path) -> None:
    at = timezone.now() + timedelta(minutes=2)
    retention.abandon([picture.pk], at=at)

    hold = RetentionHold.begin(at)
    held = retention.remove_abandoned(at=at)
    hold.end()

    assert held == 0
    assert retention.remove_abandoned(at=at) == 1


def test_a_hold_that_nobody_renews_ends(transactional_db: None) -> None:
    at = timezone.now()
    hold = RetentionHold.begin(at)

    later = at + RetentionHold.LEASE + timedelta(seconds=1)

    assert RetentionHold.is_held(at)
    assert not RetentionHold.is_held(later)
    hold.renew(later)
    assert RetentionHold.is_held(later)


def test_it_is_of_one_moment_however_much_is_written_meanwhile(
    create: Create, folders: Path
) -> None:
    """Two tables that are always written together have the same rows in it."""
    path = connection.settings_dict["NAME"]
    with closing(sqlite3.connect(path)) as database:
        database.executescript("CREATE TABLE one (n, filler); CREATE TABLE other (n);")
    begun, over = threading.Event(), threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as database:
            number = 0
            while not over.wait(0.002):  # the others get their turn
                number += 1
                database.execute("BEGIN IMMEDIATE")
                database.execute("INSERT INTO one VALUES (?, ?)", [number, "x" * 4_000])
                database.execute("INSERT INTO other VALUES (?)", [number])
                database.execute("COMMIT")
                begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert begun.wait(20)
    try:
        made = [create() for _ in range(2)]
    finally:
        over.set()
        writer.join()
        with closing(sqlite3.connect(path)) as database:
            database.executescript("DROP TABLE one; DROP TABLE other;")

    newest = []
    for number, one in enumerate(made):
        database_file = unpacked(one, folders / f"unpacked{number}").database
        (last, count), *_ = rows(database_file, "SELECT max(n), count(*) FROM one")
        assert rows(database_file, "SELECT max(n), count(*) FROM other") == [(last, count)]
        assert last == count
        newest.append(last)
    assert newest[0] < newest[1]


def test_a_damaged_database_is_no_backup(create: Create, folders: Path) -> None:
    target = folders / "damaged.sqlite3"
    with closing(sqlite3.connect(target)) as database:
        database.execute("CREATE TABLE one (n TEXT)")
        database.executemany("INSERT INTO one VALUES (?)", [["x" * 3000]] * 50)
        database.commit()
    content = bytearray(target.read_bytes())
    content[4096 * 3 : 4096 * 3 + 100] = b"\xff" * 100
    target.write_bytes(content)

    with pytest.raises(BackupRefused, match="database is damaged"):
        database_copies.check(target)
