"""`manage.py make_films`: the process that makes films, started by the queue."""

from __future__ import annotations

import argparse
import os

from django.core.management.base import BaseCommand

from lib.parent_process import end_with_parent


class Command(BaseCommand):
    help = "Make the films that were ordered. Started by the queue when there are any."
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--place", type=int, default=0, help="which of FILM_PROCESSES it is")
        parser.add_argument("--parent", type=int, help="the process that it is to end with")
        parser.add_argument(
            "--quiet-seconds", type=float, default=20.0, help="end after so long without work"
        )

    def handle(
        self, *, place: int, parent: int | None, quiet_seconds: float, **options: object
    ) -> None:
        if parent is not None:
            end_with_parent()
            if os.getppid() != parent:  # it went while Django was loaded
                return
        os.nice(19 - os.nice(0))
        from films.places import lock_of_place
        from films.worker import FilmWorker

        lock = lock_of_place(place)
        if lock is None:
            return
        with lock:
            FilmWorker(place, quiet_seconds=quiet_seconds).run()
