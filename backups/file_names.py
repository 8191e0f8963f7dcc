"""What backups are called: when they were made, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from django.conf import settings


class BackupKind(StrEnum):
    """Why it was made. Only those that the product made by itself are ever removed by it."""

    BY_HAND = "by-hand"
    SCHEDULED = "scheduled"
    ASKED = "asked"  # by an admin on a page or by the API
    BEFORE_MIGRATION = "before-migration"


_NAME = re.compile(r"panic-(\d{8}T\d{6})(\d{3})Z-([a-z-]{1,20})\.tar", re.ASCII)


@dataclass(frozen=True, slots=True)
class BackupFile:
    path: Path
    kind: BackupKind
    created_at: datetime

    @property
    def name(self) -> str:
        return self.path.name


def file_name(kind: BackupKind, at: datetime) -> str:
    at = at.astimezone(UTC)
    return f"panic-{at:%Y%m%dT%H%M%S}{at.microsecond // 1000:03d}Z-{kind}.tar"


def backup_folder() -> Path:
    """Where the product itself puts them on this machine."""
    return Path(settings.BACKUP_DIR)


def parse_name(path: Path) -> BackupFile | None:
    """None where it is not called like a backup."""
    found = _NAME.fullmatch(path.name)
    if found is None:
        return None
    try:
        at = datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        return BackupFile(path, BackupKind(found[3]), at.replace(microsecond=int(found[2]) * 1000))
    except ValueError:
        return None


def backups_in(folder: Path) -> list[BackupFile]:
    """The newest first; none where there is no such folder."""
    return sorted(_found(folder), key=lambda one: one.created_at, reverse=True)


def _found(folder: Path) -> Iterator[BackupFile]:
    if folder.is_dir():
        for path in folder.iterdir():
            if (one := parse_name(path)) and path.is_file() and not path.is_symlink():
                yield one
