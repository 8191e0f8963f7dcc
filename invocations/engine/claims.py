"""Taking a step: exactly one worker wins, and its claim is on disk before any provider is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from credentials.resolution import ResolvedCredential
from invocations import budgets, closing, events
from invocations.leases import EVERYTHING, LOCAL_LEASE, WorkOffer
from invocations.models import Attempt, Invocation, Run, Spending
from invocations.models.invocation import InvocationQuerySet
from invocations.states import InvocationState, RunState
from invocations.wakeups import wake_worker
from lib import disk_space
from networks.rings import Slot
from platforms.base import Limits, Model
from platforms.errors import NotConfigured
from platforms.registry import UnknownModel, all_platforms, get_model, get_platform
from realtime.events import DomainEvent

from . import charges, due_steps, rate_limits, sentences
from .due_steps import ANY_STEP, StepFilter

NO_LIMITERS = rate_limits.Limiters("", "", Limits())
NO_CREDENTIAL = ResolvedCredential("")


@dataclass(frozen=True, slots=True)
class CallMeans:
    """What a step is carried out with: a model (none where the catalogue has lost it), a key, and
    the rate limiters to pass."""

    model: Model | None = None
    credential: ResolvedCredential = NO_CREDENTIAL
    limiters: rate_limits.Limiters = NO_LIMITERS


@dataclass(frozen=True, slots=True)
class Claim:
    """A step that is ours: the rows as they were when it was taken."""

    run: Run
    invocation: Invocation
    attempt: Attempt
    slot: Slot
    limiters: rate_limits.Limiters = NO_LIMITERS
    credential: ResolvedCredential = NO_CREDENTIAL

    @property
    def ids(self) -> dict[str, str]:
        """What lines of the log name it by."""
        return {
            "run": self.run.public_id,
            "invocation": self.invocation.public_id,
            "attempt": self.attempt.token,
        }

    @property
    def model(self) -> Model:
        """Raises NotConfigured where the catalogue has lost it since the run began."""
        try:
            return get_model(self.invocation.model)
        except UnknownModel:
            words = {"model": self.invocation.model}
            raise NotConfigured(sentences.MODEL_GONE % words) from None


def _keep_no_record(claim: Claim) -> None:
    """For holders of whom the attempt says everything."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who takes steps: its name, which steps it may be given, and how long a lease of it lasts.

    `suits`: a filter of steps besides the offer, for what the model alone does not say. `record`: is called
    with each step that is taken, within the transaction that takes it.
    """

    worker: str
    offer: WorkOffer = EVERYTHING
    lease: timedelta = LOCAL_LEASE
    remote: bool = False
    suits: StepFilter = ANY_STEP
    record: Callable[[Claim], object] = _keep_no_record

    def due_steps(self, at: datetime) -> InvocationQuerySet:
        """Those that it may be given now; of the first order of `suits` the longest waiting first."""
        return self.suits.apply(Invocation.objects.due(at).offered(self.offer))

    def first_due_steps(self, at: datetime) -> list[Invocation]:
        """The first of `due_steps`, of which only the run is known."""
        return due_steps.first(self.offer, self.suits, at=at)

    def is_first(self, step: Invocation, at: datetime) -> bool:
        """Whether it is what the holder would be given if it asked now: a holder of one place that
        followed its run would otherwise keep all others waiting."""
        return self.first_due_steps(at)[:1] == [step]

    def due_step(self, pk: int, at: datetime) -> Invocation | None:
        """The one of `due_steps` with this key, with its input."""
        return due_steps.one(self.offer, self.suits, pk=pk, at=at)


def local_offer() -> WorkOffer:
    """What the workers of this installation do themselves: all but the models of remote platforms."""
    remote = frozenset(platform.slug for platform in all_platforms() if platform.remote)
    return WorkOffer(platforms=remote, inverted=True)


def claim_step(pk: int, *, holder: Holder, at: datetime) -> Claim | None:
    """Take step `pk`, or None: another was faster, it is not due or not for this holder, its run
    is over, it is closed, its budget is spent, or its platform cannot be asked just now."""
    step = holder.due_step(pk, at)
    return _claim_step_of_run(step.run_id, pk, holder, at) if step else None


def claim_next_step(*, holder: Holder, at: datetime) -> Claim | None:
    """The longest waiting step that the holder may be given, or None."""
    for due in holder.first_due_steps(at):
        if taken := _claim_step_of_run(due.run_id, due.pk, holder, at):
            return taken
    return None


def _claim_step_of_run(run_id: int, pk: int, holder: Holder, at: datetime) -> Claim | None:
    with transaction.atomic():
        run = Run.lock(run_id)
        step = holder.due_step(pk, at)
        return claim_locked_step(run, step, holder=holder, at=at) if step else None


def claim_locked_step(
    run: Run,
    step: Invocation,
    *,
    holder: Holder,
    at: datetime,
    unpublished: Sequence[DomainEvent] = (),
) -> Claim | None:
    """Take a step that is due, within the transaction that holds its run, or None as `claim_step` does.

    `unpublished`, the events by which the step came to be, is published with what becomes of it.
    """
    if run.state != RunState.RUNNING or _is_without_room(step):
        events.publish(run.network, *unpublished)
        return None
    if later := closing.step_held_until(run, step, at):
        _leave_until(later, run, step, unpublished)
        return None
    means = _resolve_means(run, step)
    if spent := _spent_budget(run, step, at):
        _end_before(run, step, spent, at=at, unpublished=unpublished)
        return None
    later = rate_limits.suspect_until(step, at)
    if later is None:
        means, later = _apply_rate_limits(run, step, means, at)
    if later is not None:
        step.postpone(later, at=at)
        events.publish(run.network, *unpublished)
        return None
    if not holder.offer.includes(step.model):  # its fallback is for another holder
        _leave_until(at, run, step, unpublished)
        wake_worker()
        return None
    taken = _record(run, step, means, holder=holder, at=at)
    events.publish(run.network, *unpublished, events.InvocationStarted.from_step(run, step))
    asked_already = bool(step.reference)  # it was counted when it was asked for
    Spending.book(run.network, price=taken.attempt.spent, calls=0 if asked_already else 1, at=at)
    if taken.attempt.number > 1:
        charges.hand_on(taken.attempt, step)
    return taken


def _is_without_room(step: Invocation) -> bool:
    """The disk here is full. The step stays due: another machine may have room. What was asked for already is
    collected."""
    return not step.reference and disk_space.is_below_floor()


def _leave_until(
    later: datetime, run: Run, step: Invocation, unpublished: Sequence[DomainEvent]
) -> None:
    """The step stays ready, and is due then."""
    step.move_due(later)
    events.publish(run.network, *unpublished)


def _end_before(
    run: Run,
    step: Invocation,
    spent: budgets.ReachedLimit,
    *,
    at: datetime,
    unpublished: Sequence[DomainEvent],
) -> None:
    """The run is over: there is no room for this step."""
    step.move(InvocationState.CANCELLED, ended_at=at)
    events.publish(run.network, *unpublished, events.InvocationCancelled.from_step(run, step))
    run.complete(spent.reason, spent.sentence, at=at)


def adopt_stopped_call(token: str, *, worker: str, at: datetime) -> Claim | None:
    """A stopped call whose worker died, to be cancelled at its provider; None: it has ended."""
    attempts = Attempt.objects.live().filter(token=token)
    own = {"lease_length": LOCAL_LEASE, "lease_until": at + LOCAL_LEASE, "deadline_at": None}
    if not attempts.update(worker=worker, **own):
        return None
    return claim_of_attempt(attempts.select_related("invocation__run__network__owner").get())


def claim_of_attempt(attempt: Attempt) -> Claim:
    """The claim of a live attempt, as whoever took it had it."""
    step = attempt.invocation
    credential, limiters = ResolvedCredential(attempt.platform), NO_LIMITERS
    if attempt.credential:
        resolver = step.run.network.credential_resolver
        credential = resolver.resolve_earlier(attempt.platform, attempt.credential, begun=True)
    with suppress(UnknownModel):
        limiters = rate_limits.limiters_of(get_model(step.model), attempt.credential)
    return Claim(step.run, step, attempt, step.run.ring_slot(step.slot), limiters, credential)


def _resolve_means(run: Run, step: Invocation) -> CallMeans:
    try:
        model = get_model(step.model)
    except UnknownModel:
        return CallMeans()
    credential = _resolve_credential(run, step, model)
    return CallMeans(model, credential, rate_limits.limiters_of(model, credential.fingerprint))


def _resolve_credential(run: Run, step: Invocation, model: Model) -> ResolvedCredential:
    """The key to ask with. A step whose last try may still be charged stays with the key of it."""
    resolver = run.network.credential_resolver
    if step.attempts_made and get_platform(model.platform).key_name:
        last = step.attempts.order_by("-number").first()
        if last and last.platform == model.platform and last.credential and _is_open(last, step):
            return resolver.resolve_earlier(
                model.platform, last.credential, begun=bool(step.reference)
            )
    return resolver.resolve(model.platform)


def _is_open(last: Attempt, step: Invocation) -> bool:
    """Whether the coming try goes on with the request of the last one."""
    return last.idempotency_key == step.idempotency_key


def _spent_budget(run: Run, step: Invocation, at: datetime) -> budgets.ReachedLimit | None:
    """The limit that leaves no room for the call. What was asked for already costs nothing more: it
    is collected, whatever is left."""
    if step.reference:
        return None
    return budgets.reached_limit(run.network, at, price=_price_of(step.model), hold=True)


def _apply_rate_limits(
    run: Run, step: Invocation, means: CallMeans, at: datetime
) -> tuple[CallMeans, datetime | None]:
    """Past the rate limiters, by way of the slot's fallback where the circuit breaker is open.

    Not with what was asked for already, which is collected once the breaker has closed, nor where
    the budget has no room for the fallback.
    """
    later, resting = rate_limits.blocked_until(means.limiters, step, at)
    fallback = run.ring_slot(step.slot).fallback
    if later is None or not resting or not fallback or step.fallen_back or step.reference:
        return means, later
    # `_spent_budget` holds the owner already; to take that lock after a limiter's could end in a deadlock.
    if budgets.reached_limit(run.network, at, price=_price_of(fallback)):
        return means, later
    step.fall_back(fallback)
    means = _resolve_means(run, step)
    return means, rate_limits.blocked_until(means.limiters, step, at)[0]


def _price_of(model_id: str) -> float:
    with suppress(UnknownModel):
        return get_model(model_id).usd or 0.0
    return 0.0


def _record(run: Run, step: Invocation, means: CallMeans, *, holder: Holder, at: datetime) -> Claim:
    step.move(
        InvocationState.INVOKING,
        attempts_made=step.attempts_made + 1,
        started_at=step.started_at or at,
        queueing_since=None,
        error_code="",
        error_detail="",
    )
    slot = run.ring_slot(step.slot)
    attempt = Attempt.write(
        invocation=step,
        network=run.network,
        number=step.attempts_made,
        platform=step.model.partition(":")[0],
        credential=means.credential.fingerprint,
        worker=holder.worker,
        lease_length=holder.lease,
        lease_until=at + holder.lease,
        deadline_at=_deadline(means.model, at) if holder.remote else None,
        idempotency_key=step.idempotency_key,
        reference=step.reference,
        parameters={} if step.fallen_back else dict(slot.parameters),
        reserved_usd=means.model.usd if means.model else None,
        started_at=at,
    )
    if means.credential.key:
        means.credential.key.note_use(at)
    taken = Claim(run, step, attempt, slot, means.limiters, means.credential)
    holder.record(taken)
    return taken


def _deadline(model: Model | None, at: datetime) -> datetime | None:
    return at + timedelta(seconds=model.deadline_seconds) if model else None
