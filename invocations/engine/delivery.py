"""Attempts that are ended from outside: delivered, released, or expired.

A remote holder takes a step with `claims.claim_next_step`, renews it with `leases.renew`, and ends it
here. So does whoever delivers what an adapter has only asked for (`Pending`). Every function raises
`Stale` where the token is not that of a live attempt, and then nothing has changed.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from invocations.hooks import hooks
from invocations.leases import NO_HOLDER
from invocations.models import Attempt
from invocations.states import Outcome, Stale
from platforms.base import Modality
from platforms.errors import Cancelled, PlatformError, TimedOut, Unusable

from . import claims, outcomes, sentences
from .outcomes import Result

if TYPE_CHECKING:
    from .claims import Claim, Holder

logger = logging.getLogger(__name__)


def deliver(token: str, answer: Result | PlatformError, *, at: datetime) -> None:
    """Close the attempt with what its holder has, as if it had been asked here.

    An error is treated by the same rules: retried, another key, the fallback, the policy for
    refusals, the end of the run. `Cancelled` says how far a stop has reached.
    """
    deliver_claim(claims.claim_of_attempt(_live(token)), answer, at=at)


def deliver_claim(
    claim: Claim,
    answer: Result | PlatformError,
    *,
    at: datetime,
    next_holder: Holder | None = None,
) -> Claim | None:
    """As `deliver`, for who has read the live attempt with its step, run, network and owner. What has
    changed since then is noticed: Stale. The step that follows at once is `next_holder`'s, whose claim is
    returned."""
    if isinstance(answer, Cancelled):
        outcomes.cancelled(claim, Outcome(answer.outcome), at=at)
    elif isinstance(answer, PlatformError):
        _fail(claim, answer, at)
    else:
        try:
            result = _checked(claim, answer)
        except Unusable as error:
            _fail(claim, error.charged(answer.usd), at)
        else:
            return outcomes.complete(claim, result, at=at, next_holder=next_holder)
    return None


def release(token: str, *, at: datetime) -> None:
    """Its holder leaves without an outcome: the step is requeued at once."""
    outcomes.requeue(_live(token), Outcome.HANDED_OVER, at=at)


def expire(attempt: Attempt, *, at: datetime, blamed: bool = False) -> None:
    """Its holder is gone, or has let its lease run out: requeue it, or let it fail at its deadline."""
    if attempt.deadline_at is None or attempt.deadline_at > at:
        outcomes.requeue(attempt, Outcome.LOST, at=at, blamed=blamed)
        holder = attempt.worker or "its deliverer"
        logger.warning("step %s was requeued: %s is gone", attempt.invocation, holder)
        return
    seconds = (attempt.deadline_at - attempt.started_at).total_seconds()
    is_held = attempt.worker != NO_HOLDER
    who = "No answer came" if is_held else "Nothing was delivered"
    late = TimedOut(f"{who} within {seconds:g} seconds.")
    with transaction.atomic():
        live = _live(attempt.token)
        error = hooks.judge_timeout(live, late, at) if is_held else late
        _fail(claims.claim_of_attempt(live), error, at)


def _live(token: str) -> Attempt:
    rows = Attempt.objects.live().of_tokens([token])
    found = rows.select_related("invocation__run__network__owner").first()
    if found is None:
        raise Stale(f"attempt {token} is not live any more")
    return found


def _fail(claim: Claim, error: PlatformError, at: datetime) -> None:
    outcomes.fail(claim, error, at=at, substitute=outcomes.placeholder_for(claim, error))


def _checked(claim: Claim, result: Result) -> Result:
    """Raises PlatformError where it is not what the model gives."""
    wanted = claim.model.output
    if wanted is Modality.TEXT:
        return Result(outcomes.usable_text(result.text), None, result.usd, result.seconds)
    if result.asset is None or result.asset.kind != wanted:
        raise Unusable(sentences.GAVE_NOTHING % {"modality": wanted})
    return result
