"""What the queue's workers do for backups."""

from __future__ import annotations

from invocations.engine.runner import runner

from . import schedule


def make_backup(pk: int) -> None:
    """Have a backup made that is due; the process that makes it is waited for on the worker's loop."""
    runner().run_in_background(lambda threads: schedule.begin(pk, threads))
