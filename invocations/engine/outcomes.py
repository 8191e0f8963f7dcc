"""What becomes of a try: one transaction that closes it and writes what follows.

Every function raises `Stale` when the attempt is not the current one any more: a result that comes
too late changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from invocations import budgets, events
from invocations.models import Attempt, Invocation, Run
from invocations.runs import wake_worker
from invocations.states import InvocationState, Outcome, Reason, RunState, Stale
from networks.models import RefusalPolicy
from platforms.base import Modality
from platforms.errors import PlatformError, Refused

from . import claims, gates, retries, standins, succession
from .claims import Claim

if TYPE_CHECKING:
    from assets.models import Asset


@dataclass(frozen=True, slots=True)
class Result:
    """What a step gave: a text or a stored asset, and what it cost where that is known."""

    text: str = ""
    asset: Asset | None = None
    usd: float | None = None
    seconds: float | None = None


def complete(claim: Claim, result: Result, *, at: datetime, follower: str = "") -> Claim | None:
    """Close the step with its output and write the next one, due when pacing says.

    Where that is at once, the worker `follower` takes it in the same commit: the claim is returned.
    """
    taken = None
    with transaction.atomic():
        run = Run.lock(claim.run.pk)
        try:
            following, news = _finish_step(run, claim.invocation, result, at=at)
        except Stale:  # stopped meanwhile: what came is on record, and changes nothing
            _close(claim, Outcome.LATE, at, usd=result.usd)
        else:
            follows = bool(follower) and _leads_on(claim, result) and _is_due(following, at)
            if not follows:
                events.publish(run.network, *news)
            gates.note_success(claim.way)
            _close(claim, Outcome.COMPLETED, at, usd=result.usd)
            if following and follows:
                taken = claims.take(run, following, worker=follower, at=at, news=news)
            if following and not taken:
                wake_worker()
        run.charge(result.usd)
        gates.let_next_in(claim.way, at)
    return taken


def _leads_on(claim: Claim, result: Result) -> bool:
    """Not after a step that passed gates or had a price: its end opens the gates to who queues there
    and settles the ledger, and these are the last rows a transaction locks."""
    return not claim.way.keys and not result.usd and not claim.attempt.spent


def _is_due(step: Invocation | None, at: datetime) -> bool:
    return step is not None and step.due_at is not None and step.due_at <= at


def fail(
    claim: Claim,
    error: PlatformError,
    *,
    at: datetime,
    rule: retries.Rule | None = None,
    substitute: Result | None = None,
) -> None:
    """Close the try; then another one, the network's policy for refusals, or the end of the run.

    `rule` overrides the rule of the error's class; `substitute` is what `stand_in` gave.
    """
    with transaction.atomic():
        run = Run.lock(claim.run.pk)
        if error.key_refused and claim.grant.key:
            claim.grant.key.note_refusal(str(error), at=at)
        try:
            _after_failure(run, claim, error, at=at, rule=rule, substitute=substitute)
        except Stale:  # stopped meanwhile: there is nothing to go on with
            claim.invocation.refresh_from_db(fields=["state"])
        gates.note_failure(claim.way, error, at)
        fields = {"error_code": error.code, "error_detail": str(error), "reserved_usd": None}
        _close(claim, Outcome.FAILED, at, **fields)
        gates.let_next_in(claim.way, at)


def _after_failure(
    run: Run,
    claim: Claim,
    error: PlatformError,
    *,
    at: datetime,
    rule: retries.Rule | None,
    substitute: Result | None,
) -> None:
    step = claim.invocation
    if substitute is not None:
        fields = {"error_code": error.code, "error_detail": str(error), "substituted": True}
        following, news = _finish_step(run, step, substitute, at=at, **fields)
        events.publish(run.network, *news)
        if following:
            wake_worker()
    elif _declined(error) and _policy(run) == RefusalPolicy.SKIP:
        _skip(run, step, error, at=at)
    elif (pause := retries.wait(error, _failures(step) + 1, rule=rule)) is not None:
        due_at = at + timedelta(seconds=pause)
        _retry(run, step, error, reference=claim.attempt.reference, due_at=due_at)
    elif error.key_refused and _has_another_key(run, claim):
        again: dict[str, object] = {"error_code": error.code, "error_detail": str(error)}
        _again(run, step, due_at=at, charge=step.charge + 1, reference="", **again)
    elif claim.slot.fallback and not step.fallen_back and not isinstance(error, Refused):
        step.fall_back(claim.slot.fallback)
        _again(run, step, due_at=at, error_code=error.code, error_detail=str(error))
    else:
        reason = Reason.REFUSED if isinstance(error, Refused) else Reason.ERROR
        _give_up(run, step, reason, error.code, str(error), at=at)


def _has_another_key(run: Run, claim: Claim) -> bool:
    """Whether the network has one that works, now that this one is known to be refused, and
    nothing asked with this one may still be charged."""
    tries = claim.invocation.attempts.filter(idempotency_key=claim.attempt.idempotency_key)
    granted = run.network.keyring.grant(claim.attempt.platform)
    works = granted.key is not None and not granted.problem
    return works and not claim.attempt.reference and tries.count() == 1


def cancelled(claim: Claim, outcome: Outcome, *, at: datetime) -> None:
    """Record how far a stop reached; the step itself was closed when the stop was pressed."""
    with transaction.atomic():
        run = Run.lock(claim.run.pk)
        claim.attempt.close(outcome, at=at, seconds=_seconds(claim, at))
        step = Invocation.objects.get(pk=claim.invocation.pk)
        if step.state == InvocationState.INVOKING:  # not stopped by anybody: take it up again
            _again(run, step, due_at=at)


def give_back(attempt: Attempt, outcome: Outcome, *, at: datetime) -> None:
    """A worker left (HANDED_OVER) or died (LOST): take the step up again at once.

    A provider's id that is known is adopted by the next try. A step that took its worker down too
    often, with nothing to adopt, is quarantined: its run fails, the others go on.
    """
    with transaction.atomic():
        run = Run.lock(attempt.invocation.run_id)
        attempt.close(outcome, at=at, reserved_usd=None)  # whoever takes it up sets it aside again
        step = Invocation.objects.get(pk=attempt.invocation_id)
        if step.state != InvocationState.INVOKING:
            return
        blamed = outcome == Outcome.LOST and not attempt.reference
        losses = step.losses + 1 if blamed else step.losses
        if losses >= retries.MAX_LOSSES:
            detail = f"This step took its worker down {losses} times and was put in quarantine."
            _give_up(run, step, Reason.POISON, "poison", detail, at=at)
        else:
            _again(run, step, due_at=at, losses=losses, reference=attempt.reference)


def go_on(run: Run, step: Invocation, *, at: datetime) -> Invocation:
    """Write the step that follows a completed one, within the caller's transaction."""
    text, asset = step.output_text, step.output_asset
    following = succession.follow(run, step, text=text, asset=asset, at=at)
    events.publish(run.network, events.of_invocation(run, following, "invocation.created"))
    wake_worker()
    return following


def _close(claim: Claim, outcome: Outcome, at: datetime, **fields: object) -> None:
    claim.attempt.close(
        outcome, at=at, seconds=_seconds(claim, at), reference=claim.attempt.reference, **fields
    )


def _seconds(claim: Claim, at: datetime) -> float:
    return _between(claim.attempt.started_at, at)


def _between(started_at: datetime, at: datetime) -> float:
    # The clock may have been set back in between.
    return max(0.0, (at - started_at).total_seconds())


def _declined(error: PlatformError) -> bool:
    return isinstance(error, Refused) and error.for_content


def _policy(run: Run) -> str:
    return run.network.refusal_policy


def stand_in(claim: Claim, error: PlatformError) -> Result | None:
    """A harmless output for a refused step where the network wants one; draws and stores it."""
    if not _declined(error) or _policy(claim.run) != RefusalPolicy.SUBSTITUTE:
        return None
    modality = claim.model.output
    if modality is Modality.TEXT:
        return Result(text=standins.TEXT)
    picture_or_sound = standins.asset(modality)
    return Result(asset=picture_or_sound) if picture_or_sound else None


def _finish_step(
    run: Run, step: Invocation, result: Result, *, at: datetime, **fields: object
) -> tuple[Invocation | None, list[events.Entry]]:
    """The step that follows, unless the run is over, and what is still to be published."""
    step.move(
        InvocationState.COMPLETED,
        output_text=result.text,
        output_asset=result.asset,
        usd=result.usd,
        seconds=_between(step.started_at or at, at),
        ended_at=at,
        **fields,
    )
    done = events.of_invocation(run, step, "invocation.completed")
    if over := budgets.run_is_over(run, sequence=step.sequence, at=at):
        events.publish(run.network, done)
        run.complete(over.reason, at=at)
        return None, []
    following = succession.follow(run, step, text=result.text, asset=result.asset, at=at)
    return following, [done, events.of_invocation(run, following, "invocation.created")]


def _skip(run: Run, step: Invocation, error: PlatformError, *, at: datetime) -> None:
    """Leave this step out: its input goes on to the next slot that takes that modality."""
    step.move(InvocationState.FAILED, ended_at=at, error_code=error.code, error_detail=str(error))
    failed = events.of_invocation(run, step, "invocation.failed")
    if over := budgets.run_is_over(run, sequence=step.sequence, at=at):
        events.publish(run.network, failed)
        run.complete(over.reason, at=at)
        return
    following = succession.leave_out(run, step, at=at)
    events.publish(run.network, failed, events.of_invocation(run, following, "invocation.created"))
    wake_worker()


def _failures(step: Invocation) -> int:
    """Tries that failed by themselves; those that died with their worker do not count."""
    failed = step.attempts.filter(outcome=Outcome.FAILED)
    return failed.filter(platform=step.model.partition(":")[0]).count()


def _retry(
    run: Run, step: Invocation, error: PlatformError, *, reference: str, due_at: datetime
) -> None:
    fields: dict[str, object] = {"error_code": error.code, "error_detail": str(error)}
    if error.settled:  # the provider is done with that request: the next one is a new one
        fields |= {"charge": step.charge + 1, "reference": ""}
    else:
        fields["reference"] = reference
    _again(run, step, due_at=due_at, **fields)


def _again(run: Run, step: Invocation, *, due_at: datetime, **fields: object) -> None:
    held = run.state == RunState.PAUSED
    step.move(InvocationState.READY, due_at=None if held else due_at, **fields)
    events.publish(run.network, events.of_invocation(run, step, "invocation.retried"))
    wake_worker()


def _give_up(
    run: Run, step: Invocation, reason: Reason, code: str, detail: str, *, at: datetime
) -> None:
    step.move(InvocationState.FAILED, ended_at=at, error_code=code, error_detail=detail)
    events.publish(run.network, events.of_invocation(run, step, "invocation.failed"))
    run.fail(reason, detail, at=at)
