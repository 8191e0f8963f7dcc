"""Leases: who holds a piece of work, until when, and how its holder learns that it has to stop.

A row that somebody works on has a token, a holder (`worker`) and an end. The token is the fence:
whoever comes with one that is not live any more changes nothing. A holder renews its leases every
few seconds, and the answer says which work it has to stop; a remote holder needs no other channel.
What is not renewed in time is requeued by the sweep (`invocations.engine.sweep`), unless its
deadline has passed: then it has timed out.

`Attempt` is such a row. The steps of a run are claimed in `invocations.engine.claims`, released and
delivered from outside in `invocations.engine.delivery`.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import Case, ExpressionWrapper, F, Q, Value, When
from django.db.models.functions import Coalesce, Least

from .states import Outcome

LOCAL_LEASE = timedelta(seconds=15)  # of a worker of this installation
MAX_LEASE = timedelta(seconds=60)  # of a remote holder
MAX_LOSSES = 3  # work that took its holder down this often is not given to another one
MAX_ADOPTIONS = 30  # the same for work whose request at a provider is only taken up again
GIVEN_AWAY = (Outcome.LOST, Outcome.HANDED_OVER, Outcome.UNCERTAIN)
NO_HOLDER = ""  # `worker` of what is asked for and will be delivered: nobody renews it

_Row = TypeVar("_Row", bound="Lease")


def new_token() -> str:
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class WorkOffer:
    """Which work a holder may be given, by model id: all models of `platforms`, and `models`.

    `inverted`: everything but these.
    """

    platforms: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()
    inverted: bool = False

    def includes(self, model_id: str) -> bool:
        named = model_id in self.models or model_id.partition(":")[0] in self.platforms
        return named != self.inverted

    def as_query(self) -> Q:
        """The same as a filter of steps."""
        if self.inverted and not self.platforms and not self.models:
            return Q()  # everything, without a word to the database
        named = Q(model__in=self.models)
        for slug in sorted(self.platforms):
            named |= Q(model__startswith=f"{slug}:")
        return ~named if self.inverted else named


EVERYTHING = WorkOffer(inverted=True)


@dataclass(frozen=True, slots=True)
class Renewal:
    """The answer to a holder that renews: tokens of the work that it has to stop.

    `cancelled`: cancel it where it is done, then say so. `lost`: somebody else has it by now; drop
    it. `ended`: it was closed; where the holder did not do that itself, drop it.
    """

    cancelled: Collection[str]
    lost: Collection[str]
    ended: Collection[str]

    def goes_on(self, token: str) -> bool:
        return not any(token in tokens for tokens in (self.cancelled, self.lost, self.ended))


class LeaseQuerySet(models.QuerySet[_Row]):
    def live(self) -> Self:
        return self.filter(outcome="")

    def expired(self, at: datetime) -> Self:
        """Live, but their holder has not renewed the lease."""
        return self.live().filter(lease_until__lt=at)

    def held_by(self, worker: str) -> Self:
        return self.live().filter(worker=worker)

    def of_tokens(self, tokens: Collection[str]) -> Self:
        return self.filter(token__in=tokens)

    def asked_to_stop(self) -> Self:
        return self.live().filter(cancel_requested_at__isnull=False)

    def extend(self, at: datetime) -> int:
        """Push the leases on by their own length, never beyond the deadline; how many."""
        until = _later(at)
        capped = Least(until, Coalesce(F("deadline_at"), until))
        return self.live().update(lease_until=capped)


class Lease(models.Model):
    """A row that somebody works on; live until it has an outcome."""

    token = models.CharField(max_length=32, unique=True, default=new_token, editable=False)
    worker = models.CharField(max_length=120)  # who holds it; `NO_HOLDER`: it will be delivered
    lease_until = models.DateTimeField()
    lease_length = models.DurationField(default=LOCAL_LEASE)
    deadline_at = models.DateTimeField(null=True)  # NULL: its holder keeps the deadline itself
    cancel_requested_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True)

    class Meta:
        abstract = True


def renew(
    rows: LeaseQuerySet[_Row], tokens: Collection[str], *, holder: str, at: datetime
) -> Renewal:
    """Extend those of these leases that are still the holder's, and say what it has to stop."""
    rows.held_by(holder).of_tokens(tokens).extend(at)
    return look_for_stops(rows, tokens, holder=holder)


def look_for_stops(rows: LeaseQuerySet[_Row], tokens: Collection[str], *, holder: str) -> Renewal:
    """What the holder of these tokens has to stop, without a renewal.

    `cancelled` has work of this holder that is not among the tokens, too: it may have been given
    it in a commit whose answer has not come back to it yet. What was deleted meanwhile is to be
    cancelled.
    """
    asked = list(rows.held_by(holder).asked_to_stop().values_list("token", flat=True))
    known = {
        token: (worker, outcome)
        for token, worker, outcome in rows.of_tokens(tokens).values_list(
            "token", "worker", "outcome"
        )
    }
    lost, ended = [], []
    for token, (worker, outcome) in known.items():
        if outcome in GIVEN_AWAY or (not outcome and worker != holder):
            lost.append(token)
        elif outcome:
            ended.append(token)
    return Renewal([*asked, *(token for token in tokens if token not in known)], lost, ended)


def await_delivery(
    rows: LeaseQuerySet[_Row], token: str, *, deadline_at: datetime, at: datetime
) -> bool:
    """Leave this work to whoever will deliver it until then; False where it is live no more.

    A stop that has come meanwhile makes its lease end now, so that the next sweep has it cancelled.
    """
    until = Case(When(cancel_requested_at__isnull=True, then=Value(deadline_at)), default=Value(at))
    live = rows.live().of_tokens([token])
    return bool(
        live.update(
            worker=NO_HOLDER,
            lease_length=max(timedelta(0), deadline_at - at),
            lease_until=ExpressionWrapper(until, models.DateTimeField()),
            deadline_at=deadline_at,
        )
    )


def request_stop(rows: LeaseQuerySet[_Row], *, at: datetime) -> None:
    """Ask the holders of these rows to stop; what nobody holds is for the next sweep."""
    ends = Case(When(worker=NO_HOLDER, then=Value(at)), default=F("lease_until"))
    rows.live().update(cancel_requested_at=at, lease_until=ends)


def hold_until(rows: LeaseQuerySet[_Row], until: datetime) -> None:
    """Neither the leases nor the deadlines of these rows end before that."""
    rows.live().filter(lease_until__lt=until).update(lease_until=until)
    rows.live().filter(deadline_at__lt=until).update(deadline_at=until)


def bring_forward(rows: LeaseQuerySet[_Row], by: timedelta, *, at: datetime) -> None:
    """The clock was set back by this much: leases and deadlines end that much earlier."""
    rows.live().filter(lease_until__gt=_later(at)).update(lease_until=F("lease_until") - by)
    rows.live().filter(deadline_at__gt=at).update(deadline_at=F("deadline_at") - by)


def put_off(rows: LeaseQuerySet[_Row], by: timedelta, *, at: datetime) -> None:
    """The clock was set forward: what nobody could have renewed in the time left out ends later."""
    rows.live().filter(deadline_at__lt=at).update(deadline_at=F("deadline_at") + by)
    rows.live().filter(lease_until__lt=at).update(lease_until=F("lease_until") + by)


def _later(at: datetime) -> ExpressionWrapper[Any]:
    """One lease from now, each row's own."""
    return ExpressionWrapper(
        Value(at, models.DateTimeField()) + F("lease_length"), models.DateTimeField()
    )
