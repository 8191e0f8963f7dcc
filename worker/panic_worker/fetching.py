"""Fetches the inputs of an assignment into its folder."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from .api import InputReference
from .backoff import Backoff
from .connection import ServerConnection
from .failures import ErrorClass, ServerAway, WorkerError, WorkFailed
from .handlers.base import WorkInput, ending_of_type
from .stopping import StopSignal

MAX_DAMAGED = 3


class TooLong(Exception):
    """More bytes arrive than the assignment promised."""


class _CountedFile:
    """Writes to a file, hashes on the way and refuses more than `most` bytes."""

    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file = file
        self._left = most
        self.hash = hashlib.sha256()

    def write(self, piece: bytes) -> int:
        self._left -= len(piece)
        if self._left < 0:
            raise TooLong
        self.hash.update(piece)
        return self._file.write(piece)


def fetch_inputs(
    references: Iterable[InputReference],
    connection: ServerConnection,
    folder: Path,
    stop: StopSignal,
    backoff: Backoff,
    recent_file: Callable[[str], Path | None],
) -> list[WorkInput]:
    """Texts as they are, files below `folder`; what `recent_file` finds by its SHA-256 is not fetched. Waits
    while the server is away. Raises WorkFailed for a file that is not what its hash says, and WorkStopped."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = []
    for number, reference in enumerate(references):
        if reference.type == "text" and not reference.url:
            found.append(WorkInput("text", text=reference.text))
            continue
        path = folder / f"input-{number}{ending_of_type(reference.content_type)}"
        if not _is_copied(recent_file(reference.sha256), reference, path):
            _fetch(reference, connection, path, stop, backoff)
        found.append(WorkInput(reference.type, path=path, content_type=reference.content_type))
    return found


def _is_copied(kept: Path | None, reference: InputReference, path: Path) -> bool:
    """Whether the file was here; one that was damaged since is fetched."""
    if kept is None:
        return False
    try:
        shutil.copyfile(kept, path)
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == reference.sha256
    except OSError:
        return False


def _fetch(
    reference: InputReference,
    connection: ServerConnection,
    path: Path,
    stop: StopSignal,
    backoff: Backoff,
) -> None:
    damaged = 0
    while damaged < MAX_DAMAGED:
        stop.check()
        try:
            if _download(reference, connection, path):
                return
            damaged += 1
        except ServerAway as error:
            stop.wait(backoff.next_wait(error.retry_after))
    raise WorkFailed(ErrorClass.TEMPORARY, "An input arrived damaged three times.")


def _download(reference: InputReference, connection: ServerConnection, path: Path) -> bool:
    """Whether the file is the one that the reference names."""
    try:
        url = connection.path_of(reference.url)
    except WorkerError as error:
        raise WorkFailed(ErrorClass.PERMANENT, str(error)) from None
    with path.open("wb") as file:
        counted = _CountedFile(file, reference.bytes or 1 << 40)
        try:
            answer = connection.request("GET", url, sink=counted)
        except TooLong:
            return False
    if answer.status != 200:
        raise WorkFailed(
            ErrorClass.TEMPORARY, f"The server does not give an input: {answer.sentence}"
        )
    return not reference.sha256 or counted.hash.hexdigest() == reference.sha256
