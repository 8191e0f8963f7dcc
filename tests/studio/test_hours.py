"""What pages of a network say of its opening hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from invocations.models import Run
from networks.models import Network
from networks.opening_hours import DAYS
from studio.hours import HoursStatus
from tests.people import html_of

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 12, 7, tzinfo=UTC)
PERIOD: dict[str, Any] = {
    "days": ["mon"],
    "opens": "10:00",
    "closes": "18:00",
    "zone": "Europe/Zurich",
}


@pytest.fixture
def hours(network: Network) -> Network:
    network.set_opening_hours([PERIOD])
    return network


@pytest.mark.parametrize(
    ("at", "sentence"),
    [
        (MONDAY.replace(hour=8), "Closed until 10:00."),
        (MONDAY.replace(hour=9), "Open until 18:00."),
        (MONDAY - timedelta(hours=20), "Closed until Monday 10:00."),
        (MONDAY.replace(hour=17), "Closed until 14 December 10:00."),
    ],
)
def test_times_are_those_on_the_clock_of_the_place(
    hours: Network, at: datetime, sentence: str
) -> None:
    assert HoursStatus(hours, None, at).sentence == sentence


def test_a_network_without_hours_says_nothing(network: Network) -> None:
    status = HoursStatus(network, None, MONDAY)

    assert (status.sentence, status.closed, status.pace_sentence) == ("", "", "")


def test_a_run_that_is_held_goes_on_at_the_opening(hours: Network) -> None:
    held, waived = Run(), Run(hours_waived_until=MONDAY.replace(hour=9))

    at = MONDAY.replace(hour=8)
    assert HoursStatus(hours, held, at).sentence == "Closed until 10:00. The run goes on then."
    assert HoursStatus(hours, waived, at).sentence.endswith("This run goes on all the same.")


def test_the_pace_is_told_in_a_sentence(hours: Network) -> None:
    hours.pace_to_closing, hours.budgets = True, {"usd_per_day": 0.8}
    at = MONDAY.replace(hour=9)

    assert HoursStatus(hours, None, at).pace_sentence == (
        "At its pace the money of the day lasts until 18:00."
    )
    hours.slots = [{"model": "replicate:imagen-4-fast"}]  # two cents
    assert HoursStatus(hours, None, at).pace_sentence == (
        "Slowed so that the money of the day lasts until 18:00: a step every 12 minutes."
    )


def test_the_control_room_offers_to_start_in_spite_of_the_hours(
    network: Network, owner: Client
) -> None:
    page = html_of(owner.get(network.get_absolute_url()))
    assert "outside opening hours" not in page
    other = DAYS[(timezone.now() + timedelta(days=3)).weekday()]
    network.set_opening_hours([PERIOD | {"days": [other]}])
    path = reverse("networks:start", args=[network.slug])

    page = html_of(owner.get(network.get_absolute_url()))
    owner.post(path, {"prompt": "a red balloon"})
    assert not Run.objects.exists()
    owner.post(path, {"prompt": "a red balloon", "waive_hours": "on"})

    assert "outside opening hours" in page
    assert Run.objects.get().hours_waived_until is not None
