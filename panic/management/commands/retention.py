"""What is kept for how long, and what would go by itself."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from panic.retention import expiring

MAX_DAYS = 36_500


class Command(BaseCommand):
    help = "Say of everything how long it is kept, and how much will have gone by itself; nothing is removed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days", type=int, default=0, choices=range(MAX_DAYS), metavar="N", help="by then"
        )

    def handle(self, *args: Any, days: int, **options: Any) -> None:
        for one in expiring(timezone.now() + timedelta(days=days)):
            goes = f"{one.count:,} go, {one.bytes / 1e6:,.1f} MB" if one.count else "none go"
            self.stdout.write(f"{one.kind:16} {goes:24} kept: {one.rule}")
