"""Boards as browsers draw them: the rows of the device, live, with the text for whoever cannot see it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from displays import boards, installations, screens, vestaboard
from displays.feeds import DisplayFeed
from displays.models import Display, Installation
from displays.wall_states import wall_state_of_network
from invocations import runs, visitor_access
from invocations.models import Run
from networks.models import Network
from realtime.models import Event
from tests.people import Work, html_of

from .test_hours import closed_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def hung(installation: Installation) -> Display:
    """A board of every second step, from the second on."""
    given = {"type": "vestaboard", "name": "board", "stride": 2, "offset": 1}
    return installations.add_display(installation, given | {"vestaboard_name": "panic_1"})


@pytest.fixture
def start(network: Network) -> Callable[..., Run]:
    def begin(prompt: str = "a red balloon", seconds: float = 0) -> Run:
        at = timezone.now() + timedelta(seconds=seconds)
        network.refresh_from_db()
        return runs.start_run(network=network, prompt=prompt, at=at, waive_lockout=True).run

    return begin


def rows_of(html: str) -> list[str]:
    """As they can be read off the flaps."""
    flaps = re.search(
        r'data-rows="(\d+)" data-columns="(\d+)" aria-hidden="true">(.*?)</div>', html
    )
    assert flaps, html
    signs = re.findall(r"<i[^>]*>(.?)</i>", flaps[3])
    columns = int(flaps[2])
    return ["".join(signs[at : at + columns]) for at in range(0, len(signs), columns)]


def words_of(html: str) -> str:
    (found,) = re.findall(r'id="board-text" dir="auto">(.*?)</p>', html)
    return str(found)


def page_of(display: Display, who: Client) -> str:
    return html_of(who.get(display.get_absolute_url()))


def test_the_page_of_a_board_draws_what_its_device_gets(
    stranger: Client, network: Network, hung: Display, start: Callable[..., Run], work: Work
) -> None:
    device = boards.add(owner=network.owner, name="panic_1", key="k", size="6x30")
    run = start()
    work(run, "not for this one")
    work(run, "Un café, a lighthouse that has fallen in love with the fog")

    device.refresh_from_db()
    page = page_of(hung, stranger)

    assert rows_of(page) == device.preview
    assert rows_of(page)[2].strip() == "UN CAFE, A LIGHTHOUSE THAT HAS"
    assert words_of(page) == "Un café, a lighthouse that has fallen in love with the fog"


def test_a_board_that_nobody_has_is_drawn_as_the_first_model(
    stranger: Client, hung: Display, start: Callable[..., Run], work: Work
) -> None:
    run = start()
    work(run)
    work(run, "a moth")

    assert rows_of(page_of(hung, stranger)) == vestaboard.fit("a moth", vestaboard.FLAGSHIP)


def test_colours_are_drawn_as_such(
    stranger: Client, hung: Display, start: Callable[..., Run], work: Work
) -> None:
    run = start()
    work(run)
    work(run, "stop 🟥")

    assert page_of(hung, stranger).count('<i data-colour="red"></i>') == 1


def test_a_board_of_many_notes_is_drawn_whole(
    stranger: Client, network: Network, hung: Display, start: Callable[..., Run], work: Work
) -> None:
    boards.add(owner=network.owner, name="panic_1", size="24x120")
    run = start()
    work(run)
    work(run, "a moth")

    rows = rows_of(page_of(hung, stranger))

    assert (len(rows), len(rows[0])) == (24, 120)


def frames_of(feed: DisplayFeed, since: int) -> list[dict[str, str]]:
    frames = (feed.render(event) for event in Event.objects.filter(pk__gt=since).order_by("pk"))
    return [dict(frame.html) for frame in frames if frame]


def newest_event() -> int:
    newest = Event.objects.order_by("-pk").first()
    return newest.pk if newest else 0


def test_its_socket_draws_each_text_when_it_is_there(
    hung: Display, start: Callable[..., Run], work: Work
) -> None:
    run = start()
    feed = DisplayFeed(hung)
    assert rows_of(feed.snapshot()["screen"]) == vestaboard.fit("", vestaboard.FLAGSHIP)

    before = newest_event()
    work(run, "not for this one")
    assert {words_of(frame["board"]) for frame in frames_of(feed, before)} <= {""}

    before = newest_event()
    work(run, "a moth")
    (frame,) = frames_of(feed, before)
    assert list(frame) == ["board"]
    assert words_of(frame["board"]) == "a moth"


def test_the_prompt_is_drawn_where_the_board_is_to_show_it(
    hung: Display, start: Callable[..., Run]
) -> None:
    Display.objects.update(initial_prompt=True)
    hung.refresh_from_db()
    feed = DisplayFeed(hung)
    feed.snapshot()
    before = newest_event()

    start("a bell under water")

    drawn = [frame["board"] for frame in frames_of(feed, before) if "board" in frame]
    assert words_of(drawn[-1]) == "a bell under water"


def test_a_board_keeps_its_text_until_it_has_one_of_the_new_run(
    stranger: Client, hung: Display, start: Callable[..., Run], work: Work
) -> None:
    first = start()
    work(first)
    work(first, "a moth")

    second = start("a bell", seconds=40)
    work(second, "not for this one")
    assert words_of(page_of(hung, stranger)) == "a moth"

    visitor_access.withdraw(
        run=first, shown=visitor_access.withdrawal_token(first), at=timezone.now()
    )
    assert words_of(page_of(hung, stranger)) == ""


def test_another_size_is_drawn_at_once(
    network: Network, installation: Installation, hung: Display
) -> None:
    feed = DisplayFeed(hung)
    feed.snapshot()
    sizes: list[Any] = []
    board = None
    for change in ("add", "change", "remove"):
        before = newest_event()
        if change == "add":
            board = boards.add(owner=network.owner, name="panic_1", size="3x15")
        elif board and change == "change":
            boards.change(board, size="3x30")
        elif board:
            boards.remove(board)
        (frame,) = frames_of(feed, before)
        rows = rows_of(frame["screen"])
        sizes.append((len(rows), len(rows[0])))

    assert sizes == [(3, 15), (3, 30), (6, 22)]


def test_a_screen_that_becomes_a_board_is_one_without_a_reload(
    installation: Installation, start: Callable[..., Run]
) -> None:
    display = installations.add_display(
        installation, {"type": "single", "name": "left", "stride": 1, "offset": 0}
    )
    feed = DisplayFeed(display)
    assert 'data-kind="single"' in feed.snapshot()["screen"]
    before = newest_event()

    installations.change_display(
        installation, "left", {"type": "vestaboard", "vestaboard_name": "x"}
    )

    (frame,) = frames_of(feed, before)
    assert 'data-kind="vestaboard"' in frame["screen"]


def test_one_drawing_costs_few_queries(
    hung: Display, start: Callable[..., Run], work: Work, django_assert_max_num_queries: Any
) -> None:
    run = start()
    work(run)
    work(run, "a moth")
    wall = wall_state_of_network(run.network)

    with django_assert_max_num_queries(2):
        screens.render_cells(hung, wall, 0)


def test_the_page_of_a_board_says_where_it_hangs(
    owner: Client, network: Network, hung: Display
) -> None:
    board = boards.add(owner=network.owner, name="panic_1")

    page = html_of(owner.get(f"/account/boards/{board.public_id}/"))

    assert hung.get_absolute_url() in page
    assert "no device" in page
    assert "Send it" not in page


def test_a_board_without_a_device_is_sent_nothing_by_hand(owner: Client, network: Network) -> None:
    board = boards.add(owner=network.owner, name="panic_1")

    answer = owner.post(
        f"/api/v1/boards/{board.public_id}/messages", {"text": "a"}, content_type="application/json"
    )

    assert answer.status_code == 422
    assert "no device" in html_of(answer)
    assert owner.get(f"/api/v1/boards/{board.public_id}").json()["drawn_only"] is True


def test_a_board_is_dark_while_its_installation_is_closed(
    stranger: Client,
    installation: Installation,
    hung: Display,
    start: Callable[..., Run],
    work: Work,
) -> None:
    run = start()
    work(run)
    work(run, "a moth")
    installations.change(installation, opening_hours=closed_now())

    page = page_of(hung, stranger)

    assert "data-dark" in page
    assert "a moth" not in page
