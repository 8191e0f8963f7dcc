"""Where a passphrase comes from: a file or a variable, because command lines are for everybody to read."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from django.conf import settings

from .refusals import BackupRefused


def add_argument(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        help="a file whose first line is the passphrase; else BACKUP_PASSPHRASE",
    )


def read(file: Path | None) -> str:
    """Empty where there is none. Raises BackupRefused."""
    if file is None:
        return str(settings.BACKUP_PASSPHRASE)
    try:
        lines = file.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BackupRefused(f"The passphrase cannot be read from {file}: {error}.") from None
    if not lines or not lines[0].strip():
        raise BackupRefused(f"The first line of {file} is empty: it has to be the passphrase.")
    return lines[0].strip()
