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
from assets import retention

from . import events
from .hooks import hooks
from .models import Halt, Invocation, Run
from .runs import end
from .states import Reason

if TYPE_CHECKING:
    from accounts.models import User
    from networks.models import Network

    from .models.invocation import InvocationQuerySet

BATCH = 500  # steps, some dozens of milliseconds


def delete_run(*, run: Run, at: datetime, by: User | None = None) -> bool:
    """Forget the run with its steps and the media that nothing else shows, after what began beside it; the
    ledger keeps what it has cost. False: somebody else has done so meanwhile."""
    for beside in Run.objects.filter(pk__in=hooks.companions_of([run.pk])).select_related(
        "network"
    ):
        delete_run(run=beside, at=at, by=by)
    if not _stop(run.pk, at, by):
        return False
    _forget_old_steps(Invocation.objects.filter(run=run.pk).in_order(), at)
    if not _forget_run(run, at, by):
        return False
    retention.remove_abandoned(at=at)
    return True


def _forget_run(run: Run, at: datetime, by: User | None) -> bool:
    """With its newest steps; False: it is gone."""
    with transaction.atomic():
        try:
            Run.lock(run.pk)
        except Run.DoesNotExist:
            return False
        _abandon_media(Invocation.objects.filter(run=run.pk), at)
        AuditEntry.record(by, "run.deleted", f"{run.public_id} of {run.network}")
        Run.objects.filter(pk=run.pk).delete()
    return True


def delete_network(*, network: Network, at: datetime, by: User | None = None) -> None:
    """Forget the network with all its runs."""
    _stop_runs(network, at, by)
    _forget_old_steps(network.invocations.filter(run__ended_at__isnull=False).order_by("id"), at)
    with transaction.atomic():
        Halt.lock()  # no start can slip in between
        _stop_runs(network, at, by)
        _abandon_media(network.invocations.all(), at)
        AuditEntry.record(by, "network.deleted", f"{network.name} ({network})")
        network.delete_and_reserve_slugs()
    retention.remove_abandoned(at=at)


def archive_network(*, network: Network, at: datetime, by: User | None = None) -> None:
    """Put the network away: what runs on it is stopped, and nothing starts until it is taken out."""
    with transaction.atomic():
        Halt.lock()  # a start that is under way comes before, or finds it put away
        if not network.set_archived(at):
            return
        _stop_runs(network, at, by)
        AuditEntry.record(by, "network.archived", network)


def _stop_runs(network: Network, at: datetime, by: User | None) -> None:
    for pk in network.runs.live().values_list("pk", flat=True):
        _stop(pk, at, by)


def _stop(pk: int, at: datetime, by: User | None) -> bool:
    """False: it is gone."""
    with transaction.atomic():
        try:
            run = Run.lock(pk)
        except Run.DoesNotExist:
            return False
        if run.live:
            events.publish(run.network, *end(run, Reason.PERSON, at=at, by=by).unpublished)
    return True


def _forget_old_steps(oldest_first: InvocationQuerySet, at: datetime) -> None:
    """All but the newest `BATCH`."""
    keys = oldest_first.values_list("pk", flat=True)
    while len(found := list(keys[: 2 * BATCH])) > BATCH:
        old = Invocation.objects.filter(pk__in=found[:-BATCH])
        with transaction.atomic():
            _abandon_media(old, at)
            old.delete()


def _abandon_media(steps: InvocationQuerySet, at: datetime) -> None:
    """What only these steps show may go with them."""
    shown = steps.order_by().values_list("input_asset", "output_asset", "takedown__output_asset")
    retention.abandon((key for keys in shown for key in keys if key is not None), at=at)
