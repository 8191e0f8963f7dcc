"""Bring the files of `locale/` up to date with the texts that are marked: what `make messages` calls."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from panic.catalogues import (
    catalogue_files,
    compile_catalogues,
    extract_messages,
    key_of,
    read_catalogue,
    update_catalogue,
)


class Command(BaseCommand):
    help = "Update the texts in locale/, say how many lack a translation, and compile them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--also",
            type=Path,
            help="a folder like locale/, whose translations fill what has none yet",
        )

    def handle(self, *args: Any, also: Path | None, **options: Any) -> None:
        locale = settings.BASE_DIR / "locale"
        template = extract_messages(settings.BASE_DIR)
        others = catalogue_files(also) if also else {}
        for code, path in catalogue_files(locale).items():
            other = read_catalogue(others[code]) if code in others else ()
            missing = update_catalogue(path, template, {key_of(one): one for one in other})
            self.stdout.write(f"{code}: {len(template)} texts, {missing} without a translation")
        compile_catalogues(locale)
