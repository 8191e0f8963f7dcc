"""`manage.py backup`: everything in one file, while the server runs."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from backups import creation, file_names, passphrases, schedule
from backups.creation import BackupRequest, FinishedBackup
from backups.refusals import BackupRefused


class Command(BaseCommand):
    help = (
        "Write database and media into one file, whose path is the last line; safe while the server "
        "runs. The keys come along only with a passphrase."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, help="a folder; else that of BACKUP_DIR")
        parser.add_argument("--without-media", action="store_true", help="the database alone")
        passphrases.add_argument(parser)
        parser.add_argument("--scheduled", type=int, help="for the queue: the row to carry out")

    def handle(
        self,
        *args: Any,
        to: Path | None,
        without_media: bool,
        passphrase_file: Path | None,
        scheduled: int | None,
        **options: Any,
    ) -> None:
        if scheduled is not None:
            schedule.carry_out(scheduled)
            return
        folder = (to or file_names.backup_folder()).expanduser().resolve()
        try:
            request = BackupRequest(
                media=not without_media, passphrase=passphrases.read(passphrase_file)
            )
            made = creation.create(folder, request, at=timezone.now())
        except BackupRefused as error:
            raise CommandError(str(error)) from None
        self._tell(made)

    def _tell(self, made: FinishedBackup) -> None:
        rows = sum(made.manifest.tables.values())
        self.stdout.write(f"{rows} rows and {made.media.files} media files, {made.bytes} bytes.")
        for word, names in (("missing", made.media.missing), ("damaged", made.media.damaged)):
            if names:
                self.stdout.write(
                    f"{len(names)} media files are {word}, such as {names[0]}: "
                    "see `manage.py doctor --media`."
                )
        if not made.manifest.keys:
            self.stdout.write(
                "Keys are not in it: keep `credential_keys` and `secret_key` of the data folder apart "
                "from it, or give a passphrase."
            )
        self.stdout.write(str(made.path))
