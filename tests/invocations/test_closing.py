"""Opening hours hold back steps, and nothing is spent while it is closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from invocations import closing, halts, runs
from invocations.engine import outcomes
from invocations.engine.claims import Claim, Holder, claim_step
from invocations.models import Attempt, Invocation, Run, Spending
from invocations.refusals import Closed
from invocations.runs import WhenClosed
from invocations.states import RunState
from networks.models import Network
from networks.opening_hours import OpeningHours

pytestmark = pytest.mark.django_db

PERIOD = {
    "days": ["mon", "tue", "wed", "thu", "fri"],
    "opens": "10:00",
    "closes": "18:00",
    "zone": "UTC",
}
MONDAY = datetime(2026, 12, 7, tzinfo=UTC)
OPENING, CLOSING = MONDAY.replace(hour=10), MONDAY.replace(hour=18)
NEXT = OPENING + timedelta(days=1)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def hours(network: Network) -> Network:
    network.set_opening_hours([PERIOD])
    return network


def start(network: Network, at: datetime, **more: object) -> Run:
    return runs.start_run(network=network, prompt="a red balloon", at=at, **more).run  # type: ignore[arg-type]


def claim(run: Run, at: datetime) -> Claim | None:
    return claim_step(run.invocations.open().get().pk, holder=Holder("test"), at=at)


def waiting(run: Run) -> Invocation:
    return run.invocations.open().get()


def test_a_step_that_is_due_while_it_is_closed_waits_for_the_opening(hours: Network) -> None:
    run = start(hours, OPENING)

    assert claim(run, CLOSING) is None

    run.refresh_from_db()
    assert (waiting(run).due_at, run.state) == (NEXT, RunState.RUNNING)
    assert not Attempt.objects.exists()
    assert not Spending.objects.exists()
    assert claim(run, NEXT) is not None


def test_in_the_middle_of_a_run_the_running_step_ends_and_the_next_one_waits(
    hours: Network,
) -> None:
    run = start(hours, CLOSING - MINUTE)
    taken = claim(run, CLOSING - MINUTE)
    assert taken

    followed = outcomes.complete(
        taken, outcomes.Result("red, a balloon"), at=CLOSING + SECOND, next_holder=Holder("test")
    )

    assert followed is None
    assert waiting(run).due_at == NEXT
    assert run.invocations.get(sequence=0).output_text == "red, a balloon"
    assert Spending.objects.get().calls == 1


def test_pacing_over_the_closing_time_ends_at_the_opening(hours: Network) -> None:
    Network.objects.update(pacing=[{"until_seconds": None, "delay_seconds": 600}])
    run = start(hours, CLOSING - 5 * MINUTE)
    taken = claim(run, CLOSING - 5 * MINUTE)
    assert taken

    outcomes.complete(taken, outcomes.Result("x"), at=CLOSING - 5 * MINUTE)

    assert waiting(run).due_at == NEXT


def test_no_step_begins_that_would_end_after_closing(hours: Network) -> None:
    run = start(hours, OPENING)
    Invocation.objects.create(
        run=run, network=hours, sequence=90, slot=0, model=waiting(run).model, state="completed",
        seconds=120.0, ended_at=OPENING,
    )  # fmt: skip

    too_late = claim(run, CLOSING - MINUTE)

    assert too_late is None
    assert waiting(run).due_at == NEXT


def test_a_step_that_still_fits_before_closing_begins(hours: Network) -> None:
    run = start(hours, OPENING)
    Invocation.objects.create(
        run=run, network=hours, sequence=90, slot=0, model=waiting(run).model, state="completed",
        seconds=30.0, ended_at=OPENING,
    )  # fmt: skip

    assert claim(run, CLOSING - MINUTE) is not None


def test_what_was_asked_for_already_is_collected_after_closing(hours: Network) -> None:
    run = start(hours, OPENING)
    run.invocations.update(reference="prediction-1")

    assert claim(run, CLOSING) is not None


def test_a_prompt_is_refused_while_it_is_closed_and_the_refusal_says_until_when(
    hours: Network,
) -> None:
    with pytest.raises(Closed, match=r"opens again at Tuesday 10:00\.") as refused:
        start(hours, CLOSING)

    assert refused.value.opens_at == NEXT
    assert not Run.objects.exists()


def test_those_who_run_it_may_start_in_spite_of_the_hours_until_the_next_opening(
    hours: Network, work: Callable[..., Invocation]
) -> None:
    run = start(hours, CLOSING + MINUTE, when_closed=WhenClosed.RUN)

    assert claim(run, CLOSING + MINUTE) is not None
    assert run.hours_waived_until == NEXT
    assert not run.ignores_hours(NEXT)


def test_a_start_that_waives_the_hours_while_it_is_open_is_an_ordinary_one(hours: Network) -> None:
    assert start(hours, OPENING, when_closed=WhenClosed.RUN).hours_waived_until is None


def test_a_branch_at_night_is_there_and_begins_at_the_opening(
    hours: Network, work: Callable[..., Invocation]
) -> None:
    source = work(start(hours, OPENING))

    branch = runs.branch_run(source=source, at=CLOSING + MINUTE)

    assert claim(branch, CLOSING + MINUTE) is None
    assert waiting(branch).due_at == NEXT


def test_resuming_after_a_stop_all_at_night_waits_for_the_opening(hours: Network) -> None:
    start(hours, OPENING)
    halts.stop_all(stopped_by=None, at=CLOSING - MINUTE)

    resumed = halts.resume_all(lifted_by=None, at=CLOSING + MINUTE)

    assert claim(resumed.runs[0], CLOSING + MINUTE) is None
    assert waiting(resumed.runs[0]).due_at == NEXT


def test_a_run_that_somebody_paused_stays_paused_at_the_opening(hours: Network) -> None:
    run = start(hours, OPENING)
    assert claim(run, CLOSING) is None
    runs.pause_run(run=run)

    assert waiting(run).due_at is None
    assert claim(run, NEXT) is None


def test_resumed_by_a_person_while_it_is_closed_it_waits_for_the_opening(hours: Network) -> None:
    run = start(hours, OPENING)
    runs.pause_run(run=run)
    runs.resume_run(run=run, at=CLOSING + MINUTE)

    assert claim(run, CLOSING + MINUTE) is None
    assert waiting(run).due_at == NEXT


def test_without_an_opening_to_come_it_looks_again_a_day_later(network: Network) -> None:
    closed = [f"2026-12-{day:02}" for day in range(7, 32)] + [
        (MONDAY + timedelta(days=n)).date().isoformat() for n in range(500)
    ]
    network.set_opening_hours([{**PERIOD, "closed_on": closed}])
    run = start(network, OPENING, when_closed=WhenClosed.WAIT)

    assert claim(run, OPENING) is None
    assert waiting(run).due_at == OPENING + closing.LOOK_AGAIN


def test_other_hours_let_a_held_step_look_again(hours: Network) -> None:
    run = start(hours, OPENING)
    claim(run, CLOSING)
    before = hours.hours
    hours.set_opening_hours(None)

    assert closing.release_held(hours, before, at=CLOSING + MINUTE)

    assert waiting(run).due_at == CLOSING + MINUTE
    assert claim(run, CLOSING + MINUTE) is not None


def test_hours_that_never_open_let_go_of_a_step_when_they_are_taken_away(network: Network) -> None:
    never = OpeningHours.from_json([{**PERIOD, "days": []}])
    network.set_opening_hours([{**PERIOD, "days": []}])
    run = start(network, OPENING, when_closed=WhenClosed.WAIT)
    assert claim(run, OPENING) is None
    network.set_opening_hours(None)

    assert closing.release_held(network, never, at=OPENING + MINUTE)

    assert waiting(run).due_at == OPENING + MINUTE


def test_a_step_that_waits_for_its_pace_does_not_begin_early_with_other_hours(
    hours: Network,
) -> None:
    run = start(hours, OPENING)
    later = OPENING + 10 * MINUTE
    run.invocations.update(due_at=later)

    assert not closing.release_held(hours, OpeningHours.from_json([PERIOD]), at=OPENING)
    assert waiting(run).due_at == later


def test_a_network_without_hours_is_never_held(network: Network) -> None:
    run = start(network, CLOSING)

    assert closing.held_until(network, "dummy:text-to-text", CLOSING) is None
    assert claim(run, CLOSING) is not None
