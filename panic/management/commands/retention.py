"""What is kept for how long, what would go, and removing it."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from panic import removal_turns, retention_process, retention_removal, run_retention
from panic.retention import ExpiryOfKind, RetainedKind, expiring
from panic.retention_removal import RemovalOrder

MAX_DAYS = 36_500


class Command(BaseCommand):
    help = (
        "Say of everything how long it is kept, and how much will have gone by itself. With --apply it goes now; "
        "interrupted, the same command goes on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days", type=int, default=0, choices=range(MAX_DAYS), metavar="N", help="by then"
        )
        parser.add_argument(
            "--apply",
            action="store_true",
            help="remove it; of runs, films, frames and clips also what would go within --days",
        )
        parser.add_argument(
            "--only",
            nargs="+",
            choices=[str(kind) for kind in retention_removal.REMOVERS],
            help="with --apply: only these kinds",
        )
        parser.add_argument(
            "--bundles",
            type=Path,
            metavar="FOLDER",
            help="with --apply: write each run as a bundle there before it goes",
        )
        parser.add_argument("--by-itself", action="store_true", help="for the queue")

    def handle(
        self,
        *args: Any,
        days: int,
        apply: bool,
        only: list[str] | None,
        bundles: Path | None,
        by_itself: bool,
        **options: Any,
    ) -> None:
        now = timezone.now()
        if by_itself:
            retention_process.carry_out(now)
        elif apply:
            self._apply(now, now + timedelta(days=days), only, bundles)
        elif only or bundles:
            raise CommandError("--only and --bundles are for --apply.")
        else:
            for one in expiring(now + timedelta(days=days)):
                self.stdout.write(_line(one))

    def _apply(
        self, now: datetime, at: datetime, only: list[str] | None, bundles: Path | None
    ) -> None:
        order = RemovalOrder(at=at, now=now)
        if bundles is not None:
            bundles.mkdir(parents=True, exist_ok=True)
            order = RemovalOrder(
                at=at, now=now, before_run=run_retention.bundles_into(bundles, at=now)
            )
        kinds = [RetainedKind(name) for name in only or retention_removal.REMOVERS]
        with removal_turns.awaited_removal_turn(self.stdout.write) as go_on:
            for kind in kinds:
                for done in retention_removal.remove(order, {kind}, go_on=go_on):
                    size = f"{done.bytes / 1e6:,.1f} MB"
                    self.stdout.write(f"{done.kind:16} {done.count:,} gone, {size}")


def _line(one: ExpiryOfKind) -> str:
    goes = f"{one.count:,} go, {one.bytes / 1e6:,.1f} MB" if one.count else "none go"
    return f"{one.kind:16} {goes:24} kept: {one.rule}"
