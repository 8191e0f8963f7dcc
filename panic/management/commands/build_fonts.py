from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from panic import fonts


class Command(BaseCommand):
    help = "Cut the typeface down to what the pages print and compress it; safe to repeat."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        written = fonts.build(settings.DATA_DIR / "fonts")
        names = ", ".join(path.name for path in written)
        self.stdout.write(f"Built {names}." if written else "The fonts are there already.")
