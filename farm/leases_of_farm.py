"""Leases of farm workers after a start of the server: while it was away nobody could renew one, or hand in what was done."""

from __future__ import annotations

from datetime import datetime

from films.models import TaskAttempt
from invocations import leases
from invocations.models import Attempt

from .server_start import GRACE

HOLDERS = "farm:"  # what the names begin with under which workers hold leases


def give_grace(at: datetime) -> None:
    """None of them ends before the grace is over, and no deadline either."""
    leases.hold_until(Attempt.objects.filter(worker__startswith=HOLDERS), at + GRACE)
    leases.hold_until(TaskAttempt.objects.filter(worker__startswith=HOLDERS), at + GRACE)
