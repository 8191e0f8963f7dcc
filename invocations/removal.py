"""Forgetting runs and networks: what is under way is stopped first.

Old steps go in small transactions: a run may have a hundred thousand of them, and while they are
deleted nobody else writes on SQLite, not even to renew a lease. The newest, of which a worker may
still have something to say, go with the run. Whoever dies half-way leaves a stopped run without its
beginning, to be deleted again.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.models import AuditEntry

from . import events
from .models import Halt, Invocation, Run
from .runs import end
from .states import Reason

if TYPE_CHECKING:
    from accounts.models import User
    from networks.models import Network

    from .models.invocation import InvocationQuerySet

BATCH = 500  # steps, some dozens of milliseconds


def delete_run(*, run: Run, at: datetime, by: User | None = None) -> None:
    """Forget the run with its steps; media that others show stays."""
    _stop(run.pk, at)
    _forget_old_steps(Invocation.objects.filter(run=run.pk).in_order())
    with transaction.atomic():
        AuditEntry.record(by, "run.deleted", f"{run.public_id} of {run.network}")
        Run.objects.filter(pk=run.pk).delete()


def delete_network(*, network: Network, at: datetime, by: User | None = None) -> None:
    """Forget the network with all its runs."""
    _stop_all(network, at)
    _forget_old_steps(network.invocations.filter(run__ended_at__isnull=False).order_by("id"))
    with transaction.atomic():
        Halt.lock()  # no start can slip in between
        _stop_all(network, at)
        AuditEntry.record(by, "network.deleted", f"{network.name} ({network})")
        network.forget()


def archive_network(*, network: Network, at: datetime, by: User | None = None) -> None:
    """Put the network away: what runs on it is stopped, and nothing starts until it is taken out."""
    with transaction.atomic():
        Halt.lock()  # a start that is under way comes before, or finds it put away
        _stop_all(network, at)
        network.put_away(at)
        AuditEntry.record(by, "network.archived", network)


def _stop_all(network: Network, at: datetime) -> None:
    for pk in network.runs.live().values_list("pk", flat=True):
        _stop(pk, at)


def _stop(pk: int, at: datetime) -> None:
    with transaction.atomic():
        run = Run.lock(pk)
        if run.live:
            events.publish(run.network, *end(run, Reason.PERSON, at=at).news)


def _forget_old_steps(oldest_first: InvocationQuerySet) -> None:
    """All but the newest `BATCH`."""
    keys = oldest_first.values_list("pk", flat=True)
    while len(found := list(keys[: 2 * BATCH])) > BATCH:
        Invocation.objects.filter(pk__in=found[:-BATCH]).delete()
