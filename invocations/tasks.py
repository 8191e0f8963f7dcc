"""What django-q2 carries: messages, no truth."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from assets import blobs
from realtime import log

from .engine.runner import runner
from .models import Spending


def look(pk: int) -> None:
    """Look at invocation `pk`: claim it if it is still to be had, and start on it."""
    runner().begin(pk)


def cancel(token: str) -> None:
    """Cancel a stopped call at its provider, in the place of the worker that died with it."""
    runner().cancel(token)


def tidy() -> None:
    """Once an hour: remove what nobody can ask for any more, and what kills left half-written."""
    log.prune(timedelta(days=settings.EVENTS_KEPT_DAYS))
    Spending.prune(timezone.now())
    blobs.sweep_temporary()


def canary() -> None:
    """Do nothing; having been carried all the way round is the message."""
