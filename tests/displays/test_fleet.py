"""How screens are, what they say of themselves, and what they are told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assets import ingest
from displays import reports
from displays.feeds import DisplayFeed
from displays.models import Display, DisplayReport, Installation, ViewerCount
from invocations.models import Run
from networks.models import Network
from realtime import log
from realtime.events import Progress
from tests.assets import samples
from tests.people import Work, html_of

from .conftest import AddDisplay
from .test_feeds import feed_of, happened

STATUS = {
    "version": "0.1.0",
    "resolution": "1920x1080",
    "uptime_seconds": 90,
    "memory_mb": 41.5,
    "muted": False,
    "volume": 0.5,
}


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    reports._known.clear()
    yield
    reports._known.clear()


@pytest.fixture
def display(add_display: AddDisplay) -> Display:
    return add_display("left", "single", stride=1, offsets=[0])


def fleet_page(installation: Installation) -> str:
    return f"/installations/{installation.public_id}/fleet/"


def cursor_at(feed: DisplayFeed) -> str:
    return "~".join(str(log.position(topic)) for topic in feed.topics)


def test_what_a_screen_says_and_acknowledges_is_on_the_page_and_in_the_api(
    owner: Client, network: Network, run: Run, work: Work, display: Display
) -> None:
    feed = feed_of(display)
    work(run)
    feed.render(happened(network.topic, "invocation.completed"))
    cursor = cursor_at(feed)
    reports.note_acknowledgement(feed.key, "a", cursor)
    reports.note_status(feed.key, STATUS)

    reports.save({feed.key}, at=timezone.now())

    path = f"/api/v1/installations/{display.installation.public_id}/displays/left"
    shown = owner.get(path).json()
    assert {name: shown[name] for name in STATUS} == STATUS
    assert shown["acknowledged_cursor"] == cursor
    assert shown["lag_ms"] >= 0
    assert shown["last_seen_at"] is not None
    page = html_of(owner.get(fleet_page(display.installation)))
    assert "1920x1080" in page
    assert "50 %" in page


def test_the_thumbnail_is_of_the_picture_that_was_acknowledged_last(
    owner: Client, network: Network, run: Run, work: Work, display: Display
) -> None:
    feed = feed_of(display)
    first, second = (ingest.store(samples.image("PNG", seed=seed), kind="image") for seed in (1, 2))
    work(run, "", asset=first)
    feed.render(happened(network.topic, "invocation.completed"))
    reports.note_acknowledgement(feed.key, "a", cursor_at(feed))
    work(run, "", asset=second)
    feed.render(happened(network.topic, "invocation.completed"))  # and not acknowledged

    reports.save({feed.key}, at=timezone.now())

    assert DisplayReport.objects.get().thumbnail == first.tile_url


def test_a_picture_whose_step_is_followed_at_once_by_the_next_is_the_thumbnail(
    network: Network, run: Run, work: Work, display: Display
) -> None:
    feed = feed_of(display)
    asset = ingest.store(samples.image("PNG", seed=1), kind="image")
    work(run, "", asset=asset)
    for kind in ("invocation.completed", "invocation.created"):  # acknowledged together
        feed.render(happened(network.topic, kind))
    reports.note_acknowledgement(feed.key, "a", cursor_at(feed))

    reports.save({feed.key}, at=timezone.now())

    assert DisplayReport.objects.get().thumbnail == asset.tile_url


def test_the_thumbnail_of_a_text_is_a_picture_of_it(
    owner: Client, network: Network, run: Run, work: Work, display: Display
) -> None:
    feed = feed_of(display)
    work(run, "a horse & a <house>")
    feed.render(happened(network.topic, "invocation.completed"))
    reports.note_acknowledgement(feed.key, "a", cursor_at(feed))

    reports.save({feed.key}, at=timezone.now())

    path = f"/api/v1/installations/{display.installation.public_id}/displays/left"
    picture = owner.get(owner.get(path).json()["thumbnail"])
    assert picture["Content-Type"] == "image/svg+xml"
    drawn = ElementTree.fromstring(picture.content)  # noqa: S314  our own
    assert "".join(drawn.itertext()).split().count("<house>") == 2  # the title, and the row


@pytest.mark.parametrize(
    "cursor", ["\ud800:1", "a:1~\x00:2", "no cursor", "", f"{'a' * 32}:1~" * 4]
)
def test_what_is_no_cursor_is_not_kept(display: Display, cursor: str) -> None:
    reports.note_acknowledgement(display.feed_key, "a", "a:1~b:2~c:3")
    reports.note_acknowledgement(display.feed_key, "a", cursor)

    reports.save({display.feed_key}, at=timezone.now())

    assert DisplayReport.objects.get().cursor == "a:1~b:2~c:3"


def test_reports_are_written_in_one_order_in_all_processes(add_display: AddDisplay) -> None:
    displays = [add_display(name) for name in "abcdefgh"]

    reports.save({one.feed_key for one in displays}, at=timezone.now())

    written = DisplayReport.objects.order_by("pk").values_list("display_id", flat=True)
    assert list(written) == [one.pk for one in displays]


def test_a_display_that_nobody_ever_saw_has_no_report(owner: Client, display: Display) -> None:
    path = f"/api/v1/installations/{display.installation.public_id}/displays/left"

    shown = owner.get(path).json()

    assert (shown["last_seen_at"], shown["version"], shown["lag_ms"]) == (None, None, None)
    assert "never" in html_of(owner.get(fleet_page(display.installation)))


def test_a_screen_that_is_gone_is_seen_to_be_gone(owner: Client, display: Display) -> None:
    now = timezone.now()
    here = ViewerCount.objects.create(process="a", key=display.feed_key, count=1, seen_at=now)
    reports.save({display.feed_key}, at=now)
    page = fleet_page(display.installation)

    before = html_of(owner.get(page, headers={"HX-Request": "true"}))
    here.delete()
    after = html_of(owner.get(page, headers={"HX-Request": "true"}))

    assert "1 of 1 displays is on a screen now." in before
    assert "0 of 1 displays are on a screen now." in after
    assert "gone" in after
    assert "<html" not in after


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(59, "0 min"), (3_700, "1 h 1 min"), (90_000, "1 d 1 h"), (None, "\u2013")],
)
def test_how_long_a_page_has_been_open(
    owner: Client, display: Display, seconds: int | None, words: str
) -> None:
    now = timezone.now()
    report = DisplayReport(display=display, seen_at=now, uptime_seconds=seconds)
    DisplayReport.write([report])

    assert f'<td class="number">{words}</td>' in html_of(
        owner.get(fleet_page(display.installation))
    )


def test_an_older_report_is_kept_where_nothing_new_was_said(display: Display) -> None:
    then = timezone.now() - timedelta(minutes=1)
    reports.note_status(display.feed_key, STATUS)
    reports.save({display.feed_key}, at=then)
    reports._known.clear()  # another process, which has heard nothing yet

    reports.save({display.feed_key}, at=timezone.now())

    report = DisplayReport.objects.get()
    assert report.version == "0.1.0"
    assert report.seen_at > then


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", "<b>"),
        ("version", 7),
        ("resolution", "wide"),
        ("resolution", "1" * 300),
        ("uptime_seconds", -1),
        ("uptime_seconds", True),
        ("memory_mb", float("nan")),
        ("memory_mb", "41"),
        ("volume", 1.5),
        ("volume", 10**400),
        ("muted", "no"),
    ],
)
def test_nothing_of_another_form_is_kept(name: str, value: object) -> None:
    kept = reports.checked_status({**STATUS, name: value})

    assert kept[name] in (None, "")
    assert {k: v for k, v in kept.items() if k != name} == {
        k: v for k, v in STATUS.items() if k != name
    }


def test_a_display_is_muted_for_good_and_its_screens_are_told(
    owner: Client, installation: Installation, display: Display
) -> None:
    path = f"/api/v1/installations/{installation.public_id}/displays/left/mute"

    for body, is_muted in (({"muted": True}, True), ({"muted": False}, False), ({}, True)):
        answer = owner.post(path, json.dumps(body), content_type="application/json")
        display.refresh_from_db()
        assert (answer.status_code, display.muted) == (204, is_muted)
    Display.objects.update(muted=False)
    assert owner.post(path, b"", content_type="application/json").status_code == 204
    display.refresh_from_db()
    assert display.muted
    assert happened(installation.topic, "installation.changed")


def test_commands_are_for_the_displays_that_are_meant(display: Display) -> None:
    feed = feed_of(display)

    def sent(kind: str, **data: Any) -> tuple[str, object] | None:
        return feed.command(Progress(display.installation.topic, kind, data))

    assert sent("display.commanded", display=None, name="reload", value=None) == ("reload", None)
    assert sent("display.commanded", display="left", name="volume", value=0.5) == ("volume", 0.5)
    assert sent("display.commanded", display="right", name="reload", value=None) is None
    assert sent("scene.changed") is None


@pytest.mark.parametrize(
    ("given", "muted"),
    [
        ({"do": "mute"}, {"left": True, "right": True}),
        ({"do": "mute", "display": "right"}, {"left": False, "right": True}),
        ({"do": "dance"}, {"left": False, "right": False}),
    ],
)
def test_one_button_tells_all_or_those_that_are_chosen(
    owner: Client,
    installation: Installation,
    add_display: AddDisplay,
    display: Display,
    given: dict[str, str],
    muted: dict[str, bool],
) -> None:
    add_display("right")

    answer = owner.post(f"{fleet_page(installation)}do/", given)

    assert answer.status_code == 302
    assert dict(installation.displays.values_list("name", "muted")) == muted


def test_those_that_are_gone_come_first_and_the_others_page_by_page(
    owner: Client, installation: Installation, add_display: AddDisplay
) -> None:
    displays = [add_display(f"screen-{at}") for at in range(25)]
    DisplayReport.write([DisplayReport(display=displays[23], seen_at=timezone.now())])

    first = owner.get(fleet_page(installation))
    second = owner.get(f"{fleet_page(installation)}?page=2")

    names = [[row.display.name for row in page.context["fleet"].rows] for page in (first, second)]
    assert names[0] == ["screen-23", *(f"screen-{at}" for at in range(19))]
    assert names[1] == ["screen-19", "screen-20", "screen-21", "screen-22", "screen-24"]
    assert "1 is gone." in html_of(first)


def test_no_display_of_another_name_is_told_anything(
    owner: Client, installation: Installation, display: Display
) -> None:
    path = f"{fleet_page(installation)}do/"

    assert owner.post(path, {"do": "mute", "display": ["left", "nobody"]}).status_code == 404
    assert owner.post(path, {"do": "volume", "volume": "500"}).status_code == 302
    display.refresh_from_db()
    assert not display.muted


def test_two_hundred_displays_ask_as_often_as_ten(
    owner: Client, run: Run, work: Work, installation: Installation, add_display: AddDisplay
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert owner.get(fleet_page(installation)).status_code == 200
        return len(captured)

    def add_many(first: int, last: int) -> None:
        for at in range(first, last):
            add_display(f"screen-{at}", "single", stride=at + 2, offsets=[at % 2])
        DisplayReport.write(
            DisplayReport(display=one, seen_at=timezone.now())
            for one in installation.displays.filter(report=None)
        )

    for _ in range(3):
        work(run)
    add_many(0, 10)
    queries()  # what is looked up once and remembered
    few = queries()
    add_many(10, 200)

    assert queries() == few


def test_a_board_is_drawn_in_its_row(
    owner: Client, installation: Installation, add_display: AddDisplay, run: Run, work: Work
) -> None:
    add_display("board", "vestaboard", stride=1, offsets=[0], vestaboard_name="x")
    work(run, "a moth")

    page = html_of(owner.get(fleet_page(installation)))

    assert 'role="img" aria-label="a moth"' in page
