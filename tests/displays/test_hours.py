"""Opening hours of installations: dark screens, the network that follows, and the lines on the page."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, cast

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from displays import installations
from displays.background import DisplayBackgroundTask
from displays.events import InstallationClosed, InstallationOpened
from displays.fleet import fleet_of
from displays.miniatures import InstallationFeed
from displays.models import DisplayReport, Installation
from displays.wall_states import Mode, as_hours_allow, wall_state_of_network
from invocations.models import Run
from lib.database_thread import close_connection
from lib.validation import Invalid
from networks.models import Network
from networks.opening_hours import DAYS
from realtime.events import Progress
from realtime.hub import Hub
from studio.events import HoursChanged
from studio.feeds import NetworkFeed, NetworkView
from tests.people import Work, html_of

from .conftest import AddDisplay
from .test_feeds import feed_of, happened

pytestmark = pytest.mark.django_db

PERIOD: dict[str, Any] = {
    "days": ["mon", "tue"],
    "opens": "10:00",
    "closes": "18:00",
    "zone": "Europe/Zurich",
}
WORDS = "a red kite"


def closed_now() -> list[dict[str, Any]]:
    """Hours of a minute a week, on another day than today."""
    other = DAYS[(timezone.now() + timedelta(days=3)).weekday()]
    return [{"days": [other], "opens": "10:00", "closes": "10:01", "zone": "UTC"}]


def open_now() -> list[dict[str, Any]]:
    return [{"days": list(DAYS), "opens": "00:00", "closes": "00:00", "zone": "UTC"}]


def have(installation: Installation, hours: list[dict[str, Any]]) -> None:
    installations.change(installation, opening_hours=hours)
    installation.refresh_from_db()
    installation.network.refresh_from_db()


# What is stored


def test_hours_are_stored_in_one_form(installation: Installation) -> None:
    given = {"days": ["Friday", 1, "TUE"], "opens": "9:30", "closes": "24:00", "zone": "UTC"}

    have(installation, [given])

    assert installation.opening_hours == [
        {"days": ["mon", "tue", "fri"], "opens": "09:30", "closes": "00:00", "zone": "UTC"}
    ]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"days": []}, "Line 1: choose at least one day."),
        ({"days": ["someday"]}, "Line 1: a day is one of mon, tue,"),
        ({"opens": "24:00"}, "Line 1: it opens at a time such as 10:00."),
        ({"closes": "six"}, "Line 1: it closes at a time such as 18:00."),
        ({"closes": "18:61"}, "Line 1: it closes at a time such as 18:00."),
        ({"zone": "Mars/Olympus"}, "Line 1: “Mars/Olympus” is no time zone"),
        ({"zone": "../etc/passwd"}, "Line 1: “../etc/passwd” is no time zone"),
    ],
)
def test_what_makes_no_hours_is_said_in_words(
    installation: Installation, wrong: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Invalid) as refused:
        installations.change(installation, opening_hours=[PERIOD | wrong])

    assert refused.value.errors["opening_hours"].startswith(sentence)
    installation.refresh_from_db()
    assert installation.opening_hours == []


def test_closed_dates_are_dates(installation: Installation) -> None:
    installations.change(installation, closed_on=["2026-12-26", "2026-12-25", "2026-12-25"])

    installation.refresh_from_db()
    assert installation.closed_on == ["2026-12-25", "2026-12-26"]
    with pytest.raises(Invalid, match="“Christmas” is no date"):
        installations.change(installation, closed_on=["Christmas"])


# The network is closed while all its installations are


def test_a_network_is_closed_while_all_its_installations_are(
    network: Network, installation: Installation
) -> None:
    have(installation, [PERIOD])
    assert [one["days"] for one in network_hours(network)] == [["mon", "tue"]]

    second = installations.create(network=network, name="Hall", opening_hours=[PERIOD | {"days": ["sun"]}])  # fmt: skip
    assert [one["days"] for one in network_hours(network)] == [["mon", "tue"], ["sun"]]

    installations.change(second, opening_hours=[])
    assert stored_hours(network) is None  # one that is always open keeps it open

    installations.delete(second)
    assert [one["days"] for one in network_hours(network)] == [["mon", "tue"]]

    installations.delete(installation)
    assert stored_hours(network) is None


def test_on_another_network_both_networks_follow(
    network: Network, installation: Installation
) -> None:
    have(installation, [PERIOD])
    other = Network.create(network.owner, name="Shouts")

    installations.change(installation, network=other)

    assert stored_hours(network) is None
    assert [one["opens"] for one in network_hours(other)] == ["10:00"]


def test_a_copy_has_the_same_hours(network: Network, installation: Installation) -> None:
    installations.change(installation, opening_hours=[PERIOD], closed_on=["2026-12-25"])
    installation.refresh_from_db()

    copy = installations.duplicate(installation)

    copy.refresh_from_db()
    assert (copy.opening_hours, copy.closed_on) == ([PERIOD], ["2026-12-25"])
    assert network_hours(network)[1]["closed_on"] == ["2026-12-25"]


def test_a_run_that_waits_for_the_opening_goes_on_when_the_hours_are_taken_away(
    installation: Installation, run: Run
) -> None:
    have(installation, closed_now())
    opening = installation.hours.opens_at(timezone.now())
    run.invocations.update(due_at=opening)

    have(installation, [])

    due_at = run.invocations.get().due_at
    assert due_at is not None
    assert due_at <= timezone.now()


def stored_hours(network: Network) -> list[dict[str, Any]] | None:
    return Network.objects.get(pk=network.pk).opening_hours


def network_hours(network: Network) -> list[dict[str, Any]]:
    found = stored_hours(network)
    assert found is not None
    return found


# What its screens show


def test_a_closed_screen_shows_nothing_and_says_until_when_to_who_listens(
    installation: Installation, run: Run, work: Work, add_display: AddDisplay
) -> None:
    work(run, WORDS)
    feed = feed_of(add_display("all", "single", stride=1, offsets=[0]))
    assert WORDS in feed.snapshot()["screen"]

    have(installation, closed_now())
    html = feed.snapshot()

    assert "data-dark" in html["screen"]
    assert WORDS not in "".join(html.values())
    assert "Closed until" in html["wall-notice"]
    assert "hidden" in html["wall-caption"]
    assert "hidden" in html["wall-attract"]


def test_the_page_of_a_closed_display_is_dark_from_its_first_byte(
    client: Client, installation: Installation, run: Run, work: Work, add_display: AddDisplay
) -> None:
    work(run, WORDS)
    display = add_display("all", "single", stride=1, offsets=[0])
    have(installation, closed_now())

    answer = client.get(display.get_absolute_url())

    assert answer.status_code == 200
    assert "data-dark" in html_of(answer)
    assert WORDS not in html_of(answer)


def test_steps_do_not_light_a_dark_screen(
    installation: Installation, run: Run, work: Work, add_display: AddDisplay, network: Network
) -> None:
    feed = feed_of(add_display("all", "single", stride=1, offsets=[0]))
    have(installation, closed_now())
    feed.render(happened(installation.topic, "installation.changed"))
    Network.objects.update(
        opening_hours=None
    )  # a run that somebody has begun in spite of the hours
    work(run, WORDS)

    assert feed.render(happened(network.topic, "invocation.completed")) is None


def test_an_archive_is_not_replayed_on_a_dark_screen(
    installation: Installation, add_display: AddDisplay
) -> None:
    have(installation, closed_now())

    wall = as_hours_allow(wall_state_of_network(installation.network), installation.hours)

    assert (wall.mode, wall.moment, wall.run) == (Mode.DARK, None, None)


def test_when_it_opens_or_closes_one_event_says_so_to_all_screens(
    installation: Installation, run: Run, work: Work, add_display: AddDisplay
) -> None:
    work(run, WORDS)
    feed = feed_of(add_display("all", "single", stride=1, offsets=[0]))
    have(installation, [PERIOD])
    night = installation.hours.opening_after(timezone.now())
    assert night
    night -= timedelta(hours=1)

    made = [Installation.note_dark(installation.pk, at=night) for _ in range(2)]

    assert made == [True, False]
    closed = happened(installation.topic, InstallationClosed.type)
    frame = feed.render(closed)
    assert frame is not None
    assert ("data-dark" in frame.html["screen"]) is not installation.hours.is_open(timezone.now())
    assert Installation.note_dark(installation.pk, at=night + timedelta(hours=2))
    assert happened(installation.topic, InstallationOpened.type).seq > closed.seq


@pytest.mark.django_db(transaction=True)
def test_what_was_left_by_a_server_that_was_away_at_closing_time_is_put_right(
    installation: Installation, add_display: AddDisplay
) -> None:
    display = add_display()
    have(installation, closed_now())
    hub = Followed(feed_of(display))

    asyncio.run(follow(hub))

    assert happened(installation.topic, InstallationClosed.type)
    installation.refresh_from_db()
    assert installation.dark


class Followed:
    """As much of a hub as the background task of displays asks."""

    def __init__(self, *feeds: Any) -> None:
        self.feeds = feeds
        self.shown: list[Progress] = []

    def followed_feeds(self) -> list[Any]:
        return list(self.feeds)

    def show_progress(self, progress: Progress) -> None:
        self.shown.append(progress)


async def follow(hub: Followed) -> None:
    task = DisplayBackgroundTask(cast("Hub", hub))
    await task._follow_hours()
    task._thread.submit(close_connection).result()
    task._thread.shutdown()


def test_a_page_of_an_installation_is_dark_with_its_screens(
    installation: Installation, run: Run, work: Work, add_display: AddDisplay, owner: Client
) -> None:
    work(run, WORDS)
    add_display("all", "single", stride=1, offsets=[0])
    have(installation, closed_now())

    page = html_of(owner.get(installation.get_absolute_url()))
    feed = InstallationFeed(installation)

    assert "Closed until" in page
    assert "Closed until" in feed.snapshot()["miniatures"]
    assert WORDS not in feed.snapshot()["miniatures"]


# Fleet


def test_screens_that_are_off_at_night_are_not_gone_but_dark(
    installation: Installation, add_display: AddDisplay, owner: Client
) -> None:
    display = add_display()
    DisplayReport.objects.create(display=display, seen_at=timezone.now() - timedelta(hours=3))
    assert fleet_of(installation).gone == 1

    have(installation, closed_now())
    page = html_of(owner.get(reverse("installations:fleet", args=[installation.public_id])))

    assert fleet_of(installation).gone == 0
    assert "dark until" in page
    assert ">gone<" not in page


# The terminal


def test_a_visitor_is_told_until_when_it_is_closed_and_the_words_are_kept(
    installation: Installation, opened: Network, client: Client
) -> None:
    have(installation, closed_now())
    path = opened.get_terminal_url()

    page = html_of(client.get(path))
    answer = client.post(path, {"prompt": "a lighthouse"})
    pressed = client.post(path, {"prompt": ""})

    assert "Closed until" in page
    assert (answer.status_code, pressed.status_code) == (409, 409)
    assert "It is closed now, and opens again at" in html_of(answer)
    assert "a lighthouse" in html_of(answer)
    assert not Run.objects.exists()


# Pages of the network


def test_pages_of_the_network_follow_its_hours(
    network: Network, installation: Installation
) -> None:
    feed = NetworkFeed(network, NetworkView.ROOM, 6, can_control=False)
    have(installation, closed_now())

    html = feed.render_progress(Progress(network.topic, HoursChanged.type, {}))

    assert "Closed until" in html["network-state"]
    assert feed.network.opening_hours == installation.network.opening_hours
