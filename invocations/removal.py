"""Forgetting runs and networks: what is under way is stopped first, in the same transaction."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from .models import Halt, Run
from .runs import cancel_open_steps
from .states import Reason

if TYPE_CHECKING:
    from networks.models import Network


def delete_run(*, run: Run, at: datetime) -> None:
    """Forget the run with its steps; media that others show stays."""
    with transaction.atomic():
        _stop(run.pk, at)
        Run.objects.filter(pk=run.pk).delete()


def delete_network(*, network: Network, at: datetime) -> None:
    """Forget the network with all its runs."""
    with transaction.atomic():
        Halt.lock()  # no start can slip in between
        for pk in network.runs.live().values_list("pk", flat=True):
            _stop(pk, at)
        network.delete()


def _stop(pk: int, at: datetime) -> None:
    run = Run.lock(pk)
    if run.live:
        run.stop(Reason.PERSON, at=at)
        cancel_open_steps(run, at=at)
