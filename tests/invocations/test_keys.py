"""Which key the engine asks with, try after try, and what it learns of it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

import pytest
from asgiref.sync import async_to_sync
from pytest_django.fixtures import Settings

from accounts.models import User
from credentials.models import Credential, OperatorKey
from invocations.engine import outcomes, sweep
from invocations.engine.claims import Claim, adopt_stopped_call
from invocations.models import Attempt, RateLimiter, Run
from invocations.refusals import NotRunnable
from invocations.runs import stop_run
from invocations.states import Outcome, Reason
from networks.models import Network
from platforms.base import Call, Modality, Model, Output, Platform
from platforms.errors import NotConfigured, RateLimited, Unavailable
from platforms.registry import registered_temporarily
from realtime.models import Event

from .conftest import Threads
from .manual_worker import last, perform, start, states, take

pytestmark = pytest.mark.django_db
PLAIN = "acme-planted-secret-0042"


class Acme(Platform):
    """Notes with which key it is asked; fails as it is told."""

    slug, label = "acme", "Acme"
    key_settings: ClassVar[Sequence[str]] = ("ACME_API_KEY",)

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fails: list[Exception] = []

    def models(self) -> list[Model]:
        return [Model("acme:words", "Words", Modality.TEXT, Modality.TEXT, usd=0.5)]

    async def invoke(self, call: Call) -> Output:
        key = call.credentials["ACME_API_KEY"]
        self.asked.append(key)
        call.progress(f"asking with {key}")
        if self.fails:
            raise self.fails.pop(0)
        return Output(text="words")


@pytest.fixture
def acme(settings: Settings) -> Iterator[Acme]:
    settings.PLATFORM_KEYS = {}
    platform = Acme()
    with registered_temporarily(platform):
        yield platform


@pytest.fixture
def ring(acme: Acme, network: Network) -> Network:
    Network.objects.filter(pk=network.pk).update(slots=[{"model": "acme:words"}])
    return Network.objects.get(pk=network.pk)


@pytest.fixture
def key(alice: User) -> Credential:
    return Credential.store(owner=alice, platform="acme", name="Studio", plain=PLAIN)


def another(alice: User) -> Credential:
    plain = "acme-another-secret-4711"
    return Credential.store(owner=alice, platform="acme", name="Second", plain=plain)


def again(network: Network) -> Network:
    return Network.objects.get(pk=network.pk)


def test_without_a_key_nothing_starts_and_the_reason_is_known_before(
    ring: Network, at: datetime
) -> None:
    (problem,) = ring.problems()

    with pytest.raises(NotRunnable, match="needs a key"):
        start(ring, at)
    assert problem == "Slot 1: Acme needs a key (ACME_API_KEY): add one under Account, Keys."
    assert not Run.objects.exists()


def test_a_run_asks_with_the_owners_key_and_notes_its_use(
    acme: Acme, ring: Network, key: Credential, at: datetime
) -> None:
    claim = take(start(ring, at), at)

    carry(claim)

    assert acme.asked == [PLAIN]
    assert claim.attempt.credential == key.fingerprint
    assert Credential.objects.get().last_used_at == at


def test_whoever_starts_it_the_owners_key_pays(
    carol: User, acme: Acme, ring: Network, key: Credential, at: datetime
) -> None:
    Credential.store(owner=carol, platform="acme", name="Hers", plain="acme-of-carol-0000000")
    ring.collaborators.add(carol)

    carry(take(start(ring, at), at))

    assert acme.asked == [PLAIN]


def test_gates_are_kept_by_key_and_tell_nothing_of_it(
    ring: Network, key: Credential, at: datetime
) -> None:
    outcomes.fail(take(start(ring, at), at), RateLimited("Slow down.", retry_after=9), at=at)

    (held,) = RateLimiter.objects.filter(held_until__isnull=False)
    assert held.key == f"acme/{key.fingerprint}"


def test_a_refused_key_is_remembered_and_nothing_more_is_started_with_it(
    acme: Acme, ring: Network, key: Credential, at: datetime
) -> None:
    run = start(ring, at)
    acme.fails = [refused(f"Acme answered 401: bad key {PLAIN}. Check ACME_API_KEY.")]

    carry(take(run, at))

    run.refresh_from_db()
    assert (run.state, run.reason) == ("failed", Reason.ERROR)
    sentence = "Acme answered 401: bad key ••••. Check the key “Studio”."
    assert last(run).error_detail == Credential.objects.get().refusal == sentence
    assert again(ring).problems() == [
        "Slot 1: Acme refused the key: replace it, or test it again, under Account, Keys."
    ]


def test_the_run_goes_on_with_another_key_that_works(
    acme: Acme, ring: Network, key: Credential, alice: User, at: datetime
) -> None:
    another(alice)
    run = start(ring, at)
    acme.fails = [refused("Acme answered 401.")]

    carry(take(run, at))
    carry(take(run, at))

    assert acme.asked == ["acme-another-secret-4711", PLAIN]
    assert states(run) == ["completed", "ready"]
    first, second = run.invocations.get(sequence=0).attempts.order_by("number")
    assert first.idempotency_key != second.idempotency_key


def test_a_key_that_is_refused_after_it_began_something_is_not_replaced(
    acme: Acme, ring: Network, key: Credential, alice: User, at: datetime
) -> None:
    another(alice)
    run = start(ring, at)
    claim = take(run, at)
    claim.attempt.remember("job-1")
    acme.fails = [refused("Acme answered 401.")]

    carry(claim)

    run.refresh_from_db()
    assert run.state == "failed"


def test_the_next_try_at_the_same_request_uses_the_same_key(
    acme: Acme, ring: Network, key: Credential, alice: User, at: datetime
) -> None:
    run = start(ring, at)
    acme.fails = [Unavailable("Down.")]
    carry(take(run, at))
    another(alice)

    carry(take(run, due(run)))

    assert acme.asked == [PLAIN, PLAIN]


def test_a_dead_workers_request_is_adopted_with_the_key_that_made_it(
    acme: Acme, ring: Network, key: Credential, alice: User, at: datetime
) -> None:
    run = start(ring, at)
    take(run, at).attempt.remember("job-1")
    another(alice)
    later = at + timedelta(minutes=1)
    sweep.sweep(later)

    adopted = take(run, later)
    carry(adopted)

    assert adopted.attempt.reference == "job-1"
    assert acme.asked == [PLAIN]


@pytest.mark.parametrize("change", ["replaced", "deleted"])
def test_where_that_key_is_gone_the_step_fails_and_says_why(
    acme: Acme, ring: Network, key: Credential, alice: User, at: datetime, change: str
) -> None:
    run = start(ring, at)
    take(run, at).attempt.remember("job-1")
    another(alice)
    key.replace("acme-third-secret-1234567", at=at) if change == "replaced" else key.delete()
    later = at + timedelta(minutes=1)
    sweep.sweep(later)

    carry(take(run, later))

    run.refresh_from_db()
    assert acme.asked == []
    assert run.state == "failed"
    assert last(run).error_detail == (
        "The key this step was begun with has been replaced or taken away since: what Acme made "
        "of it cannot be collected, and may have been charged."
    )


def test_a_stop_of_what_nobody_can_reach_any_more_is_uncertain(
    ring: Network, key: Credential, at: datetime
) -> None:
    run = start(ring, at)
    claim = take(run, at)
    claim.attempt.remember("job-1")
    key.delete()
    stop_run(run=run, reason=Reason.PERSON, at=at)
    taken = adopt_stopped_call(claim.attempt.token, worker="other:1:a", at=at)
    assert taken

    carry(taken, cancelled=True)

    assert Attempt.objects.get().outcome == Outcome.UNCERTAIN


def test_a_key_that_goes_while_a_run_is_under_way_fails_the_next_step_in_words(
    acme: Acme, ring: Network, key: Credential, at: datetime
) -> None:
    run = start(ring, at)
    key.delete()

    carry(take(run, at))

    run.refresh_from_db()
    assert (acme.asked, run.state) == ([], "failed")
    assert last(run).error_detail.startswith("Acme needs a key")


def test_what_the_house_is_refused_is_remembered_for_everybody(
    acme: Acme, ring: Network, alice: User, at: datetime, settings: Settings
) -> None:
    settings.PLATFORM_KEYS = {"ACME_API_KEY": PLAIN}
    User.objects.filter(pk=alice.pk).update(may_use_house_keys=True)
    run = start(again(ring), at)
    acme.fails = [refused(f"Acme answered 401: bad key {PLAIN}. Check ACME_API_KEY.")]

    carry(take(run, at))

    assert (
        OperatorKey.objects.get().refusal == "Acme answered 401: bad key ••••. Check ACME_API_KEY."
    )
    assert "an admin has to replace ACME_API_KEY" in again(ring).problems()[0]


def test_a_secret_that_a_provider_repeats_gets_into_no_log_no_row_and_no_event(
    acme: Acme, ring: Network, key: Credential, at: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    run = start(ring, at)
    acme.fails = [Unavailable(f"Acme cannot read {PLAIN}.")]

    with caplog.at_level(logging.DEBUG):
        carry(take(run, at))

    rows = [*Attempt.objects.values(), *run.invocations.values(), *Event.objects.values()]
    assert "planted" not in str(rows) + caplog.text
    assert last(run).error_detail == "Acme cannot read ••••."


def refused(sentence: str) -> NotConfigured:
    return NotConfigured(sentence, key_refused=True)


def carry(claim: Claim, *, cancelled: bool = False) -> None:
    async_to_sync(perform)(claim, Threads(), cancelled=cancelled)


def due(run: Run) -> datetime:
    found = run.invocations.open().get().due_at
    assert found
    return found


def test_a_ring_runs_without_a_key_where_every_slot_that_needs_one_has_a_fallback(
    acme: Acme, ring: Network, at: datetime
) -> None:
    slots = [{"model": "acme:words", "fallback": "dummy:text-to-text"}]
    Network.objects.filter(pk=ring.pk).update(slots=slots)
    assert again(ring).problems() == []
    run = start(again(ring), at)

    carry(take(run, at))

    run.refresh_from_db()
    step = last(run)
    assert (run.state, step.state, step.model) == ("running", "ready", "dummy:text-to-text")
    assert acme.asked == []


def test_a_fallback_that_is_not_there_either_starts_nothing(ring: Network, at: datetime) -> None:
    slots = [{"model": "acme:words", "fallback": "acme:words"}]
    Network.objects.filter(pk=ring.pk).update(slots=slots)

    with pytest.raises(NotRunnable, match="needs a key"):
        start(again(ring), at)
