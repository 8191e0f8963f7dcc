"""What the queue's workers do for displays."""

from __future__ import annotations

from django.utils import timezone

from invocations.engine.runner import runner

from . import absence, boards


def send_to_board(pk: int) -> None:
    """Send what waits for a board; the request itself waits on the worker's loop."""
    runner().run_in_background(lambda threads: boards.send(pk, threads))


def watch_screen(pk: int) -> None:
    """Tell that a screen is gone, or back."""
    absence.watch_screen(pk, timezone.now())
