"""Who is told that a screen is gone, and that it is back."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from displays import absence
from displays.models import Display, DisplayReport, Installation, Kiosk
from networks.models import Network
from networks.opening_hours import DAYS
from notifications.occasions import Occasion

from .conftest import AddChannel, Recorder
from .test_occasions import message, occasions_of

pytestmark = pytest.mark.django_db


def watch_screens(at: datetime) -> None:
    """As the dispatcher and a worker do."""
    for pk in absence.due_screens(at):
        absence.watch_screen(pk, at)
        absence.watch_screen(pk, at)  # a message may be repeated


@pytest.fixture
def display(network: Network) -> Display:
    installation = Installation.objects.create(network=network, name="Foyer")
    return installation.add("left", "grid", rows=1, columns=1)


@pytest.fixture
def long_running(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(absence, "_began", -1_000_000.0)


def note_heard(display: Display, at: datetime, **fields: object) -> None:
    defaults = {"seen_at": at, **fields}
    DisplayReport.objects.update_or_create(display=display, defaults=defaults)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


@pytest.mark.usefixtures("long_running")
def test_a_screen_that_is_gone_is_told_once_and_once_that_it_is_back(
    display: Display, add_channel: AddChannel, recorder: Recorder, at: datetime
) -> None:
    channel = add_channel()
    Kiosk.objects.create(display=display)
    Installation.objects.update(created_at=at - minutes(600))
    note_heard(display, at)

    watch_screens(at + minutes(4))
    assert occasions_of(channel) == []
    for later in (6, 7, 60):
        watch_screens(at + minutes(later))
    assert message(channel, recorder) == "“left” of “Foyer” has not been heard of for 6 minutes."
    note_heard(display, at + minutes(61))
    watch_screens(at + minutes(62))
    watch_screens(at + minutes(63))

    assert occasions_of(channel) == [Occasion.SCREEN_GONE, Occasion.SCREEN_BACK]
    watch_screens(at + minutes(70))
    assert occasions_of(channel)[2:] == [Occasion.SCREEN_GONE]


@pytest.mark.usefixtures("long_running")
def test_a_page_that_was_looked_at_in_passing_is_not_missed(
    display: Display, add_channel: AddChannel, at: datetime
) -> None:
    channel = add_channel()
    Installation.objects.update(created_at=at - minutes(600))
    note_heard(display, at, uptime_seconds=40)

    watch_screens(at + minutes(10))
    assert occasions_of(channel) == []

    note_heard(display, at, uptime_seconds=4_000)
    watch_screens(at + minutes(10))
    assert occasions_of(channel) == [Occasion.SCREEN_GONE]


@pytest.mark.usefixtures("long_running")
def test_a_screen_that_is_dark_on_purpose_is_not_missed(
    display: Display, add_channel: AddChannel
) -> None:
    at = datetime(2026, 11, 29, 9, 0, tzinfo=UTC)
    channel = add_channel()
    Kiosk.objects.create(display=display)
    note_heard(display, at)

    hours = {"days": list(DAYS), "opens": "09:58", "closes": "18:00", "zone": "UTC"}
    Installation.objects.update(opening_hours=[hours])

    watch_screens(at + minutes(50))
    watch_screens(at + minutes(60))
    assert occasions_of(channel) == []

    watch_screens(at + minutes(64))
    assert occasions_of(channel) == [Occasion.SCREEN_GONE]


@pytest.mark.usefixtures("long_running")
def test_screens_that_are_dark_hide_none_that_is_gone(
    display: Display, network: Network, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(absence, "MAX_AT_ONCE", 1)
    closed = {"days": [], "opens": "09:00", "closes": "18:00", "zone": "UTC"}
    Installation.objects.update(opening_hours=[closed])
    long_ago = at - minutes(600)
    cellar = Installation.objects.create(network=network, name="Cellar", created_at=long_ago)
    gone = cellar.add("right", "single", stride=1, offsets=[0])
    for one in (display, gone):
        note_heard(one, at - minutes(60), uptime_seconds=4_000)

    assert absence.due_screens(at) == [gone.report.pk]


def test_nothing_is_missed_just_after_a_start(
    display: Display,
    add_channel: AddChannel,
    at: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    channel = add_channel()
    Kiosk.objects.create(display=display)
    note_heard(display, at - minutes(600))
    monkeypatch.setattr(absence, "_began", time.monotonic())

    watch_screens(at)

    assert occasions_of(channel) == []
