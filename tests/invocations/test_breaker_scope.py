"""The circuit breaker rests what is at fault: a model, a credential, or the platform for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from accounts.models import User
from invocations.engine import claims, rate_limits
from invocations.engine.rate_limits import Limiters
from invocations.models import Invocation, RateLimiter
from invocations.models.rate_limiter import FAILURES_KEPT, FAILURES_TO_REST, FIRST_REST
from networks.models import Network
from platforms.base import Limits, Modality, Model, Output, Platform
from platforms.errors import NotConfigured, PlatformError, Refused, TimedOut, Unavailable, Unusable
from platforms.registry import registered_temporarily

from .manual_worker import last, start

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


class Market(Platform):
    slug, label = "market", "The Market"
    limits = Limits(calls_at_once=50)

    def models(self) -> list[Model]:
        text = Modality.TEXT
        return [Model(f"market:{name}", name.title(), text, text) for name in ("pears", "plums")]

    async def invoke(self, call: object) -> Output:
        raise NotImplementedError


@pytest.fixture(autouse=True)
def market() -> Iterator[None]:
    with registered_temporarily(Market()):
        yield


def limiters(model: str, credential: str) -> Limiters:
    return Limiters("market", credential, Limits(), model=f"market:{model}")


def fail(model: str, credential: str, error: PlatformError, at: datetime, times: int = 1) -> None:
    for n in range(times):
        rate_limits.note_failure(limiters(model, credential), error, at + n * SECOND)


@pytest.fixture
def step(alice: User, at: datetime) -> Invocation:
    return last(start(Network.create(alice, name="M", slots=[{"model": "market:pears"}]), at))


def rests(model: str, credential: str, step: Invocation, at: datetime) -> bool:
    return rate_limits.blocked_until(limiters(model, credential), step, at)[1]


@pytest.mark.parametrize(
    "answer",
    [
        Unusable("Words where a picture was expected."),
        Refused("The parameter is unknown.", kind="invalid"),
        Refused("Not that.", kind="sensitive"),
        NotConfigured("The key is not known.", key_refused=True),
    ],
)
def test_answers_that_came_are_no_outage(
    answer: PlatformError, step: Invocation, at: datetime
) -> None:
    fail("pears", "k1", answer, at, times=300)
    fail("plums", "k2", answer, at, times=300)

    assert not rests("pears", "k1", step, at)
    assert not rests("plums", "k2", step, at)


def test_one_curators_key_rests_nobody_else(step: Invocation, at: datetime) -> None:
    fail("pears", "bad", Unavailable("Down."), at, times=FAILURES_TO_REST)
    fail("plums", "bad", Unavailable("Down."), at, times=FAILURES_TO_REST)

    later = at + 5 * SECOND
    assert rests("pears", "bad", step, later)
    assert rests("figs", "bad", step, later)  # the key is at fault, whatever is asked with it
    assert not rests("pears", "good", step, later)
    assert not rests("plums", "good", step, later)


def test_one_broken_model_rests_no_other(step: Invocation, at: datetime) -> None:
    for key in ("k1", "k2"):
        fail("pears", key, TimedOut("Too late."), at, times=FAILURES_TO_REST)

    later = at + 5 * SECOND
    assert rests("pears", "k3", step, later)
    assert not rests("plums", "k1", step, later)


def test_what_fails_with_several_models_and_keys_rests_for_everybody(
    step: Invocation, at: datetime
) -> None:
    for n, (model, key) in enumerate([("pears", "k1"), ("plums", "k2")] * 3):
        fail(model, key, Unavailable("Down."), at + n * SECOND)

    assert rests("figs", "k3", step, at + 6 * SECOND)


def test_a_success_between_shows_that_the_platform_is_there(step: Invocation, at: datetime) -> None:
    for n in range(6):
        fail("pears", f"k{n % 2}", Unavailable("Down."), at + n * SECOND)
        rate_limits.note_success(limiters("plums", "k3"), at)

    assert rests("pears", "k0", step, at + 6 * SECOND)
    assert not rests("plums", "k3", step, at + 6 * SECOND)


def test_failures_that_are_long_ago_do_not_count(step: Invocation, at: datetime) -> None:
    now = at
    for _ in range(3 * FAILURES_TO_REST):
        fail("pears", "k1", Unavailable("Down."), now)
        now += FAILURES_KEPT + SECOND

    assert not rests("pears", "k1", step, now)
    assert RateLimiter.objects.get(key="market:pears#k1").failures == 1


def test_after_a_rest_one_call_of_what_rested_is_let_through(
    alice: User, step: Invocation, at: datetime
) -> None:
    fail("pears", "", Unavailable("Down."), at, times=FAILURES_TO_REST)
    later = at + FAILURES_TO_REST * SECOND + FIRST_REST
    other = start(Network.create(alice, name="N", slots=[{"model": "market:pears"}]), at)
    plum = start(Network.create(alice, name="O", slots=[{"model": "market:plums"}]), at)

    def take(pk: int) -> claims.Claim | None:
        return claims.claim_step(pk, holder=claims.Holder("w"), at=later)

    assert take(step.pk) is not None
    assert take(last(other).pk) is None
    assert take(last(plum).pk) is not None
