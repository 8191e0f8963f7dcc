"""Why something about backups was not done."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import OperationalError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_SQLITE_FULL, _POSTGRES_FULL = 13, "53100"


class BackupRefused(Exception):
    """`str` is a sentence for the operator. Nothing was left half done."""


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Raise what the disk of `folder` refuses as `BackupRefused`."""
    try:
        yield
    except (OSError, sqlite3.OperationalError, OperationalError) as error:
        if means_full(error):
            raise BackupRefused(
                f"The disk of {folder} is full: make room there and try again."
            ) from error
        if isinstance(error, OSError) and error.filename is not None:
            raise BackupRefused(f"{error.filename}: {error.strerror}.") from error
        raise


def means_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL
    cause = error.__cause__ or error
    code = getattr(cause, "sqlite_errorcode", None)
    return code == _SQLITE_FULL or getattr(cause, "sqlstate", "") == _POSTGRES_FULL
