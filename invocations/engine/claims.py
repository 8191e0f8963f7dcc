"""Taking a step: exactly one worker wins, and its claim is on disk before any provider is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from invocations import budgets, events
from invocations.models import Attempt, Invocation, Run, Spending
from invocations.models.attempt import LEASE
from invocations.states import InvocationState, RunState
from networks.rings import Slot
from platforms.base import Limits, Model
from platforms.errors import NotConfigured
from platforms.keyring import Grant
from platforms.registry import UnknownModel, get_model, get_platform

from . import gates

NO_GATE = gates.Passage("", "", Limits())
NO_KEY = Grant("")


@dataclass(frozen=True, slots=True)
class Means:
    """What a step is carried out with: a model (none where the catalogue has lost it), a key, and
    the gates on the way."""

    model: Model | None = None
    grant: Grant = NO_KEY
    way: gates.Passage = NO_GATE


@dataclass(frozen=True, slots=True)
class Claim:
    """A step that is ours: the rows as they were when it was taken."""

    run: Run
    invocation: Invocation
    attempt: Attempt
    slot: Slot
    way: gates.Passage = NO_GATE
    grant: Grant = NO_KEY

    @property
    def model(self) -> Model:
        """Raises NotConfigured where the catalogue has lost it since the run began."""
        try:
            return get_model(self.invocation.model)
        except UnknownModel:
            raise NotConfigured(
                f"The model “{self.invocation.model}” does not exist any more; "
                "put another one into the ring."
            ) from None


def claim(pk: int, *, worker: str, at: datetime) -> Claim | None:
    """Take step `pk` for `worker`, or None: another was faster, it is not due, its run is over,
    its budget is spent, or its platform cannot be asked just now."""
    run_id = Invocation.objects.due(at).filter(pk=pk).values_list("run_id", flat=True).first()
    if run_id is None:
        return None
    with transaction.atomic():
        run = Run.lock(run_id)
        step = Invocation.objects.select_related("input_asset").due(at).filter(pk=pk).first()
        return take(run, step, worker=worker, at=at) if step else None


def take(
    run: Run, step: Invocation, *, worker: str, at: datetime, news: Sequence[events.Entry] = ()
) -> Claim | None:
    """Take a step that is due, within the transaction that holds its run, or None as `claim` does.

    `news`, which tells how the step came to be, is published with what becomes of it.
    """
    if run.state != RunState.RUNNING:
        events.publish(run.network, *news)
        return None
    means = _find(run, step)
    price = (means.model.usd or 0.0) if means.model else 0.0
    if spent := budgets.spent(run.network, at, price=price, hold=True):
        step.move(InvocationState.CANCELLED, ended_at=at)
        cancelled = events.of_invocation(run, step, "invocation.cancelled")
        events.publish(run.network, *news, cancelled)
        run.complete(spent.reason, at=at)
        return None
    later = gates.suspect_until(step, at)
    if later is None:
        means, later = _pass(run, step, means, at)
    if later is not None:
        step.turn_away(later, at=at)
        events.publish(run.network, *news)
        return None
    taken = _record(run, step, means, worker=worker, at=at)
    events.publish(run.network, *news, events.of_invocation(run, step, "invocation.started"))
    Spending.book(run.network, price=taken.attempt.spent, at=at)
    return taken


def take_over(token: str, *, worker: str, at: datetime) -> Claim | None:
    """A stopped call whose worker died, to be cancelled at its provider; None: it has ended."""
    attempts = Attempt.objects.live().filter(token=token)
    if not attempts.update(worker=worker, lease_until=at + LEASE):
        return None
    attempt = attempts.select_related("invocation__run__network__owner").get()
    step = attempt.invocation
    grant = NO_KEY
    if attempt.credential:
        keyring = step.run.network.keyring
        grant = keyring.grant_again(attempt.platform, attempt.credential, begun=True)
    return Claim(step.run, step, attempt, step.run.slots[step.slot], grant=grant)


def _find(run: Run, step: Invocation) -> Means:
    try:
        model = get_model(step.model)
    except UnknownModel:
        return Means()
    grant = _grant(run, step, model)
    return Means(model, grant, gates.passage(model, grant.mark))


def _grant(run: Run, step: Invocation, model: Model) -> Grant:
    """The key to ask with. A step whose last try may still be charged stays with the key of it."""
    keyring = run.network.keyring
    if step.attempts_made and get_platform(model.platform).key_name:
        last = step.attempts.order_by("-number").first()
        if last and last.platform == model.platform and last.credential and _is_open(last, step):
            return keyring.grant_again(model.platform, last.credential, begun=bool(step.reference))
    return keyring.grant(model.platform)


def _is_open(last: Attempt, step: Invocation) -> bool:
    """Whether the coming try goes on with the request of the last one."""
    return last.idempotency_key == step.idempotency_key


def _pass(run: Run, step: Invocation, means: Means, at: datetime) -> tuple[Means, datetime | None]:
    """Through the gates, by way of the slot's fallback where the platform rests."""
    later, resting = gates.blocked_until(means.way, step, at)
    fallback = run.slots[step.slot].fallback
    if later is None or not resting or not fallback or step.fallen_back:
        return means, later
    step.fall_back(fallback)
    means = _find(run, step)
    return means, gates.blocked_until(means.way, step, at)[0]


def _record(run: Run, step: Invocation, means: Means, *, worker: str, at: datetime) -> Claim:
    step.move(
        InvocationState.INVOKING,
        attempts_made=step.attempts_made + 1,
        started_at=step.started_at or at,
        turned_away_at=None,
        error_code="",
        error_detail="",
    )
    slot = run.slots[step.slot]
    attempt = Attempt.objects.create(
        invocation=step,
        network=run.network,
        number=step.attempts_made,
        platform=step.model.partition(":")[0],
        credential=means.grant.mark,
        lease_until=at + LEASE,
        worker=worker,
        idempotency_key=step.idempotency_key,
        reference=step.reference,
        parameters={} if step.fallen_back else dict(slot.parameters),
        reserved_usd=means.model.usd if means.model else None,
        started_at=at,
    )
    if means.grant.key:
        means.grant.key.note_use(at)
    return Claim(run, step, attempt, slot, means.way, means.grant)
