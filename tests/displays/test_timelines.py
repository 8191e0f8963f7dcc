"""Where the time of a step went, and which displays have drawn it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from displays.models import Display, DisplayReport, Installation
from displays.timelines import Phase, timeline_of_step
from invocations import runs
from invocations.engine import claims, outcomes
from networks.models import Network
from platforms.errors import Unavailable
from realtime.models import Event, Topic

pytestmark = pytest.mark.django_db


def hung(network: Network) -> Display:
    installation = Installation.objects.create(network=network, name="Foyer")
    return Display.objects.create(installation=installation, name="left", position=0, kind="single")


def first_step(network: Network, *errors: Exception) -> Any:
    """Tried once for each error, and then answered."""
    at = timezone.now()
    run = runs.start_run(network=network, prompt="a moth", at=at, waive_lockout=True).run
    for tried, error in enumerate([*errors, None]):
        at += timedelta(minutes=1) if tried else timedelta(milliseconds=20)
        step = run.invocations.get(sequence=0)
        claim = claims.claim_step(step.pk, holder=claims.Holder("host:1"), at=at)
        assert claim is not None
        at += timedelta(seconds=2)
        if error is None:
            outcomes.complete(claim, outcomes.Result(text="a flame"), at=at)
        else:
            outcomes.fail(claim, error, at=at)  # type: ignore[arg-type]
    return run.invocations.get(sequence=0)


def report(display: Display, network: Network, seq: int) -> None:
    cursor = "~".join(["abc:1", f"{Topic.objects.get(name=network.topic).epoch}:{seq}", "def:0"])
    DisplayReport.objects.create(
        display=display, seen_at=timezone.now(), cursor=cursor, lag_ms=41.0
    )


def end_of(step: Any) -> Event:
    return Event.objects.get(type="invocation.completed", data__invocation=step.public_id)


def test_the_phases_come_in_their_order_with_the_time_between(opened: Network) -> None:
    step = first_step(opened)

    found = timeline_of_step(step).moments

    own = [one for one in found if one.phase is not Phase.PUBLISHED]
    assert [one.phase for one in own] == ["created", "due", "claimed", "answered", "stored"]
    claimed, answered = own[2:4]
    assert claimed.about == "host:1"
    assert (answered.about, round(answered.at.timestamp() - claimed.at.timestamp())) == (
        "completed",
        2,
    )
    assert {one.about for one in found if one.phase is Phase.PUBLISHED} == {
        "invocation.created",
        "invocation.started",
        "invocation.completed",
    }
    assert sum(one.seconds for one in found) == pytest.approx(
        (found[-1].at - found[0].at).total_seconds()
    )


def test_each_attempt_is_in_it(opened: Network) -> None:
    step = first_step(opened, Unavailable("the line is dead"))

    found = timeline_of_step(step).moments

    tries = [one.about for one in found if one.phase is Phase.ANSWERED]
    assert tries == ["failed", "completed"]


def test_a_display_has_drawn_it_once_it_has_acknowledged_its_end(opened: Network) -> None:
    display = hung(opened)
    step = first_step(opened)
    report(display, opened, end_of(step).seq)

    (one,) = timeline_of_step(step).displays

    assert (one.installation, one.display, one.shown, one.lag_ms) == ("Foyer", "left", True, 41.0)


@pytest.mark.parametrize(("behind", "shown"), [(1, False), (-1, True)])
def test_of_a_display_that_is_elsewhere_the_time_is_not_known(
    opened: Network, behind: int, shown: bool
) -> None:
    display = hung(opened)
    step = first_step(opened)
    report(display, opened, end_of(step).seq - behind)

    (one,) = timeline_of_step(step).displays

    assert (one.shown, one.lag_ms) == (shown, None)


def test_steps_of_other_networks_are_not_in_it(opened: Network) -> None:
    step = first_step(opened)
    Event.objects.update(data={"invocation": "another"})

    found = timeline_of_step(step)

    assert all(one.phase is not Phase.PUBLISHED for one in found.moments)
    assert found.displays == []


def test_the_page_is_for_those_who_control(opened: Network, owner: Any, other: Any) -> None:
    step = first_step(opened)
    address = f"/invocations/{step.public_id}/timeline/"

    page = owner.get(address)

    assert page.status_code == 200
    assert "host:1" in page.content.decode()
    assert other.get(address).status_code == 403
