"""Who may do which work: the offers of local and of remote holders."""

from __future__ import annotations

from datetime import datetime

import pytest

from accounts.models import User
from invocations.engine import claims, outcomes
from invocations.engine.claims import Holder
from invocations.engine.outcomes import Result
from invocations.leases import EVERYTHING, MAX_LEASE, WorkOffer
from invocations.models import Invocation
from networks.models import Network

from .conftest import ring
from .manual_worker import start, states
from .remote_steps import (
    DUMMY,
    FARM,
    Away,
    ask_from_away,
    run_of,
)

pytestmark = pytest.mark.django_db


# Who may do which work


def test_local_workers_pass_over_what_is_for_remote_holders(
    alice: User, at: datetime, away: Away
) -> None:
    far, near = run_of(alice, at, "away:words"), start(_another(alice), at)
    local = Holder("here:1:x", claims.local_offer())

    due = Invocation.objects.due(at)

    assert list(due.offered(local.offer)) == list(near.invocations.all())
    assert list(due.offered(FARM.offer)) == list(far.invocations.all())
    assert claims.claim_step(far.invocations.get().pk, holder=local, at=at) is None
    assert claims.claim_step(near.invocations.get().pk, holder=FARM, at=at) is None


def test_a_holder_may_offer_single_models(alice: User, at: datetime, away: Away) -> None:
    run_of(alice, at, "away:words")
    pictures = Holder("farm:gpu", WorkOffer(models=frozenset({"away:picture"})), MAX_LEASE)
    words = Holder("farm:cpu", WorkOffer(models=frozenset({"away:words"})), MAX_LEASE)

    assert claims.claim_next_step(holder=pictures, at=at) is None
    assert claims.claim_next_step(holder=words, at=at) is not None


def test_a_local_worker_does_not_go_on_with_a_step_for_a_remote_holder(
    alice: User, at: datetime, away: Away
) -> None:
    pacing = [{"until_seconds": None, "delay_seconds": 0}]
    run = run_of(alice, at, DUMMY, "away:words", pacing=pacing)
    local = Holder("here:1:x", claims.local_offer())
    first = claims.claim_next_step(holder=local, at=at)
    assert first is not None

    following = outcomes.complete(first, Result(text="so far"), at=at, next_holder=local)

    assert following is None
    assert states(run) == ["completed", "ready"]
    assert ask_from_away(at).invocation.sequence == 1


@pytest.mark.parametrize(
    ("offer", "included"),
    [
        (EVERYTHING, ["away:words", DUMMY]),
        (WorkOffer(), []),
        (WorkOffer(models=frozenset({DUMMY})), [DUMMY]),
        (WorkOffer(platforms=frozenset({"away"})), ["away:words"]),
        (WorkOffer(platforms=frozenset({"away"}), inverted=True), [DUMMY]),
        (WorkOffer(models=frozenset({"away:words"}), inverted=True), [DUMMY]),
    ],
)
def test_an_offer_says_the_same_to_python_and_to_the_database(
    alice: User, at: datetime, away: Away, offer: WorkOffer, included: list[str]
) -> None:
    run_of(alice, at, "away:words")
    start(_another(alice), at)

    rows = Invocation.objects.due(at).offered(offer).values_list("model", flat=True)

    assert sorted(rows) == sorted(included)
    assert [model for model in ("away:words", DUMMY) if offer.includes(model)] == included


def _another(alice: User) -> Network:
    return Network.create(alice, name="Near", slots=ring(DUMMY))
