"""A call lost from sight, at a provider that may bill it beside the next one, is marked uncertain."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from pytest_django.fixtures import Settings

from accounts.models import User
from invocations import budgets, halts, runs
from invocations.engine import claims, outcomes, sweep
from invocations.engine.claims import Claim
from invocations.engine.outcomes import Result
from invocations.models import Attempt, Run, Spending
from invocations.states import Outcome, Reason
from networks.models import Network
from platforms.base import Call, Modality, Model, Output, Platform
from platforms.errors import PlatformError, Refused, TimedOut, Unavailable, Unusable
from platforms.registry import registered_temporarily

from .manual_worker import last, start, take

pytestmark = pytest.mark.django_db


class Dear(Platform):
    slug, label, key_settings = "dear", "Dear", ("DEAR_KEY",)

    def models(self) -> list[Model]:
        return [Model("dear:words", "Words", Modality.TEXT, Modality.TEXT, usd=0.25)]

    async def invoke(self, call: Call) -> Output:
        raise NotImplementedError


class Careful(Dear):
    honours_idempotency_keys = True


@pytest.fixture
def platform(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Platform]:
    settings.PLATFORM_KEYS = {**settings.PLATFORM_KEYS, "DEAR_KEY": "secret"}
    with registered_temporarily(platform := getattr(request, "param", Dear)()):
        yield platform


@pytest.fixture
def run(alice: User, at: datetime, platform: Platform) -> Run:
    alice.is_superuser = alice.is_staff = True
    alice.save()
    return start(Network.create(alice, name="Dear", slots=[{"model": "dear:words"}]), at)


def spent(run: Run, at: datetime) -> tuple[float, float]:
    """By the ledger: charged or set aside, and uncertain."""
    today = Spending.objects.filter(network=run.network).lately(at).day
    return today.usd, today.usd_uncertain


def books(run: Run, at: datetime) -> tuple[float, float]:
    """The same while no call is under way, when run and steps have to say the same."""
    run.refresh_from_db()
    usd, usd_uncertain = spent(run, at)
    assert (run.usd or 0.0, run.usd_uncertain) == (usd, usd_uncertain)
    assert run.usd_uncertain == sum(step.usd_uncertain for step in run.invocations.all())
    return usd, usd_uncertain


def test_a_call_lost_by_a_kill_may_be_paid_twice_and_says_so(run: Run, at: datetime) -> None:
    outcomes.requeue(take(run, at).attempt, Outcome.LOST, at=at)
    outcomes.complete(take(run, at), Result(text="paid once more", usd=0.5), at=at)

    lost, done = Attempt.objects.order_by("number")
    assert (lost.outcome, lost.usd, lost.usd_uncertain) == ("uncertain", None, 0.25)
    assert (done.outcome, done.usd, done.usd_uncertain) == ("completed", 0.5, 0.0)
    assert books(run, at) == (0.5, 0.25)


@pytest.mark.parametrize("platform", [Careful], indirect=True)
def test_a_provider_that_honours_the_key_bills_it_once(run: Run, at: datetime) -> None:
    outcomes.requeue(take(run, at).attempt, Outcome.LOST, at=at)
    outcomes.complete(take(run, at), Result(text="replayed", usd=0.5), at=at)

    assert Attempt.objects.earliest("number").outcome == "lost"
    assert books(run, at) == (0.5, 0.0)


def lose_request(run: Run, at: datetime) -> None:
    """The provider knows of it, and its worker dies."""
    claim = take(run, at)
    claim.attempt.remember("prediction-7")
    outcomes.requeue(claim.attempt, Outcome.LOST, at=at)


def test_a_request_that_is_adopted_is_paid_for_by_who_adopts_it(run: Run, at: datetime) -> None:
    lose_request(run, at)
    between = books(run, at)
    adopting = take(run, at)

    assert Attempt.objects.earliest("number").outcome == "lost"
    assert adopting.attempt.reference == "prediction-7"
    assert (between, spent(run, at)) == ((0.0, 0.25), (0.25, 0.0))


def test_a_request_that_nobody_adopts_is_not_forgotten(run: Run, at: datetime) -> None:
    lose_request(run, at)

    runs.stop_run(run=run, reason=Reason.PERSON, at=at)

    assert books(run, at) == (0.0, 0.25)


def test_a_request_of_a_stopped_run_is_not_forgotten_with_its_worker(
    run: Run, at: datetime
) -> None:
    claim = take(run, at)
    claim.attempt.remember("prediction-7")
    runs.stop_run(run=run, reason=Reason.PERSON, at=at)

    sweep.sweep(at + sweep.CANCEL_FOR * 2)

    assert Attempt.objects.get().outcome == "lost"
    assert books(run, at) == (0.0, 0.25)


def test_what_was_asked_for_is_collected_though_the_money_is_spent(run: Run, at: datetime) -> None:
    run.network.budgets = {"usd_per_day": 0.25, "calls_per_hour": 1}
    run.network.save()
    lose_request(run, at)

    assert take(run, at).attempt.reference == "prediction-7"


@pytest.mark.parametrize(
    ("error", "uncertain"),
    [
        (Unavailable("The model failed.").as_settled(), 0.25),
        (Refused("The model declined.", kind="sensitive").as_settled(), 0.25),
        (TimedOut("It was cancelled at the deadline.").as_settled(), 0.25),
        (TimedOut("It could not begin.").as_free().as_settled(), 0.0),
    ],
)
def test_a_request_that_ends_without_an_output_may_have_been_charged(
    run: Run, at: datetime, error: PlatformError, uncertain: float
) -> None:
    claim = take(run, at)
    claim.attempt.remember("prediction-7")

    outcomes.fail(claim, error, at=at)

    assert Attempt.objects.get().outcome == "failed"
    assert books(run, at) == (0.0, uncertain)


def test_a_request_that_is_given_up_counts_once(run: Run, at: datetime) -> None:
    lose_request(run, at)

    for minutes in range(6):
        now = at + timedelta(minutes=minutes)
        outcomes.fail(take(run, now), Unavailable("No poll was answered."), at=now)

    assert last(run).state == "failed"
    assert books(run, at) == (0.0, 0.25)


@pytest.mark.parametrize(
    ("reference", "outcome", "uncertain"),
    [
        ("", Outcome.CANCELLED, 0.0),  # nothing had been asked
        ("prediction-7", Outcome.CANCELLED, 0.25),  # charged for as long as it ran
        ("", Outcome.UNCERTAIN, 0.25),
    ],
)
def test_a_stopped_call_costs_what_it_may_have_been_charged(
    run: Run, at: datetime, reference: str, outcome: Outcome, uncertain: float
) -> None:
    claim = take(run, at)
    claim.attempt.remember(reference)
    runs.stop_run(run=run, reason=Reason.PERSON, at=at)

    outcomes.cancelled(claim, outcome, at=at)

    assert books(run, at) == (0.0, uncertain)


@pytest.mark.parametrize("error", [TimedOut("Too late."), Unavailable("Broke off.").as_hidden()])
def test_an_answer_that_was_lost_is_uncertain(
    run: Run, at: datetime, error: TimedOut | Unavailable
) -> None:
    outcomes.fail(take(run, at), error, at=at)

    attempt = Attempt.objects.get()
    assert (attempt.outcome, attempt.error_code) == ("uncertain", error.code)
    assert books(run, at) == (0.0, 0.25)


def test_a_refused_connection_is_not(run: Run, at: datetime) -> None:
    outcomes.fail(take(run, at), Unavailable("It cannot be reached."), at=at)

    assert Attempt.objects.get().outcome == "failed"
    assert books(run, at) == (0.0, 0.0)


def test_lost_answers_run_out_of_tries_like_other_failures(run: Run, at: datetime) -> None:
    for _ in range(3):
        now = last(run).due_at or at
        outcomes.fail(take(run, now), TimedOut("Too late."), at=now)

    run.refresh_from_db()
    assert (run.state, run.usd_uncertain) == ("failed", 0.75)


def test_what_is_uncertain_counts_in_the_budget(run: Run, at: datetime) -> None:
    run.network.budgets = {"usd_per_day": 0.4}
    outcomes.requeue(take(run, at).attempt, Outcome.LOST, at=at)

    assert budgets.reached_limit(run.network, at, price=0.25) is not None


def test_a_stop_that_came_too_late_is_in_the_books_too(run: Run, alice: User, at: datetime) -> None:
    claim = take(run, at)
    halts.stop_all(stopped_by=alice, at=at)
    outcomes.cancelled(claim, Outcome.UNCERTAIN, at=at)

    assert books(run, at) == (0.0, 0.25)


def test_a_late_answer_settles_what_was_uncertain(run: Run, at: datetime) -> None:
    claim = take(run, at)
    outcomes.requeue(claim.attempt, Outcome.LOST, at=at)

    claim.attempt.record_late_result("It came after all.", usd=0.125)

    assert books(run, at) == (0.125, 0.0)


def adopt(run: Run, at: datetime) -> tuple[Claim, Claim]:
    """A worker that is thought dead, and the one that goes on with its request."""
    frozen = take(run, at)
    frozen.attempt.remember("prediction-7")
    outcomes.requeue(frozen.attempt, Outcome.LOST, at=at)
    return frozen, take(run, at)


@pytest.mark.parametrize("usd", [0.5, None])
def test_a_late_answer_to_a_request_that_was_adopted_is_charged_once(
    run: Run, at: datetime, usd: float | None
) -> None:
    frozen, adopting = adopt(run, at)
    outcomes.complete(adopting, Result(text="collected", usd=0.5), at=at)

    frozen.attempt.record_late_result("It came after all.", usd=usd)

    lost = Attempt.objects.earliest("number")
    assert (lost.usd, lost.error_detail) == (None, "It came after all.")
    assert books(run, at) == (0.5, 0.0)


def test_nor_is_it_charged_before_it_is_adopted(run: Run, at: datetime) -> None:
    frozen = take(run, at)
    frozen.attempt.remember("prediction-7")
    outcomes.requeue(frozen.attempt, Outcome.LOST, at=at)

    frozen.attempt.record_late_result("It came after all.", usd=0.5)
    outcomes.complete(take(run, at), Result(text="collected", usd=0.5), at=at)

    assert books(run, at) == (0.5, 0.0)


@pytest.mark.parametrize("platform", [Careful], indirect=True)
def test_a_late_answer_under_a_key_that_is_honoured_is_charged_once(run: Run, at: datetime) -> None:
    frozen = take(run, at)
    outcomes.requeue(frozen.attempt, Outcome.LOST, at=at)
    outcomes.complete(take(run, at), Result(text="replayed", usd=0.5), at=at)

    frozen.attempt.record_late_result("It came after all.", usd=0.5)

    assert books(run, at) == (0.5, 0.0)


def test_a_late_answer_to_another_request_is_charged_besides(run: Run, at: datetime) -> None:
    frozen = take(run, at)
    outcomes.requeue(frozen.attempt, Outcome.LOST, at=at)
    outcomes.complete(take(run, at), Result(text="paid once more", usd=0.5), at=at)

    frozen.attempt.record_late_result("It came after all.", usd=0.5)

    assert books(run, at) == (1.0, 0.0)


def test_what_is_collected_is_no_further_call(run: Run, at: datetime) -> None:
    adopt(run, at)

    assert Spending.objects.filter(network=run.network).lately(at).hour.calls == 1


def stop_while_it_waits(run: Run, at: datetime) -> Claim:
    """The step has asked, and waits for its next try; whoever the sweep has cancel the request."""
    lose_request(run, at)
    runs.stop_run(run=run, reason=Reason.PERSON, at=at)
    (token,) = sweep.sweep(at).to_cancel
    taken = claims.adopt_stopped_call(token, worker="other:1:a", at=at)
    assert taken is not None
    assert taken.attempt.reference == "prediction-7"
    return taken


@pytest.mark.parametrize("outcome", [Outcome.CANCELLED, Outcome.UNCERTAIN])
def test_a_stop_cancels_what_a_waiting_step_has_asked_for(
    run: Run, at: datetime, outcome: Outcome
) -> None:
    claim = stop_while_it_waits(run, at)

    outcomes.cancelled(claim, outcome, at=at)

    assert Attempt.objects.latest("number").outcome == outcome
    assert sweep.sweep(at + timedelta(minutes=1)).to_cancel == []
    assert Spending.objects.filter(network=run.network).lately(at).hour.calls == 1
    assert books(run, at) == (0.0, 0.25)


def test_a_stop_of_a_paused_run_does_too(run: Run, at: datetime) -> None:
    take(run, at).attempt.remember("prediction-7")
    runs.pause_run(run=run)
    outcomes.requeue(Attempt.objects.get(), Outcome.LOST, at=at)
    runs.stop_run(run=run, reason=Reason.PERSON, at=at)

    (token,) = sweep.sweep(at).to_cancel

    assert Attempt.objects.get(token=token).reference == "prediction-7"


def test_stop_all_waits_for_it(run: Run, alice: User, at: datetime) -> None:
    lose_request(run, at)

    pressed = halts.stop_all(stopped_by=alice, at=at)

    assert [call.outcome for call in halts.receipt(pressed, at=at).calls] == ["pending"]


def test_a_waiting_step_that_has_asked_for_nothing_leaves_nothing_to_cancel(
    run: Run, at: datetime
) -> None:
    outcomes.requeue(take(run, at).attempt, Outcome.LOST, at=at)
    runs.stop_run(run=run, reason=Reason.PERSON, at=at)

    assert sweep.sweep(at).to_cancel == []
    assert Attempt.objects.count() == last(run).attempts_made == 1


def test_what_was_done_before_it_could_be_cancelled_has_cost_what_is_said(
    run: Run, at: datetime
) -> None:
    claim = stop_while_it_waits(run, at)

    outcomes.complete(claim, Result(text="done already", usd=0.5), at=at)

    assert Attempt.objects.latest("number").outcome == "late"
    assert books(run, at) == (0.5, 0.0)


def test_so_has_what_was_done_and_cannot_be_used(run: Run, at: datetime) -> None:
    claim = stop_while_it_waits(run, at)

    outcomes.fail(claim, Unusable("It is damaged.").charged(0.5), at=at)

    assert books(run, at) == (0.5, 0.0)


def test_what_cannot_be_cancelled_stays_uncertain(run: Run, at: datetime) -> None:
    stop_while_it_waits(run, at)

    later = at + sweep.CANCEL_FOR * 2

    assert (sweep.sweep(later).to_cancel, Attempt.objects.live().count()) == ([], 0)
    assert books(run, at) == (0.0, 0.25)
