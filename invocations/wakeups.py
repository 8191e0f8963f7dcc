"""Ending the waits of workers once a transaction has committed."""

from __future__ import annotations

from django.db import transaction

from realtime import wakeup

from .models import Invocation


def wake_worker(step: Invocation | None = None) -> None:
    """Have a worker look for due rows as soon as this transaction has committed; at `step` at once,
    which is due."""
    payload = "" if step is None else str(step.pk)
    transaction.on_commit(lambda: wakeup.notify("work", payload))
