"""The licences of everything that is installed: packages as they declare it, and weights."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from panic.licences import licences


class Command(BaseCommand):
    help = "List the licence of each package and of each weight file, and what is not installed."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        rows = [("WHAT", "OF", "LICENCE"), *licences()]
        widths = [max(len(row[at]) for row in rows) for at in (0, 1)]
        for what, origin, licence in rows:
            self.stdout.write(f"{what:{widths[0]}}  {origin:{widths[1]}}  {licence}")
