"""Output that cannot be used is charged, not asked for again, and replaced by the slot's fallback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from accounts.models import User
from invocations.engine import outcomes
from invocations.models import Attempt, Run, Spending
from networks.models import Network
from platforms.base import Call, Modality, Model, Output, Platform
from platforms.errors import NotConfigured, PlatformError, Refused, TimedOut, Unavailable, Unusable
from platforms.registry import registered_temporarily

from .manual_worker import last, start, states, take

pytestmark = pytest.mark.django_db
FRAIL = "frail:words"
FALLBACK = "dummy:text-to-text"


class Frail(Platform):
    slug, label = "frail", "Frail"

    def models(self) -> list[Model]:
        return [Model(FRAIL, "Words", Modality.TEXT, Modality.TEXT, usd=0.25)]

    async def invoke(self, call: Call) -> Output:
        raise NotImplementedError


@pytest.fixture(autouse=True)
def frail() -> Iterator[None]:
    with registered_temporarily(Frail()):
        yield


def run_with_fallback(alice: User, at: datetime, **more: object) -> Run:
    slots = [{"model": FRAIL, "fallback": FALLBACK}]
    return start(Network.create(alice, name="Spare", slots=slots, **more), at)


def ledger(run: Run, at: datetime) -> float:
    return Spending.objects.filter(network=run.network).lately(at).day.usd


def test_what_cannot_be_used_is_charged_once_and_ends_the_step(
    network: Network, at: datetime
) -> None:
    run = start(network, at)

    outcomes.fail(take(run, at), Unusable("It is damaged.").charged(0.5), at=at)

    run.refresh_from_db()
    assert (run.state, states(run), last(run).attempts_made) == ("failed", ["failed"], 1)
    assert (run.usd, ledger(run, at)) == (0.5, 0.5)


def test_where_the_charge_is_not_known_the_typical_price_stays_in_the_budget(
    alice: User, at: datetime
) -> None:
    run = run_with_fallback(alice, at)

    outcomes.fail(take(run, at), Unusable("It is damaged."), at=at)

    assert ledger(run, at) == 0.25
    assert Attempt.objects.get().usd is None


@pytest.mark.parametrize(
    "error",
    [
        Unusable("Words where a picture was expected."),
        Refused("The parameter `max_tokens` is not known.", kind="invalid"),
        NotConfigured("The key may not use this model.", key_refused=True),
    ],
)
def test_the_fallback_is_asked_after_any_failure_of_the_model(
    alice: User, at: datetime, error: PlatformError
) -> None:
    run = run_with_fallback(alice, at)

    outcomes.fail(take(run, at), error, at=at)

    step = last(run)
    assert (step.state, step.model, step.fallen_back) == ("ready", FALLBACK, True)


@pytest.mark.parametrize("error", [Unavailable("Down."), TimedOut("Too late.")])
def test_and_after_an_outage_that_lasts(alice: User, at: datetime, error: PlatformError) -> None:
    run = run_with_fallback(alice, at)

    for minutes in range(8):
        if last(run).fallen_back:
            break
        now = at + timedelta(minutes=minutes)
        outcomes.fail(take(run, now), error, at=now)

    assert last(run).model == FALLBACK


def test_a_refusal_for_content_goes_by_the_policy_and_not_to_the_fallback(
    alice: User, at: datetime
) -> None:
    run = run_with_fallback(alice, at, refusal_policy="stop")

    outcomes.fail(take(run, at), Refused("Not that.", kind="sensitive"), at=at)

    run.refresh_from_db()
    assert (run.state, last(run).model) == ("failed", FRAIL)


def test_a_fallback_that_gives_nothing_usable_ends_the_run(alice: User, at: datetime) -> None:
    run = run_with_fallback(alice, at)

    for _ in range(2):
        outcomes.fail(take(run, at), Unusable("It is damaged.").charged(0.5), at=at)

    run.refresh_from_db()
    assert (run.state, run.usd, last(run).attempts_made) == ("failed", 1.0, 2)
