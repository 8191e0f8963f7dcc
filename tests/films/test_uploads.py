"""Clips that are sent in pieces: nothing that was answered is lost, and nothing that was refused stays."""

from __future__ import annotations

import errno
import fcntl
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from accounts.models import User
from films import uploads
from films.models import Upload, UploadState
from films.models.upload import parts_folder
from films.uploads import Checksum
from lib.validation import Invalid


def announce(owner: User, size: int = 10, **fields: Any) -> Upload:
    return uploads.announce(owner=owner, size=size, at=timezone.now(), **fields)


def add(upload: Upload, data: bytes, offset: int = 0, **fields: Any) -> int:
    return uploads.add(upload, [data], offset=offset, at=timezone.now(), **fields)


def test_pieces_become_the_file(alice: User) -> None:
    upload = announce(alice)

    assert add(upload, b"01234") == 5
    assert add(upload, b"56789", 5) == 10

    assert upload.part.read_bytes() == b"0123456789"
    assert upload.state == UploadState.RECEIVED


def test_what_came_before_the_line_was_cut_is_kept(alice: User) -> None:
    upload = announce(alice)

    def cut_off() -> Iterator[bytes]:
        yield b"0123"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        uploads.add(upload, cut_off(), offset=0, at=timezone.now())

    assert uploads.received(upload) == 4
    assert add(upload, b"456789", 4) == 10


def test_piece_that_begins_elsewhere_is_refused_with_the_place(alice: User) -> None:
    upload = announce(alice)
    add(upload, b"0123")

    for offset in (0, 3, 5):
        with pytest.raises(uploads.WrongOffset) as refusal:
            add(upload, b"x", offset)
        assert refusal.value.offset == 4

    assert upload.part.read_bytes() == b"0123"


def test_piece_with_another_checksum_leaves_nothing(alice: User) -> None:
    upload = announce(alice)
    add(upload, b"01")

    with pytest.raises(uploads.ChecksumDiffers):
        add(upload, b"2345", 2, checksum=Checksum("sha256", sha256(b"other").digest()))

    assert upload.part.read_bytes() == b"01"
    assert add(upload, b"2345", 2, checksum=Checksum("sha256", sha256(b"2345").digest())) == 6


def test_more_bytes_than_were_announced_are_refused(alice: User) -> None:
    upload = announce(alice, 3)

    with pytest.raises(uploads.UploadTooLarge):
        add(upload, b"0123")

    assert upload.state == UploadState.RECEIVING


def test_two_requests_do_not_write_at_once(alice: User) -> None:
    upload = announce(alice)
    add(upload, b"01")

    with upload.part.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(uploads.UploadInUse):
            add(upload, b"2", 2)


def test_last_piece_may_be_sent_again(alice: User) -> None:
    upload = announce(alice, 2)
    add(upload, b"01")

    assert add(upload, b"", 2) == 2
    with pytest.raises(uploads.WrongOffset):
        add(upload, b"01", 0)


def test_empty_clip_is_refused_when_it_is_announced(alice: User) -> None:
    with pytest.raises(Invalid, match="empty"):
        announce(alice, 0)

    assert not Upload.objects.exists()


def test_clip_that_is_too_large_is_refused_when_it_is_announced(
    alice: User, settings: LazySettings
) -> None:
    settings.UPLOAD_MAX_MB = 1

    with pytest.raises(uploads.UploadTooLarge, match="at most 1 MB"):
        announce(alice, 1_000_001)


def test_one_person_cannot_fill_the_disk_alone(
    alice: User, bob: User, settings: LazySettings
) -> None:
    settings.UPLOADS_MAX_MB_PER_PERSON = 1
    first = announce(alice, 600_000)

    with pytest.raises(uploads.TooManyUploads):
        announce(alice, 600_000)

    announce(bob, 600_000)
    uploads.remove(first)
    announce(alice, 600_000)


def test_one_person_has_so_many_under_way(alice: User) -> None:
    for _ in range(uploads.MAX_UNDER_WAY):
        announce(alice)

    with pytest.raises(uploads.TooManyUploads, match="20 uploads"):
        announce(alice)


def test_clip_for_which_there_is_no_room_is_refused(alice: User, settings: LazySettings) -> None:
    settings.DISK_FLOOR_MB = 10**9

    with pytest.raises(uploads.NoRoomForUpload):
        announce(alice)


def test_disk_that_fills_up_meanwhile_keeps_what_came(alice: User, settings: LazySettings) -> None:
    upload = announce(alice)
    add(upload, b"0123")
    settings.DISK_FLOOR_MB = 10**9

    with pytest.raises(uploads.NoRoomForUpload):
        add(upload, b"4", 4)

    settings.DISK_FLOOR_MB = 0
    assert add(upload, b"456789", 4) == 10


def test_full_disk_is_a_sentence(alice: User) -> None:
    upload = announce(alice)

    def full() -> Iterator[bytes]:
        yield b"0"
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(uploads.NoRoomForUpload):
        uploads.add(upload, full(), offset=0, at=timezone.now())

    assert uploads.received(upload) == 1


def test_upload_that_nobody_goes_on_with_expires(alice: User) -> None:
    upload = announce(alice)
    add(upload, b"01")
    later = timezone.now() + Upload.KEPT + timedelta(seconds=1)

    with pytest.raises(uploads.UploadExpired):
        uploads.add(upload, [b"2"], offset=2, at=later)
    assert uploads.sweep(later) == 1

    assert not Upload.objects.exists()
    assert not list(parts_folder().iterdir())


def test_each_piece_keeps_it_for_longer(alice: User) -> None:
    upload = announce(alice)
    later = timezone.now() + Upload.KEPT - timedelta(hours=1)
    uploads.add(upload, [b"01"], offset=0, at=later)

    assert uploads.sweep(later + timedelta(hours=2)) == 0
    assert Upload.objects.get().expires_at == later + Upload.KEPT


def test_file_that_no_row_knows_goes_in_time(alice: User, tmp_path: Path) -> None:
    upload = announce(alice)
    add(upload, b"01")
    Upload.objects.all().delete()

    uploads.sweep(timezone.now())
    assert upload.part.exists()
    uploads.sweep(timezone.now() + Upload.KEPT + timedelta(hours=1))

    assert not upload.part.exists()


def test_removed_upload_leaves_no_bytes(alice: User) -> None:
    upload = announce(alice)
    add(upload, b"01")

    uploads.remove(upload)

    assert not list(parts_folder().iterdir())
