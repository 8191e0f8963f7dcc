"""What django-q2 carries: messages, no truth."""

from __future__ import annotations

from django.utils import timezone

from . import blobs, fallbacks, silent_workers


def give_up(pk: int) -> None:
    """Let the fallback take a step whose workers are silent."""
    fallbacks.give_up(pk, at=timezone.now())


def tell_of_silence(_: int) -> None:
    """Let pages know which workers have fallen silent."""
    silent_workers.tell(timezone.now())


def tidy(_: int) -> None:
    """Remove files that nobody has handed in."""
    blobs.sweep()
