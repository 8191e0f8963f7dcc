"""One output off every screen: its step, what was made of it and who did it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from accounts.models import AuditEntry, User
from invocations import removal, runs, takedowns
from invocations.engine import outcomes, placeholders
from invocations.engine.claims import Claim
from invocations.models import Run, Takedown
from invocations.models.takedown import Replacement
from invocations.states import IllegalMove
from networks.models import Network, RefusalPolicy
from platforms.base import Modality
from platforms.errors import Refused
from realtime.models import Event
from tests.people import Work

PLACEHOLDER, PREVIOUS = Replacement.PLACEHOLDER, Replacement.PREVIOUS


def test_a_placeholder_takes_its_place_and_what_it_was_is_on_record(
    run: Run, work: Work, carol: User
) -> None:
    step = work(run, "something rude")

    made = takedowns.take_down(step=step, replacement=PLACEHOLDER, by=carol, at=timezone.now())

    step.refresh_from_db()
    assert (step.output_text, step.substituted) == (placeholders.TEXT, True)
    assert (made.output_text, made.taken_down_by) == ("something rude", carol)
    entry = AuditEntry.objects.get(action="output.taken_down")
    assert entry.who == carol.email
    assert entry.about == f"step 1 of run {run.public_id} on {run.network}: placeholder"


def test_what_goes_on_from_it_goes_on_with_the_replacement(run: Run, work: Work) -> None:
    step = work(run, "something rude")
    branch = runs.branch_run(source=step, at=timezone.now())

    takedowns.take_down(step=step, replacement=PLACEHOLDER, by=None, at=timezone.now())

    following = run.invocations.get(sequence=1)
    assert following.input_text == placeholders.TEXT
    assert branch.invocations.get(sequence=0).input_text == placeholders.TEXT


def test_the_output_before_it_can_take_its_place(run: Run, work: Work) -> None:
    work(run, "a red kite")
    step = work(run, "something rude")

    made = takedowns.take_down(step=step, replacement=PREVIOUS, by=None, at=timezone.now())

    step.refresh_from_db()
    assert (step.output_text, made.replacement) == ("a red kite", "previous")


def test_what_was_taken_down_takes_no_place_of_another(run: Run, work: Work) -> None:
    first, second = work(run, "something rude"), work(run, "something worse")
    takedowns.take_down(step=first, replacement=PLACEHOLDER, by=None, at=timezone.now())

    made = takedowns.take_down(step=second, replacement=PREVIOUS, by=None, at=timezone.now())

    second.refresh_from_db()
    assert (second.output_text, made.replacement) == (placeholders.TEXT, "placeholder")


def test_taken_down_twice_is_taken_down_once(run: Run, work: Work) -> None:
    step = work(run, "something rude")
    again = [
        takedowns.take_down(step=step, replacement=PLACEHOLDER, by=None, at=timezone.now())
        for _ in range(2)
    ]

    assert again[0] == again[1]
    assert Takedown.objects.get().output_text == "something rude"
    assert Event.objects.filter(type="invocation.taken_down").count() == 1


def test_a_step_without_an_output_has_nothing_to_take_down(run: Run) -> None:
    step = run.invocations.get(sequence=0)

    with pytest.raises(IllegalMove):
        takedowns.take_down(step=step, replacement=PLACEHOLDER, by=None, at=timezone.now())


def test_a_picture_is_kept_with_its_takedown_and_goes_with_its_run(run: Run, work: Work) -> None:
    picture = placeholders.asset(Modality.IMAGE)
    assert picture is not None
    step = work(run, "", asset=picture)
    takedowns.take_down(step=step, replacement=PLACEHOLDER, by=None, at=timezone.now())

    removal.delete_run(run=run, at=timezone.now())

    assert not Takedown.objects.exists()
    picture.refresh_from_db()
    assert picture.abandoned_at is not None


def test_a_network_with_takedowns_can_be_deleted(network: Network, run: Run, work: Work) -> None:
    step = work(run, "something rude")
    takedowns.take_down(step=step, replacement=PLACEHOLDER, by=None, at=timezone.now())

    removal.delete_network(network=network, at=timezone.now())

    assert not Takedown.objects.exists()


def test_the_same_output_once_more_takes_no_place(run: Run, work: Work) -> None:
    work(run, "a red kite")
    work(run, "something rude")
    step = work(run, "something rude")

    takedowns.take_down(step=step, replacement=PREVIOUS, by=None, at=timezone.now())

    step.refresh_from_db()
    assert step.output_text == "a red kite"


def test_what_stands_in_for_another_output_goes_there_too(run: Run, work: Work) -> None:
    work(run, "a red kite")
    rude, worse = work(run, "something rude"), work(run, "something worse")
    second = takedowns.take_down(step=worse, replacement=PREVIOUS, by=None, at=timezone.now())

    takedowns.take_down(step=rude, replacement=PLACEHOLDER, by=None, at=timezone.now())

    worse.refresh_from_db()
    second.refresh_from_db()
    assert (worse.output_text, second.replacement) == (placeholders.TEXT, "placeholder")
    assert second.output_text == "something worse"
    assert run.invocations.get(sequence=3).input_text == placeholders.TEXT
    events = Event.objects.filter(type="invocation.taken_down").order_by("seq")
    assert [event.data["invocation"] for event in events][1:] == [rude.public_id, worse.public_id]


def test_a_step_that_is_left_out_hands_on_what_replaced_its_input(
    run: Run, work: Work, take: Callable[[Run], Claim]
) -> None:
    Network.objects.filter(pk=run.network_id).update(refusal_policy=RefusalPolicy.SKIP)
    step = work(run, "something rude")
    under_way = take(run)
    takedowns.take_down(step=step, replacement=PLACEHOLDER, by=None, at=timezone.now())

    outcomes.fail(under_way, Refused("No.", kind="sensitive"), at=timezone.now())

    assert run.invocations.get(sequence=2).input_text == placeholders.TEXT
