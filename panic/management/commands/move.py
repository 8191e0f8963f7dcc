"""`manage.py move`: to another database, another place for media, or both."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from backups import media_moves, moves
from backups.moves import MovedInstallation, MoveRequest
from backups.refusals import BackupRefused
from panic import environment


class Command(BaseCommand):
    help = (
        "Copy all rows to another database and all media to another place, compare every table and "
        "file, and say which settings to change. Safe to interrupt and repeat; nothing changes here."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", metavar="DATABASE_URL", default="")
        parser.add_argument("--media", default="", help="s3://bucket or file:///a/folder")
        parser.add_argument(
            "--replace", action="store_true", help="rows in that database may go, if there are any"
        )

    def handle(self, *args: Any, to: str, media: str, replace: bool, **options: Any) -> None:
        if not to and not media:
            raise CommandError("Say where to: --to DATABASE_URL, --media s3://bucket, or both.")
        try:
            request = MoveRequest(
                database=environment.database_at(to, "--to") if to else None,
                media=media_moves.storage_at(media) if media else None,
                replace=replace,
                said=self.stdout.write,
            )
            done = moves.move(request, at=timezone.now())
        except (BackupRefused, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from None
        self._tell(done, to, media)

    def _tell(self, done: MovedInstallation, to: str, media: str) -> None:
        if to:
            rows = sum(done.tables.values())
            self.stdout.write(f"{rows} rows in {len(done.tables)} tables are there and the same.")
        if done.media:
            self.stdout.write(f"{done.media.files} media files are there and the same.")
            lost = [*done.media.missing, *done.media.damaged]
            if lost:
                self.stdout.write(
                    f"{len(lost)} were missing or damaged here already, such as {lost[0]}: see "
                    "`manage.py doctor --media`."
                )
        self.stdout.write("Now change the settings, and start:")
        if to:
            self.stdout.write("  DATABASE_URL: the address that you gave with --to")
        if media.startswith("s3://"):
            self.stdout.write(f"  S3_BUCKET={media.removeprefix('s3://').strip('/')}")
        elif media:
            self.stdout.write("  no S3_BUCKET, and the folder as `media` in the data folder")
        self.stdout.write(
            "On another machine also `credential_keys` and `secret_key` of this data folder."
        )
