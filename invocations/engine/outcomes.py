"""What becomes of a try: one transaction that closes it and writes what follows.

Every function raises `Stale` when the attempt is not the current one any more: a result that comes
too late changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from invocations import budgets, events, perturbations
from invocations.hooks import hooks
from invocations.leases import MAX_ADOPTIONS, MAX_LOSSES
from invocations.models import Attempt, Invocation, Run
from invocations.states import InvocationState, Outcome, Reason, RunState, Stale
from invocations.wakeups import wake_worker
from lib.validation import is_blank
from networks.models import RefusalPolicy
from platforms.base import Modality
from platforms.errors import PlatformError, Refused, Unusable
from realtime.events import DomainEvent

from . import charges, claims, next_step, placeholders, rate_limits, sentences
from .claims import Claim, Holder

if TYPE_CHECKING:
    from assets.models import Asset


_LOST = (Outcome.LOST, Outcome.UNCERTAIN)
MAX_TEXT = 20_000  # characters; a longer output would be no use as anybody's input


@dataclass(frozen=True, slots=True)
class Result:
    """What a step gave: a text or a stored asset, and what it cost where that is known."""

    text: str = ""
    asset: Asset | None = None
    usd: float | None = None
    seconds: float | None = None
    truncated: bool = False  # a text that ended at a limit


def usable_text(text: str | None) -> str:
    """What a model wrote, as it is stored. Raises Unavailable where nothing is left of it."""
    raw = _storable(text or "")
    if is_blank(raw):
        raise Unusable(sentences.GAVE_EMPTY_TEXT)
    return raw.strip()[:MAX_TEXT]


def _storable(text: str) -> str:
    """Without NUL, which cannot be stored, and half surrogates, which cannot be sent."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()


def complete(
    claim: Claim, result: Result, *, at: datetime, next_holder: Holder | None = None
) -> Claim | None:
    """Close the step with its output and write the next one, due when pacing says.

    Where that is at once, `next_holder` takes it in the same commit: the claim is returned.
    """
    taken = None
    with transaction.atomic():
        run = Run.lock(claim.run.pk)
        try:
            following, unpublished = _finish_step(run, claim.invocation, result, at=at)
        except Stale:  # stopped meanwhile: what came is on record, and changes nothing
            _close(claim, Outcome.LATE, at, usd=result.usd)
            charges.settle_earlier(claim.attempt, claim.invocation)
        else:
            leads = _may_be_followed(claim, result) and _is_due(following, at)
            follows = leads and _is_for(next_holder, following, at)
            if not follows:
                events.publish(run.network, *unpublished)
            rate_limits.note_success(claim.limiters, at)
            _close(claim, Outcome.COMPLETED, at, usd=result.usd)
            if following and next_holder and follows:
                taken = claims.claim_locked_step(
                    run, following, holder=next_holder, at=at, unpublished=unpublished
                )
            if following and not taken:
                wake_worker()
        run.charge(result.usd)
        rate_limits.wake_next_in_queue(claim.limiters, at)
    return taken


def _may_be_followed(claim: Claim, result: Result) -> bool:
    """Not after a step that passed rate limiters or had a price: its end lets the next in their
    queue pass and settles the ledger, and these are the last rows a transaction locks."""
    return not claim.limiters.keys and not result.usd and not claim.attempt.spent


def _is_for(holder: Holder | None, step: Invocation | None, at: datetime) -> bool:
    if holder is None or step is None or not holder.offer.includes(step.model):
        return False
    return not holder.remote or holder.is_first(step, at)


def _is_due(step: Invocation | None, at: datetime) -> bool:
    return step is not None and step.due_at is not None and step.due_at <= at


def fail(
    claim: Claim,
    error: PlatformError,
    *,
    at: datetime,
    substitute: Result | None = None,
) -> None:
    """Close the try; then another one, the network's policy for refusals, or the end of the run.

    `substitute` is what `placeholder_for` gave. What is known to have been charged counts.
    """
    step = claim.invocation
    error.args = (_storable(str(error)), *error.args[1:])  # a provider may have said anything
    with transaction.atomic():
        run = Run.lock(claim.run.pk)
        if error.key_refused and claim.credential.key:
            claim.credential.key.note_refusal(str(error), at=at)
        try:
            _after_failure(run, claim, error, at=at, substitute=substitute)
        except Stale:  # stopped meanwhile: there is nothing to go on with
            step.refresh_from_db(fields=["state"])
        rate_limits.note_failure(claim.limiters, error, at)
        fields: dict[str, object] = {"error_code": error.code, "error_detail": str(error)}
        asked_again = step.state == InvocationState.READY and bool(step.reference)
        fields |= charges.charge_of_failure(claim.attempt, error, asked_again=asked_again)
        hidden = error.outcome_hidden and charges.may_be_charged_again(claim.attempt)
        _close(claim, Outcome.UNCERTAIN if hidden else Outcome.FAILED, at, **fields)
        run.charge(claim.attempt.usd)
        if step.state == InvocationState.CANCELLED:
            charges.settle_earlier(claim.attempt, step)
        rate_limits.wake_next_in_queue(claim.limiters, at)


def _after_failure(
    run: Run,
    claim: Claim,
    error: PlatformError,
    *,
    at: datetime,
    substitute: Result | None,
) -> None:
    step = claim.invocation
    if substitute is not None:
        fields = {"error_code": error.code, "error_detail": str(error), "substituted": True}
        kind = error.kind
        following, unpublished = _finish_step(run, step, substitute, at=at, kind=kind, **fields)
        events.publish(run.network, *unpublished)
        if following:
            wake_worker()
    elif _is_content_refusal(error) and _policy(run) == RefusalPolicy.SKIP:
        _skip(run, step, error, at=at)
    elif (pause := _pause_before_retry(error, step)) is not None:
        due_at = at + timedelta(seconds=pause)
        _retry(run, step, error, reference=claim.attempt.reference, due_at=due_at)
    elif error.key_refused and _has_another_key(run, claim):
        again: dict[str, object] = {"error_code": error.code, "error_detail": str(error)}
        _requeue(run, step, due_at=at, charge=step.charge + 1, reference="", **again)
    elif claim.slot.fallback and not step.fallen_back and not _is_content_refusal(error):
        step.fall_back(claim.slot.fallback)
        _requeue(run, step, due_at=at, error_code=error.code, error_detail=str(error))
    else:
        reason = Reason.REFUSED if isinstance(error, Refused) else Reason.ERROR
        _fail_run(run, step, reason, error.code, str(error), at=at, kind=error.kind)


def _pause_before_retry(error: PlatformError, step: Invocation) -> float | None:
    """Seconds, or None where it is not asked again."""
    return None if error.is_final else next_step.wait(error, _failures(step) + 1)


def _has_another_key(run: Run, claim: Claim) -> bool:
    """Whether the network has one that works, now that this one is known to be refused, and
    nothing asked with this one may still be charged."""
    tries = claim.invocation.attempts.filter(idempotency_key=claim.attempt.idempotency_key)
    granted = run.network.credential_resolver.resolve(claim.attempt.platform)
    works = granted.key is not None and not granted.problem
    return works and not claim.attempt.reference and tries.count() == 1


def cancelled(claim: Claim, outcome: Outcome, *, at: datetime) -> None:
    """Record how far a stop reached; the step itself was closed by the stop."""
    with transaction.atomic():
        run = Run.lock(claim.run.pk)
        charge = charges.charge_of_stop(claim.attempt, outcome)
        claim.attempt.close(outcome, at=at, seconds=_seconds(claim, at), **charge)
        step = Invocation.objects.get(pk=claim.invocation.pk)
        if step.state == InvocationState.INVOKING:  # not stopped by anybody: take it up again
            _requeue(run, step, due_at=at)


def requeue(attempt: Attempt, outcome: Outcome, *, at: datetime, blamed: bool = False) -> None:
    """A worker left (HANDED_OVER) or died (LOST): take the step up again at once.

    A provider's id that is known is adopted by the next try. A step that took its worker down too
    often, with nothing to adopt, is quarantined: its run fails, the others go on. `blamed`: the
    worker died of itself, as a parent that lived has seen; a machine that goes down proves nothing.

    What the provider may charge for the lost call is uncertain; so is the try, where that may be
    charged beside the next one.
    """
    with transaction.atomic():
        run = Run.lock(attempt.invocation.run_id)
        ended = Outcome.UNCERTAIN if charges.may_be_charged_again(attempt) else outcome
        attempt.close(ended, at=at, **charges.charge_of_loss(attempt))
        step = Invocation.objects.get(pk=attempt.invocation_id)
        if step.state != InvocationState.INVOKING:
            return
        losses = step.losses + 1 if blamed and not attempt.reference else step.losses
        lost = step.attempts.filter(outcome__in=_LOST, error_code="").count()
        if losses >= MAX_LOSSES or (outcome == Outcome.LOST and lost >= MAX_ADOPTIONS):
            times = max(losses, lost)
            detail = sentences.QUARANTINED % {"times": times}
            _fail_run(run, step, Reason.POISON, "poison", detail, at=at)
        else:
            _requeue(run, step, due_at=at, losses=losses, reference=attempt.reference)


def write_next_step(run: Run, step: Invocation, *, at: datetime) -> Invocation:
    """Write the step that follows a completed one, within the caller's transaction."""
    text, asset = step.output_text, step.output_asset
    following = next_step.follow(run, step, text=text, asset=asset, at=at)
    events.publish(run.network, events.InvocationCreated.from_step(run, following))
    wake_worker()
    return following


def _close(claim: Claim, outcome: Outcome, at: datetime, **fields: Any) -> None:
    claim.attempt.close(
        outcome, at=at, seconds=_seconds(claim, at), reference=claim.attempt.reference, **fields
    )


def _seconds(claim: Claim, at: datetime) -> float:
    return _between(claim.attempt.started_at, at)


def _between(started_at: datetime, at: datetime) -> float:
    # The clock may have been set back in between.
    return max(0.0, (at - started_at).total_seconds())


def _is_content_refusal(error: PlatformError) -> bool:
    return isinstance(error, Refused) and error.for_content


def _policy(run: Run) -> str:
    return run.network.refusal_policy


def placeholder_for(claim: Claim, error: PlatformError) -> Result | None:
    """A harmless output for a refused step where the network wants one; draws and stores it."""
    if not _is_content_refusal(error) or _policy(claim.run) != RefusalPolicy.SUBSTITUTE:
        return None
    modality = claim.model.output
    if modality is Modality.TEXT:
        return Result(text=placeholders.TEXT)
    picture_or_sound = placeholders.asset(modality)
    return Result(asset=picture_or_sound) if picture_or_sound else None


def _finish_step(
    run: Run, step: Invocation, result: Result, *, at: datetime, kind: str = "", **fields: object
) -> tuple[Invocation | None, list[DomainEvent]]:
    """The step that follows, unless the run is over, and what is still to be published.

    `kind`: what a refusal was about, where `result` is a stand-in.
    """
    if result.truncated:
        fields["truncated"] = True
    step.move(
        InvocationState.COMPLETED,
        output_text=result.text,
        output_asset=result.asset,
        usd=result.usd,
        seconds=_between(step.started_at or at, at),
        ended_at=at,
        **fields,
    )
    reading = hooks.show_step(run, step, at) if run.network.has_boards else 0.0
    done = events.InvocationCompleted.from_step(run, step, kind=kind)
    if over := budgets.run_is_over(run, sequence=step.sequence, at=at):
        events.publish(run.network, done)
        run.complete(over.reason, over.sentence, at=at)
        return None, []
    added = perturbations.find_addition(run, step)
    text = perturbations.with_words(result.text, added.words) if added else result.text
    following = next_step.follow(run, step, text=text, asset=result.asset, at=at, reading=reading)
    unpublished = [done, events.InvocationCreated.from_step(run, following)]
    return following, [*unpublished, *([added.record(run, following)] if added else [])]


def _skip(run: Run, step: Invocation, error: PlatformError, *, at: datetime) -> None:
    """Leave this step out: its input goes on to the next slot that takes that modality."""
    step.move(InvocationState.FAILED, ended_at=at, error_code=error.code, error_detail=str(error))
    failed = events.InvocationFailed.from_step(run, step, kind=error.kind)
    if over := budgets.run_is_over(run, sequence=step.sequence, at=at):
        events.publish(run.network, failed)
        run.complete(over.reason, over.sentence, at=at)
        return
    step.refresh_from_db(fields=["input_text", "input_asset"])  # taken down since it was claimed?
    following = next_step.write_after_skipped(run, step, at=at)
    events.publish(run.network, failed, events.InvocationCreated.from_step(run, following))
    wake_worker()


def _failures(step: Invocation) -> int:
    """Tries that failed by themselves; those that died with their worker do not count."""
    failed = step.attempts.filter(outcome__in=(Outcome.FAILED, Outcome.UNCERTAIN))
    return failed.exclude(error_code="").filter(platform=step.model.partition(":")[0]).count()


def _retry(
    run: Run, step: Invocation, error: PlatformError, *, reference: str, due_at: datetime
) -> None:
    fields: dict[str, object] = {"error_code": error.code, "error_detail": str(error)}
    if error.settled:  # the provider is done with that request: the next one is a new one
        fields |= {"charge": step.charge + 1, "reference": ""}
    else:
        fields["reference"] = reference
    _requeue(run, step, due_at=due_at, **fields)


def _requeue(run: Run, step: Invocation, *, due_at: datetime, **fields: object) -> None:
    held = run.state == RunState.PAUSED
    step.move(InvocationState.READY, due_at=None if held else due_at, **fields)
    events.publish(run.network, events.InvocationRetried.from_step(run, step))
    wake_worker()


def _fail_run(
    run: Run,
    step: Invocation,
    reason: Reason,
    code: str,
    detail: str,
    *,
    at: datetime,
    kind: str = "",
) -> None:
    step.move(InvocationState.FAILED, ended_at=at, error_code=code, error_detail=detail)
    events.publish(run.network, events.InvocationFailed.from_step(run, step, kind=kind))
    run.fail(reason, detail, at=at, invocation=step.public_id, error=code, kind=kind)
