"""Files of weights that a program of the operator's needs: there, and those that they should be."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .failures import ErrorClass, WorkFailed


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """A file on this machine, and the SHA-256 that it has to have."""

    path: Path
    sha256: str


def check_weights(files: Sequence[WeightsFile]) -> None:
    """Reads all of them. Raises WorkFailed that names the first one that is missing or another."""
    for file in files:
        try:
            with file.path.open("rb") as opened:
                found = hashlib.file_digest(opened, "sha256").hexdigest()
        except OSError as error:
            words = f"The weights {file.path} cannot be read: {error.strerror}."
            raise WorkFailed(ErrorClass.PERMANENT, words) from None
        if found != file.sha256:
            words = (
                f"The weights {file.path} are others than its file says: their SHA-256 is {found}."
            )
            raise WorkFailed(ErrorClass.PERMANENT, words)


def sha256_of_all(files: Sequence[WeightsFile]) -> str:
    """What an offer says of them: the file's own for one, else that of the list; none: empty."""
    if len(files) == 1:
        return files[0].sha256
    listed = "\n".join(sorted(file.sha256 for file in files))
    return hashlib.sha256(listed.encode()).hexdigest() if files else ""
