"""The code in a corner of the work: it leads to the network's page, and never to a private one."""

from __future__ import annotations

import pytest
from django.test import Client

from displays import installations
from displays.events import WallStateChanged
from displays.feeds import DisplayFeed
from displays.models import Display, Installation, QrCorner
from lib.validation import Invalid
from networks import changes
from networks.models import Network
from realtime.events import Progress
from realtime.feeds import Denied
from realtime.models import Event
from tests.people import html_of

pytestmark = pytest.mark.django_db


def code_of(network: Network) -> str:
    return f'<img src="/n/{network.slug}/wall/code.svg?of=info"'


@pytest.fixture
def display(public: Network, installation: Installation) -> Display:
    given = {"type": "grid", "name": "left", "rows": 1, "columns": 1, "qr_corner": "top-right"}
    return installations.add_display(installation, given)


def newest_event() -> Event:
    event = Event.objects.order_by("-pk").first()
    assert event
    return event


def test_a_display_shows_the_code_in_the_corner_that_was_chosen(
    stranger: Client, public: Network, display: Display
) -> None:
    page = html_of(stranger.get(display.get_absolute_url()))

    assert 'id="info-code" data-corner="top-right">' in page
    assert code_of(public) in page


def test_without_one_there_is_none(
    stranger: Client, public: Network, installation: Installation
) -> None:
    display = installations.add_display(
        installation, {"type": "grid", "name": "plain", "rows": 1, "columns": 1}
    )

    page = html_of(stranger.get(display.get_absolute_url()))

    assert display.qr_corner == "none"
    assert "?of=info" not in page
    assert 'data-corner="none" hidden' in page


def test_a_private_network_has_no_code(
    stranger: Client, network: Network, installation: Installation
) -> None:
    given = {"type": "grid", "name": "left", "rows": 1, "columns": 1, "qr_corner": "top-left"}
    display = installations.add_display(installation, given)

    page = html_of(stranger.get(display.get_absolute_url()))
    drawn = DisplayFeed(display).snapshot()["info-code"]

    assert network.slug not in page
    assert network.slug not in drawn
    assert "<img" not in drawn


def test_a_network_that_is_made_private_takes_its_code_off_the_wall(
    public: Network, display: Display
) -> None:
    feed = DisplayFeed(display)
    assert code_of(public) in feed.snapshot()["info-code"]

    changes.change(network=public, values={"public": False})
    html = feed.render_progress(Progress(public.topic, WallStateChanged.type, {}))

    assert public.slug not in html["info-code"]
    assert "hidden" in html["info-code"]


def test_the_code_follows_the_installation_to_another_network(
    public: Network, display: Display, installation: Installation
) -> None:
    other = Network.create(public.owner, name="Other", slots=public.slots, public=True)
    feed = DisplayFeed(display)
    feed.snapshot()

    installations.change(installation, network=other)

    with pytest.raises(Denied):  # its sockets connect again
        feed.render(newest_event())
    assert code_of(other) in feed.snapshot()["info-code"]


def test_another_corner_reaches_the_screen_at_once(display: Display, public: Network) -> None:
    feed = DisplayFeed(display)
    feed.snapshot()

    installations.change_display(display.installation, "left", {"qr_corner": "bottom-left"})
    frame = feed.render(newest_event())

    assert frame
    assert 'data-corner="bottom-left"' in frame.html["info-code"]


def test_the_code_leads_to_the_page_also_where_anybody_may_type(
    stranger: Client, opened: Network
) -> None:
    def read(of: str) -> bytes:
        answer = stranger.get(f"/n/{opened.slug}/wall/code.svg?of={of}", HTTP_HOST="testserver")
        return bytes(answer.content)

    assert read("info") != read("terminal")
    Network.objects.update(open_terminal=False)
    assert read("info") == read("page")


@pytest.mark.parametrize("corner", [*QrCorner.values, ""])
def test_every_corner_can_be_set_over_the_api(owner: Client, display: Display, corner: str) -> None:
    where = f"/api/v1/installations/{display.installation.public_id}/displays/left"

    answer = owner.patch(where, {"qr_corner": corner}, content_type="application/json")

    assert answer.json()["qr_corner"] == (corner or "none")
    assert owner.get(where).json()["qr_corner"] == (corner or "none")


def test_a_corner_that_is_none_is_refused(display: Display) -> None:
    with pytest.raises(Invalid) as refused:
        installations.change_display(display.installation, "left", {"qr_corner": "middle"})

    assert "top-left" in refused.value.errors["qr_corner"]


def test_it_is_chosen_on_the_page_of_the_display(owner: Client, display: Display) -> None:
    where = f"/installations/{display.installation.public_id}/displays/left/"
    assert '<option value="top-right" selected>' in html_of(owner.get(where))

    given = {
        "type": "grid",
        "name": "left",
        "rows": "1",
        "columns": "1",
        "qr_corner": "bottom-left",
    }
    owner.post(where, given)

    display.refresh_from_db()
    assert display.qr_corner == "bottom-left"


def test_a_copy_of_the_installation_keeps_it(display: Display) -> None:
    copy = installations.duplicate(display.installation)

    assert copy.displays.get().qr_corner == "top-right"
