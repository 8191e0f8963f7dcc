"""Take the bundle of a run into the archive of a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from archive.bundles.importing import import_run
from archive.bundles.reading import BadBundle
from networks.models import Network


class Command(BaseCommand):
    help = "Take the bundle of a run into the archive of a network."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("bundle", type=Path, help="the zip file")
        parser.add_argument("network", help="the network's slug")

    def handle(self, *args: Any, **options: Any) -> None:
        network = Network.objects.find_by_slug(options["network"])
        if network is None:
            raise CommandError(f"There is no network “{options['network']}”.")
        try:
            with options["bundle"].open("rb") as source:
                run = import_run(network=network, source=source, at=timezone.now())
        except (OSError, BadBundle) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(run.get_absolute_url())
