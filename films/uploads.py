"""Clips that are sent in pieces: announced, added to, removed, and swept away where nobody goes on.

The shape is that of tus 1.0 (docs/uploads.md). How far an upload is, is the length of its file, so that it goes on
after a cut line and after the end of any process. Nothing here holds more than a piece in memory.
"""

from __future__ import annotations

import base64
import errno
import fcntl
import hashlib
import logging
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from io import BufferedRandom
from pathlib import Path

from django.conf import settings
from django.db.models import Sum
from django.utils.translation import gettext

from accounts.models import User
from assets import blobs
from lib.validation import is_legible, raise_invalid

from .models import Upload, UploadState
from .models.upload import parts_folder

MEGA = 1_000_000
MAX_UNDER_WAY = 20  # uploads of one person that are neither whole nor refused
LOOK_AT_DISK = 16 * MEGA  # bytes between two looks at how much room there is
DIGESTS = ("sha1", "sha256")  # by their names in `Upload-Checksum`
_FULL = {errno.ENOSPC, errno.EDQUOT}

logger = logging.getLogger(__name__)


class UploadRefused(Exception):
    """Nothing was taken; the message is for who sends."""


class UploadTooLarge(UploadRefused):
    """It is larger than any clip may be, or there are more bytes than were announced."""


class TooManyUploads(UploadRefused):
    """This person has enough of them already."""


class NoRoomForUpload(UploadRefused):
    """The disk is nearly full."""


class UploadExpired(UploadRefused):
    """Nobody went on with it for too long."""


class UploadInUse(UploadRefused):
    """Another request is adding to it."""


class ChecksumDiffers(UploadRefused):
    """The bytes are not those that were meant; they were not taken."""


class WrongOffset(UploadRefused):
    """The bytes do not begin where the last ones ended; `offset` is where that is."""

    def __init__(self, offset: int) -> None:
        super().__init__(gettext("The upload goes on at byte %(offset)d.") % {"offset": offset})
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a piece is to be: the name of a digest, and its bytes."""

    name: str
    digest: bytes

    @classmethod
    def from_header(cls, text: str) -> Checksum | None:
        """As `Upload-Checksum` has it; None where it makes no sense, or the digest is not known."""
        name, _, encoded = text.strip().partition(" ")
        with suppress(ValueError):
            digest = base64.b64decode(encoded, validate=True)
            if name in DIGESTS and len(digest) == hashlib.new(name).digest_size:
                return cls(name, digest)
        return None


def max_bytes() -> int:
    """Of one clip."""
    return int(settings.UPLOAD_MAX_MB) * MEGA


def announce(
    *, owner: User, size: int, at: datetime, content_type: str = "", name: str = ""
) -> Upload:
    """A new upload of `size` bytes, of which none has come. Raises UploadRefused, Invalid."""
    sweep(at)
    raise_invalid({"bytes": gettext("The file is empty.") if size < 1 else ""})
    if size > max_bytes():
        sentence = gettext("The file is too large: a clip has at most %(most)s MB.")
        raise UploadTooLarge(sentence % {"most": settings.UPLOAD_MAX_MB})
    _check_share(owner, size)
    _check_room(size)
    return Upload.objects.create(
        owner=owner,
        name=_shown(name)[:200],
        content_type=_shown(content_type)[:100],
        bytes=size,
        created_at=at,
        expires_at=at + Upload.KEPT,
    )


def received(upload: Upload) -> int:
    """How many bytes of it are there."""
    if upload.state != UploadState.RECEIVING:
        return upload.bytes
    return _length(upload.part)


def add(
    upload: Upload,
    pieces: Iterable[bytes],
    *,
    offset: int,
    at: datetime,
    checksum: Checksum | None = None,
) -> int:
    """Add bytes that begin at `offset`; how many there are now. Raises UploadRefused.

    What has come is kept where the line is cut; with a `checksum` it is all or nothing.
    """
    if upload.expires_at < at:
        raise UploadExpired(gettext("This upload has expired: begin it anew."))
    if upload.state != UploadState.RECEIVING:
        if offset != upload.bytes:
            raise WrongOffset(upload.bytes)
        return upload.bytes
    with _locked(upload) as file:
        if offset != file.seek(0, os.SEEK_END):
            raise WrongOffset(file.tell())
        try:
            _write(upload, file, pieces, checksum)
        except BaseException:
            if checksum is not None:
                file.truncate(offset)
            raise
        finally:
            _flush(file)
        length = file.tell()
        upload.note_progress(at)
        if length == upload.bytes:
            upload.note_received(at)
    return length


def remove(upload: Upload) -> bool:
    """The row and every byte of it. False: the row was gone already."""
    rows, _ = Upload.objects.filter(pk=upload.pk).delete()
    upload.part.unlink(missing_ok=True)
    blobs.remove([upload.stored_name])
    return bool(rows)


def sweep(at: datetime) -> int:
    """Remove what nobody goes on with, and files that no row knows; how many uploads that was."""
    expired = list(Upload.objects.expired(at)[:100])
    for upload in expired:
        remove(upload)
    with suppress(FileNotFoundError):
        for file in parts_folder().iterdir():
            with suppress(FileNotFoundError):
                if at.timestamp() - file.stat().st_mtime > Upload.KEPT.total_seconds():
                    file.unlink()
    return len(expired)


# Limits


def _check_share(owner: User, size: int) -> None:
    """Raises TooManyUploads where this person may not send so much at once."""
    own = Upload.objects.of_person(owner).stored()
    under_way = own.filter(state=UploadState.RECEIVING).count()
    if under_way >= MAX_UNDER_WAY:
        sentence = gettext("You have %(count)d uploads under way: finish or remove some first.")
        raise TooManyUploads(sentence % {"count": under_way})
    held = own.aggregate(total=Sum("bytes"))["total"] or 0
    if held + size > int(settings.UPLOADS_MAX_MB_PER_PERSON) * MEGA:
        sentence = gettext("Your clips may take %(most)s MB together: remove some first.")
        raise TooManyUploads(sentence % {"most": settings.UPLOADS_MAX_MB_PER_PERSON})


def _check_room(more: int) -> None:
    """Raises NoRoomForUpload where so many bytes more would leave too little of the disk."""
    folder = parts_folder()
    folder.mkdir(parents=True, exist_ok=True)
    announced = Upload.objects.filter(state__in=(UploadState.RECEIVING, UploadState.RECEIVED))
    expected = sum(
        upload.bytes - _length(upload.part) for upload in announced.only("bytes", "public_id")
    )
    free = shutil.disk_usage(folder).free - max(0, expected)
    if free - more < int(settings.DISK_FLOOR_MB) * MEGA:
        raise NoRoomForUpload(_no_room())


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _no_room() -> str:
    return gettext("There is not enough room on the disk for this clip.")


# Writing


@contextmanager
def _locked(upload: Upload) -> Iterator[BufferedRandom]:
    """Its file, for one request at a time. Raises UploadInUse."""
    upload.part.parent.mkdir(parents=True, exist_ok=True)
    with upload.part.open("a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UploadInUse(gettext("Another request is sending this upload.")) from None
        yield file


def _write(
    upload: Upload, file: BufferedRandom, pieces: Iterable[bytes], checksum: Checksum | None
) -> None:
    digest = hashlib.new(checksum.name) if checksum else None
    try:
        for piece in _checked_pieces(upload, file.tell(), pieces):
            file.write(piece)
            if digest:
                digest.update(piece)
    except OSError as error:
        if error.errno in _FULL:
            raise NoRoomForUpload(_no_room()) from error
        raise
    if checksum and digest and digest.digest() != checksum.digest:
        raise ChecksumDiffers(gettext("These are not the bytes of the checksum: send them again."))


def _checked_pieces(upload: Upload, length: int, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Raises where there are more than were announced, or the disk gets full."""
    looked = length - LOOK_AT_DISK
    for piece in pieces:
        length += len(piece)
        if length > upload.bytes:
            raise UploadTooLarge(gettext("There are more bytes than were announced."))
        if length - looked >= LOOK_AT_DISK:
            looked = length
            if shutil.disk_usage(upload.part.parent).free < int(settings.DISK_FLOOR_MB) * MEGA:
                raise NoRoomForUpload(_no_room())
        yield piece


def _flush(file: BufferedRandom) -> None:
    """What is answered is what a power cut leaves."""
    try:
        file.flush()
        os.fsync(file.fileno())
    except OSError as error:
        if error.errno in _FULL:
            raise NoRoomForUpload(_no_room()) from error
        raise


def _shown(text: str) -> str:
    return text if is_legible(text) else ""
