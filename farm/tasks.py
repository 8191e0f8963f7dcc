"""What django-q2 carries: messages, no truth."""

from __future__ import annotations

from django.utils import timezone

from . import blobs, fallbacks, status_watch, workers


def give_up(pk: int) -> None:
    """Let the fallback take a step whose workers are silent."""
    fallbacks.give_up(pk, at=timezone.now())


def tell_of_status(_: int) -> None:
    """Let pages know which workers have fallen silent, or sleep by the clock."""
    status_watch.tell(timezone.now())


def archive_unseen(_: int) -> None:
    """Machines that have not been there for months are no workers any more."""
    workers.archive_unseen(timezone.now())


def tidy(_: int) -> None:
    """Remove files that nobody has handed in."""
    blobs.sweep()
