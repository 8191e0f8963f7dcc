"""Giving up a step that no worker will take (`farm.silence`), so that its fallback takes it, or its run
ends with the reason."""

from __future__ import annotations

from datetime import datetime

from invocations.engine import claims, delivery
from invocations.engine.claims import Holder
from invocations.leases import MAX_LEASE, WorkOffer
from invocations.models import Invocation
from invocations.wakeups import wake_worker
from lib.stored_sentences import stored_sentence
from platforms import farm_models, sentences
from platforms.errors import NotConfigured

from .eligibility import Eligibility
from .failures import NOBODY_IS_LEFT, ask_again
from .silence import is_given_up

NOBODY_CAME = stored_sentence("No worker of the farm that offers %(model)s was there to take it.")
NOBODY = "farm"  # who holds a step for the moment in which it is given up


def give_up(pk: int, *, at: datetime) -> None:
    """Close a try that nobody made, so that what follows is what follows any failure for good."""
    step = Invocation.objects.due(at).filter(pk=pk).select_related("run__network").first()
    if step is None:
        return
    eligibility = Eligibility([step], at)
    if not is_given_up(step, eligibility):  # somebody has come meanwhile
        return
    if eligibility.nobody_is_left(step) and ask_again(step, at):
        wake_worker()
        return
    holder = Holder(NOBODY, WorkOffer(models=frozenset({step.model})), MAX_LEASE, remote=True)
    if taken := claims.claim_step(pk, holder=holder, at=at):
        reason = _reason(step, nobody_is_left=eligibility.nobody_is_left(step))
        delivery.deliver(taken.attempt.token, NotConfigured(reason), at=at)


def _reason(step: Invocation, *, nobody_is_left: bool) -> str:
    name = step.model.partition(":")[2]
    if nobody_is_left:
        return NOBODY_IS_LEFT % {"model": name}
    known = farm_models.known().get(step.model)
    if known is None:
        return sentences.NOT_OFFERED % {"model": name}
    return known.problem or NOBODY_CAME % {"model": name}
