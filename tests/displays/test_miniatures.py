"""The wall in miniature: every display on one page, live, with one query for all."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from displays.miniatures import InstallationFeed
from displays.models import Installation
from invocations import halts
from invocations.models import Run
from networks.models import Network
from realtime.feeds import Denied
from tests.people import Work, html_of

from .conftest import AddDisplay
from .test_feeds import happened


def test_a_step_is_drawn_in_the_miniature_of_each_display_that_shows_it(
    network: Network, run: Run, work: Work, installation: Installation, add_display: AddDisplay
) -> None:
    big, left = add_display("big"), add_display("left", "single", stride=2, offsets=[1])
    add_display("right", "single", stride=2, offsets=[0])
    feed = InstallationFeed(installation)
    feed.render(happened(network.topic, "run.started"))
    work(run, "first")
    work(run, "second")

    frame = feed.render(happened(network.topic, "invocation.completed"))

    assert frame is not None
    assert set(frame.html) == {f"{big.public_id}-tile-1", f"{left.public_id}-tile-0"}
    assert all(f'id="{name}"' in html and "second" in html for name, html in frame.html.items())


def test_the_page_and_the_snapshot_show_the_same(
    owner: Client, run: Run, work: Work, installation: Installation, add_display: AddDisplay
) -> None:
    add_display("big")
    add_display("all", "single", stride=1, offsets=[0])
    work(run, "a red kite")

    page = html_of(owner.get(f"/installations/{installation.public_id}/"))
    shown = InstallationFeed(installation).snapshot()["miniatures"]

    assert shown.strip() in page
    assert shown.count("a red kite") == 2


def test_stopped_and_a_new_layout_are_seen_on_the_page(
    installation: Installation, add_display: AddDisplay, run: Run
) -> None:
    add_display("big", rows=1, columns=2)
    feed = InstallationFeed(installation)
    halts.stop_all(stopped_by=None, at=timezone.now())
    stopped = feed.render(happened("mission-control", "panic.pressed"))
    add_display("more")
    with transaction.atomic():
        installation.change()

    changed = feed.render(happened(installation.topic, "installation.changed"))

    assert stopped is not None
    assert "Stopped" in stopped.html["miniatures"]
    assert changed is not None
    assert changed.html["miniatures"].count("<figure") == 2


def test_on_another_network_the_page_connects_again(
    alice: User, installation: Installation, add_display: AddDisplay
) -> None:
    feed = InstallationFeed(installation)
    with transaction.atomic():
        installation.change(network=Network.create(alice, name="Shouts"))

    with pytest.raises(Denied):
        feed.render(happened(installation.topic, "installation.changed"))


def test_the_socket_is_for_those_who_look_after_the_network(
    alice: User, bob: User, carol: User, installation: Installation
) -> None:
    codes: dict[str, int | None] = {}
    people: dict[str, Any] = {"alice": alice, "bob": bob, "carol": carol, "": AnonymousUser()}
    for name, person in people.items():
        try:
            InstallationFeed.open_for(person, installation.public_id)
            codes[name] = None
        except Denied as denied:
            codes[name] = denied.code

    assert codes == {"alice": None, "carol": None, "bob": 4404, "": 4401}


def test_forty_displays_ask_as_often_as_two(
    owner: Client, run: Run, work: Work, installation: Installation, add_display: AddDisplay
) -> None:
    def queries() -> int:
        page = f"/installations/{installation.public_id}/"
        owner.get(page)  # what is remembered, for a day at most
        with CaptureQueriesContext(connection) as captured:
            owner.get(page)
        return len(captured)

    for _ in range(3):
        work(run)
    for at in range(2):
        add_display(f"of-two-{at}", "single", stride=2, offsets=[at])
    few = queries()
    for at in range(38):
        add_display(f"more-{at}", "single", stride=at + 3, offsets=[at % 3])

    assert queries() == few


BOARD = {"kind": "vestaboard", "stride": 2, "offsets": [1], "vestaboard_name": "x"}


def test_boards_are_drawn_in_miniature_as_on_their_displays(
    owner: Client, run: Run, work: Work, installation: Installation, add_display: AddDisplay
) -> None:
    add_display("board", **BOARD)
    work(run, "not for this one")
    work(run, "a moth")

    page = html_of(owner.get(f"/installations/{installation.public_id}/"))

    assert 'role="img" aria-label="a moth"' in page
    assert "<i>M</i><i>O</i><i>T</i><i>H</i>" in page


def test_a_text_turns_the_miniature_of_its_board_alone(
    network: Network, run: Run, work: Work, installation: Installation, add_display: AddDisplay
) -> None:
    board = add_display("board", **BOARD)
    add_display("other", **{**BOARD, "offsets": [0]})
    feed = InstallationFeed(installation)
    feed.render(happened(network.topic, "run.started"))
    work(run, "not for this one")
    work(run, "a moth")

    frame = feed.render(happened(network.topic, "invocation.completed"))

    assert frame is not None
    assert set(frame.html) == {f"{board.public_id}-board"}
    assert "<i>M</i><i>O</i><i>T</i><i>H</i>" in frame.html[f"{board.public_id}-board"]


def test_many_boards_are_drawn_with_as_many_queries_as_one(
    network: Network, run: Run, installation: Installation, add_display: AddDisplay
) -> None:
    counts = []
    for number in range(6):
        add_display(f"board-{number}", **BOARD)
        feed = InstallationFeed(installation)
        with CaptureQueriesContext(connection) as found:
            feed.snapshot()
        counts.append(len(found))

    assert counts[-1] == counts[0]
