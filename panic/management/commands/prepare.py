"""Everything a checkout needs before it can run, in one process: what `make setup` calls."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from backups.before_migration import back_up
from backups.refusals import BackupRefused
from panic.catalogues import compile_catalogues


class Command(BaseCommand):
    help = (
        "Migrate, fetch weights where they can be had, build translations, fonts and static files. "
        "Repeatable."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--without-weights", action="store_true", help="leave the local models asleep"
        )
        parser.add_argument(
            "--extra", action="append", default=[], help="fetch the weights of an extra too"
        )
        parser.add_argument(
            "--without-backup",
            action="store_true",
            help="make no copy of the database before it is migrated",
        )

    def handle(
        self,
        *args: Any,
        without_weights: bool,
        extra: list[str],
        without_backup: bool,
        **options: Any,
    ) -> None:
        if not without_backup:
            self._back_up()
        call_command("migrate", verbosity=0, interactive=False)
        call_command("ensure_admin", stdout=self.stdout)
        if not without_weights:
            call_command("fetch_weights", optional=True, extra=extra, stdout=self.stdout)
        for locale in settings.LOCALE_PATHS:
            compile_catalogues(locale)
        call_command("build_fonts", stdout=self.stdout)
        call_command("collectstatic", verbosity=0, interactive=False)

    def _back_up(self) -> None:
        """Where there is something to lose and something to migrate."""
        try:
            made = back_up(at=timezone.now())
        except BackupRefused as error:
            raise CommandError(
                f"The database is not migrated, because no backup of it can be made: {error} "
                "`--without-backup` migrates it all the same."
            ) from None
        if made:
            self.stdout.write(f"The database before its migration: {made.path}")
