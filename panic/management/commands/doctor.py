"""What is missing or wrong, in plain words."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assets.errors import StorageUnavailable
from assets.models import Asset
from backups import media_repair
from backups.refusals import BackupRefused
from panic.doctor import examine


class Command(BaseCommand):
    help = "Say what is missing or wrong; the exit status is 1 if something is."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--media", action="store_true", help="read every stored file instead")
        parser.add_argument(
            "--repair",
            action="store_true",
            help="with --media: put back, make again, and put aside what nothing speaks of",
        )
        parser.add_argument(
            "--from", type=Path, dest="source", help="with --repair: the backup that has originals"
        )

    def handle(
        self, *args: Any, media: bool, repair: bool, source: Path | None, **options: Any
    ) -> None:
        if not media:
            if repair or source:
                raise CommandError("--repair and --from go with --media.")
            self._examine()
            return
        try:
            wrong = self._examine_media(repair, source)
        except (BackupRefused, StorageUnavailable) as error:
            raise CommandError(str(error)) from None
        if wrong:
            raise SystemExit(1)

    def _examine(self) -> None:
        findings = examine()
        for finding in findings:
            self.stdout.write(f"{finding.mark:4} {finding.subject}: {finding.sentence}")
        if any(finding.wrong for finding in findings):
            raise SystemExit(1)

    def _examine_media(self, repair: bool, source: Path | None) -> int:
        """How many files are still not as they should be."""
        found = wrong = 0
        for finding in media_repair.repair(source) if repair else media_repair.examine():
            found += 1
            wrong += not finding.repaired
            self.stdout.write(f"{'ok  ' if finding.repaired else 'bad '} {finding.sentence}")
        if not found:
            self.stdout.write(f"ok   media: all files of {Asset.objects.count()} assets are whole.")
        elif not repair:
            self.stdout.write(f"{found} in all; `--repair` does what can be done.")
        return wrong
