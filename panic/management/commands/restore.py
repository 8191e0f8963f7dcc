"""`manage.py restore FILE`: put a backup in the place of what is here."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from backups import passphrases, restoration
from backups.refusals import BackupRefused
from backups.restoration import RestoreRequest


class Command(BaseCommand):
    help = (
        "Verify a backup and restore it, whole or not at all; of Postgres as of SQLite. With --replace "
        "also while the server runs: displays begin anew by themselves."
    )
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--replace", action="store_true", help="what is in database and media here may go"
        )
        parser.add_argument(
            "--check", action="store_true", help="only verify it, and change nothing here"
        )
        passphrases.add_argument(parser)

    def handle(
        self,
        *args: Any,
        file: Path,
        replace: bool,
        check: bool,
        passphrase_file: Path | None,
        **options: Any,
    ) -> None:
        try:
            request = RestoreRequest(
                file.expanduser(), replace=replace, passphrase=passphrases.read(passphrase_file)
            )
            done = (
                restoration.check(request)
                if check
                else restoration.restore(request, at=timezone.now())
            )
        except BackupRefused as error:
            raise CommandError(str(error)) from None
        rows = sum(done.manifest.tables.values())
        self.stdout.write(
            f"{'Whole' if check else 'Restored'}: {rows} rows and {done.media} media files, as of "
            f"{done.manifest.created_at:%Y-%m-%d %H:%M:%S} UTC."
        )
        if done.missing:
            self.stdout.write(
                f"{len(done.missing)} media files were missing or damaged when it was made: "
                "see `manage.py doctor --media`."
            )
        for sentence in done.todo:
            self.stdout.write(sentence)
