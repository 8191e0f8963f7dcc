"""Steps of platforms that answer later or are run by remote holders, and what such a holder does."""

from __future__ import annotations

from datetime import datetime, timedelta

from asgiref.sync import async_to_sync

from accounts.models import User
from invocations import leases
from invocations.engine import claims
from invocations.engine.claims import Claim, Holder
from invocations.leases import MAX_LEASE, WorkOffer
from invocations.models import Attempt, Run
from networks.models import Network
from platforms.base import Call, Modality, Model, Output, Pending, Platform
from platforms.errors import Cancelled

from .conftest import Threads, ring
from .manual_worker import perform, start, take

DUMMY = "dummy:text-to-text"
DEADLINE = timedelta(seconds=120)
FARM = Holder("farm:lab-3", WorkOffer(platforms=frozenset({"away"})), MAX_LEASE, remote=True)


class Asks(Platform):
    """Sends its requests away and answers `Pending`, until the answer is there to be collected."""

    slug, label = "asks", "Asks"

    def __init__(self) -> None:
        self.answer: Output | None = None
        self.references: list[str] = []

    def models(self) -> list[Model]:
        text = Modality.TEXT
        return [Model("asks:words", "W", text, text, deadline_seconds=DEADLINE.total_seconds())]

    async def invoke(self, call: Call) -> Output | Pending:
        self.references.append(call.reference)
        if call.cancelled.is_set():
            raise Cancelled
        return self.answer or Pending("request-7")


class Away(Asks):
    """Its models are run by holders that claim their steps."""

    slug, label, remote = "away", "Away", True

    def models(self) -> list[Model]:
        text, picture = Modality.TEXT, Modality.IMAGE
        return [
            Model("away:words", "W", text, text, deadline_seconds=DEADLINE.total_seconds()),
            Model("away:picture", "P", text, picture),
        ]


def run_of(alice: User, at: datetime, *models: str, **fields: object) -> Run:
    return start(Network.create(alice, name="Far", slots=ring(*models), **fields), at)


def ask(run: Run, at: datetime) -> Claim:
    """One try at the run's open step, which leaves it pending."""
    taken = take(run, at)
    Attempt.objects.filter(pk=taken.attempt.pk).update(started_at=at)
    async_to_sync(perform)(taken, Threads())
    return taken


def ask_from_away(at: datetime) -> Claim:
    taken = claims.claim_next_step(holder=FARM, at=at)
    assert taken is not None
    return taken


def renew(claim: Claim, at: datetime, holder: str = FARM.worker) -> leases.Renewal:
    return leases.renew(Attempt.objects.all(), [claim.attempt.token], holder=holder, at=at)


def attempt_of(claim: Claim) -> Attempt:
    return Attempt.objects.get(pk=claim.attempt.pk)
