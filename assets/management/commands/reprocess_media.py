"""`manage.py reprocess_media`: store anew what an earlier version stored."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from assets import reprocessing


class Command(BaseCommand):
    help = (
        "Take metadata out of media that an earlier version stored with it; safe to interrupt and repeat, "
        "also while the server runs."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        looked_at = changed = 0
        problems: list[str] = []
        for done in reprocessing.reprocess():
            looked_at += 1
            changed += done.changed
            if done.problem:
                problems.append(f"{done.old}: {done.problem}")
        self.stdout.write(f"{looked_at} media looked at, {changed} of them stored anew.")
        if problems:
            listed = "\n".join(problems)
            raise SystemExit(
                f"{len(problems)} could not be stored anew and stay as they are:\n{listed}"
            )
