"""What a try without an output has cost, as far as anybody can tell: fields of `Attempt.close`.

What is known to be charged is `usd`. What the provider may have charged besides is uncertain, until
it is known or another try goes on with the same request. The rest is free, and set aside no more.
"""

from __future__ import annotations

from typing import Any

from invocations.models import Attempt, Invocation
from invocations.states import Outcome
from platforms.errors import PlatformError
from platforms.registry import UnknownModel, get_platform

Charge = dict[str, Any]
FREE: Charge = {"reserved_usd": None}
UNCERTAIN: Charge = {"may_be_charged": True}
TYPICAL: Charge = {}  # what was set aside stays booked


def charge_of_failure(
    attempt: Attempt, error: PlatformError, *, asked_again: bool = False
) -> Charge:
    """`asked_again`: the next try goes on with the same request by its id, and has its charge."""
    if error.usd is not None and not asked_again:
        return {"usd": error.usd, "reserved_usd": None}
    if error.is_charged and not asked_again:
        return TYPICAL
    begun = attempt.reference and not error.is_free
    return UNCERTAIN if _has_bills(attempt) and (begun or error.outcome_hidden) else FREE


def charge_of_stop(attempt: Attempt, outcome: Outcome) -> Charge:
    """A request that was cancelled at the provider may be charged for as long as it ran."""
    begun = attempt.reference or outcome == Outcome.UNCERTAIN
    return UNCERTAIN if _has_bills(attempt) and begun else FREE


def charge_of_loss(attempt: Attempt) -> Charge:
    return UNCERTAIN if _has_bills(attempt) else FREE


def may_be_charged_again(attempt: Attempt) -> bool:
    """Whether a call that is made anew may be billed beside this one, which is lost from sight."""
    return _has_bills(attempt) and not attempt.reference and not attempt.honours_keys


def hand_on(attempt: Attempt, step: Invocation) -> None:
    """What may have been charged for the request that this new try goes on with is now its own.

    Within the claim's transaction, as one of the last rows it locks.
    """
    earlier = step.attempts.filter(idempotency_key=attempt.idempotency_key, usd_uncertain__gt=0)
    if attempt.reference:
        earlier = earlier.filter(reference=attempt.reference)
    elif not attempt.honours_keys:
        return
    for one in earlier.exclude(pk=attempt.pk):
        one.hand_on_charge()


def settle_earlier(attempt: Attempt, step: Invocation) -> None:
    """A stop had the request of an earlier try cancelled; where this one knows what that has cost,
    it is uncertain no more."""
    if attempt.usd is not None:
        hand_on(attempt, step)


def _has_bills(attempt: Attempt) -> bool:
    try:
        return bool(get_platform(attempt.platform).key_settings)
    except UnknownModel:
        return False
