"""Everything a checkout needs before it can run, in one process: what `make setup` calls."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

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

    def handle(self, *args: Any, without_weights: bool, extra: list[str], **options: Any) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        call_command("ensure_admin", stdout=self.stdout)
        if not without_weights:
            call_command("fetch_weights", optional=True, extra=extra, stdout=self.stdout)
        for locale in settings.LOCALE_PATHS:
            compile_catalogues(locale)
        call_command("build_fonts", stdout=self.stdout)
        call_command("collectstatic", verbosity=0, interactive=False)
