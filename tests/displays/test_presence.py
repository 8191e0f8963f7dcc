"""Who watches, and which displays have shown a stop-all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from displays import presence, receipts
from displays.feeds import DisplayFeed, find
from displays.models import Display, DisplayReceipt, Installation, ViewerCount
from invocations import halts
from invocations.models import StopAll
from networks.models import Network
from realtime import log
from realtime.cursors import Cursor, Positions
from tests.people import html_of

from .conftest import AddDisplay
from .test_api import API, call


@pytest.fixture(autouse=True)
def nothing_expected() -> None:
    receipts._expected.clear()


def test_several_processes_are_added_up_and_each_replaces_its_own_word(
    network: Network, add_display: AddDisplay
) -> None:
    display, at = add_display(), timezone.now()

    presence.save("one", {(display.feed_key, ""): 2, (f"{network.topic}:wall:6", ""): 1}, at=at)
    presence.save("two", {(display.feed_key, "ada@example.org"): 1}, at=at)
    presence.save("two", {(display.feed_key, "ada@example.org"): 3}, at=at)

    assert presence.count_by_key([display.feed_key], at=at) == {display.feed_key: 5}
    assert presence.count_viewers(network, at=at) == 6


def test_what_a_dead_process_said_is_forgotten(add_display: AddDisplay) -> None:
    display, at = add_display(), timezone.now()
    presence.save("dead", {(display.feed_key, ""): 7}, at=at)

    later = at + ViewerCount.VALID_FOR + timedelta(seconds=1)

    assert presence.count_by_key([display.feed_key], at=later) == {}
    presence.save("alive", {}, at=later)
    assert not ViewerCount.objects.exists()


def test_curators_are_told_who_is_before_which_display(
    owner: Client, installation: Installation, add_display: AddDisplay
) -> None:
    display = add_display("left", "single", stride=1, offsets=[0])
    seen = {(display.feed_key, ""): 4, (display.feed_key, "ada@example.org"): 1}
    presence.save("one", seen, at=timezone.now())
    path = f"{API}/{installation.public_id}"

    assert call(owner, "GET", path)[1]["viewers"] == 5
    assert call(owner, "GET", f"{path}/watching")[1]["items"] == [
        {"display": "left", "who": None, "count": 4},
        {"display": "left", "who": "ada@example.org", "count": 1},
    ]


def stop_all_shown_on(display: Display) -> tuple[StopAll, str]:
    """A stop-all, and the cursor of its frame on this display."""
    stop_all = halts.stop_all(stopped_by=None, at=timezone.now())
    event = log.read_after("mission-control", None, 100)[-1]
    found = find(display.installation.public_id, display.name)
    assert found is not None
    DisplayFeed(found).render(event)
    positions = Positions((Cursor("a", 0), Cursor("b", 0), event.cursor))
    return stop_all, str(positions)


def test_a_receipt_has_the_time_after_which_a_display_showed_it(add_display: AddDisplay) -> None:
    display = add_display()
    stop_all, cursor = stop_all_shown_on(display)

    receipts.note_acknowledgement(display.feed_key, "socket", "a:0~b:0~" + "c:0")
    receipts.save("one", {display.feed_key})
    before = dict(receipts.shown_after_ms(stop_all))
    receipts.note_acknowledgement(display.feed_key, "socket", cursor)
    receipts.save("one", {display.feed_key})
    after = receipts.shown_after_ms(stop_all)

    assert before == {display.public_id: None}
    ms = after[display.public_id]
    assert ms is not None
    assert 0 < ms < 5000


def test_a_display_that_one_process_has_not_heard_of_is_not_said_to_have_shown_it(
    add_display: AddDisplay,
) -> None:
    display = add_display()
    stop_all, _ = stop_all_shown_on(display)
    for process, ms in (("one", 80.0), ("two", None)):
        DisplayReceipt.objects.create(
            stop_all=stop_all.public_id, display=display, process=process, ms=ms
        )

    assert receipts.shown_after_ms(stop_all) == {display.public_id: None}
    DisplayReceipt.objects.filter(process="two").update(ms=120.0)
    assert receipts.shown_after_ms(stop_all) == {display.public_id: 120.0}


def test_a_screen_nobody_has_is_not_waited_for(add_display: AddDisplay) -> None:
    display = add_display()
    stop_all, _ = stop_all_shown_on(display)

    receipts.save("one", set())

    assert receipts.shown_after_ms(stop_all) == {}


def test_the_page_of_a_stop_all_lists_the_displays_and_how_long_each_took(
    admin: Client, add_display: AddDisplay
) -> None:
    quick, slow = add_display("quick"), add_display("slow")
    stop_all = halts.stop_all(stopped_by=None, at=timezone.now())
    page = f"/mission-control/stop-all/{stop_all.public_id}/"
    for display, ms in ((quick, 83.6), (slow, None)):
        DisplayReceipt.objects.create(
            stop_all=stop_all.public_id, display=display, process="one", ms=ms
        )

    settling = html_of(admin.get(page))
    StopAll.objects.update(committed_at=timezone.now() - halts.MAX_RECEIPT_DELAY)
    settled = html_of(admin.get(page))

    assert "Foyer · quick</td><td>84 ms" in settling
    assert "Foyer · slow</td><td>…" in settling
    assert "http-equiv" in settling
    assert "Foyer · quick</td><td>84 ms" in settled
    assert "did not answer" in settled
    assert "http-equiv" not in settled


def test_the_page_of_a_stop_all_says_that_nobody_watched(
    admin: Client, add_display: AddDisplay
) -> None:
    stop_all = halts.stop_all(stopped_by=None, at=timezone.now())

    page = html_of(admin.get(f"/mission-control/stop-all/{stop_all.public_id}/"))

    assert "nobody was watching one" in page


def test_the_receipt_is_complete_once_every_watched_display_has_shown_it(
    admin: Client, add_display: AddDisplay
) -> None:
    display = add_display()
    presence.save("one", {(display.feed_key, ""): 1}, at=timezone.now())

    _, first = call(admin, "POST", "/api/v1/stop-all")
    event = log.read_after("mission-control", None, 100)[-1]
    DisplayReceipt.objects.create(stop_all=first["id"], display=display, process="one", ms=90.0)
    _, second = call(admin, "GET", f"/api/v1/stop-all/{first['id']}")

    assert event.type == "panic.pressed"
    assert first["displays"] == [{"id": display.public_id, "ms": None}]
    assert not first["complete"]
    assert second["displays"] == [{"id": display.public_id, "ms": 90.0}]
    assert second["complete"]
