"""Files that farm workers send before they say what they are: hashed, and whole or not there.

They lie in the data folder, in one folder for each worker, under their SHA-256: until they are handed in
as an output, or a day. Nothing waits for the disk when one has come: what a power cut has left of it is found
by its hash when it is handed in, and sent again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from io import BufferedRandom
from pathlib import Path

from django.conf import settings

from assets.models import Asset

MAX_BYTES = 512_000_000
MAX_BYTES_OF_WORKER = 4 * MAX_BYTES  # that it has sent and not handed in
KEPT_SECONDS = 24 * 3600.0
HANDED_IN_SECONDS = 600.0  # that a file which was handed in is kept, where other work may name it
SHA256 = re.compile(r"[0-9a-f]{64}")


class NoBlob(Exception):
    """Nobody has sent all of it."""


class InUse(Exception):
    """Another request is sending the same."""


class WrongBytes(Exception):
    """Too many, not where the last ones ended, or not those of the hash; the message says which."""


def is_known(worker: str, digest: str) -> bool:
    """Whether this worker has sent all of it; what others have sent, or what is shown, is not told. It is kept as
    if it had come now."""
    try:
        os.utime(_whole(worker, digest))
    except FileNotFoundError:
        return False
    return True


def received(worker: str, digest: str) -> int:
    """How many bytes of an upload under way are there."""
    try:
        return _part(worker, digest).stat().st_size
    except OSError:
        return 0


def write(worker: str, digest: str, pieces: Iterable[bytes], *, start: int, total: int) -> bool:
    """Add bytes that begin at `start`; True once it is whole. Raises InUse, WrongBytes."""
    if total > MAX_BYTES:
        raise WrongBytes(f"A file has at most {MAX_BYTES:,} bytes.")
    if start == 0:
        _make_room(worker, total)
    with _locked(worker, digest) as file:
        _append(file, pieces, start=start, total=total)
        if file.tell() < total:
            return False
        file.seek(0)
        if hashlib.file_digest(file, "sha256").hexdigest() != digest:
            _part(worker, digest).unlink(missing_ok=True)
            raise WrongBytes("The bytes have another SHA-256.")
        file.flush()
        try:
            _part(worker, digest).rename(_whole(worker, digest))
        except FileNotFoundError:  # it had to make room
            raise InUse from None
    return True


def _append(file: BufferedRandom, pieces: Iterable[bytes], *, start: int, total: int) -> None:
    """Raises WrongBytes."""
    if start == 0:  # from the beginning, whatever a server that was killed has left
        file.truncate(0)
    if start != file.seek(0, os.SEEK_END):
        raise WrongBytes(f"The file goes on at {file.tell()}.")
    for piece in pieces:
        if file.tell() + len(piece) > total:
            raise WrongBytes("There are more bytes than were announced.")
        file.write(piece)


@contextmanager
def open_blob(worker: str, digest: str, given: Asset | None) -> Iterator[Path]:
    """Its file: one that this worker has sent, or what it was `given` to work on. Raises NoBlob."""
    if given is not None and given.sha256 == digest:
        with given.path() as path:
            yield path
        return
    with open_sent(worker, digest) as path:
        yield path


@contextmanager
def open_sent(worker: str, digest: str) -> Iterator[Path]:
    """Its file, if this worker has sent it and the disk still has it. Raises NoBlob."""
    whole = _whole(worker, digest)
    if not SHA256.fullmatch(digest) or not whole.exists():
        raise NoBlob
    with whole.open("rb") as file:  # nobody has waited for the disk when it came
        if hashlib.file_digest(file, "sha256").hexdigest() != digest:
            whole.unlink(missing_ok=True)
            raise NoBlob
    yield whole


def hand_in(worker: str, digest: str, *, is_at_work: bool) -> None:
    """It is not needed any more. While its worker has other work the file stays a little: the worker may have been
    told that it is there (HEAD, or 208) and name it as the output of that, too."""
    path = _whole(worker, digest)
    if not is_at_work:
        path.unlink(missing_ok=True)
        return
    left = time.time() - KEPT_SECONDS + HANDED_IN_SECONDS
    with suppress(FileNotFoundError):
        os.utime(path, (left, left))  # also the first that makes room


def due_sweep(at: datetime) -> list[int]:
    """Where there is something to look at."""
    return [0] if _folder().exists() else []


def sweep(now: float | None = None) -> None:
    """Remove what nobody has handed in for a day."""
    for path in _folder().glob("*/*"):
        if (now or time.time()) - path.stat().st_mtime > KEPT_SECONDS:
            path.unlink(missing_ok=True)


def _make_room(worker: str, total: int) -> None:
    """Remove the oldest of what it has sent and not handed in, so that with `total` bytes more it is not too much."""
    found = []
    for path in (_folder() / worker).glob("*"):
        with suppress(OSError):  # it was handed in meanwhile
            found.append((path.stat().st_mtime, path.stat().st_size, path))
    left = MAX_BYTES_OF_WORKER - total - sum(size for _, size, _ in found)
    for _, size, path in sorted(found):
        if left >= 0:
            return
        path.unlink(missing_ok=True)
        left += size


@contextmanager
def _locked(worker: str, digest: str) -> Iterator[BufferedRandom]:
    path = _part(worker, digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUse from None
        # Who held the lock may have made it the whole file meanwhile: that one is not to be written to.
        if not path.exists() or not os.path.samestat(os.fstat(file.fileno()), path.stat()):
            raise InUse
        yield file


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "farm"


def _part(worker: str, digest: str) -> Path:
    return _folder() / worker / f"{digest}.part"


def _whole(worker: str, digest: str) -> Path:
    return _folder() / worker / digest
