"""A button beside a display: what it types starts an attract prompt, and stops everything where an admin unlocked it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from displays import installations
from displays.models import Display, Installation, Kiosk
from displays.views.kiosk import COOKIE
from invocations.models import Halt, Run
from lib.validation import Invalid
from networks.models import Network
from tests.people import PASSWORD, html_of

HEADERS = {"X-Pressed": "1"}


@pytest.fixture
def display(network: Network, installation: Installation) -> Display:
    given = {"type": "grid", "name": "left", "rows": 1, "columns": 1, "panic_key": "F13"}
    return installations.add_display(installation, given)


def _press(client: Client, display: Display, **more: Any) -> Any:
    return client.post(f"{display.get_absolute_url()}press/", headers=HEADERS, **more)


def _claimed(client: Client, display: Display) -> Client:
    """A browser that was given this place as a kiosk."""
    client.get("/kiosk/")
    assert COOKIE in client.cookies
    Kiosk.objects.get().show(display)
    return client


def test_the_page_listens_to_the_key_that_was_set(stranger: Client, display: Display) -> None:
    page = html_of(stranger.get(display.get_absolute_url()))

    assert 'data-panic-key="F13"' in page


def test_without_a_key_there_is_no_button(stranger: Client, display: Display) -> None:
    installations.change_display(display.installation, "left", {"panic_key": ""})

    assert "data-panic-key" not in html_of(stranger.get(display.get_absolute_url()))
    assert _press(stranger, display).status_code == 404


def test_at_a_claimed_screen_it_starts_one_of_the_networks_own_prompts(
    stranger: Client, network: Network, display: Display
) -> None:
    answer = _press(_claimed(stranger, display), display)

    assert answer.status_code == 200
    assert network.runs.get().prompt == "a bell under water"


def test_where_anybody_may_type_anybody_may_press(
    stranger: Client, opened: Network, display: Display
) -> None:
    assert _press(stranger, display).status_code == 200


def test_who_merely_has_the_address_may_not(stranger: Client, display: Display) -> None:
    assert _press(stranger, display).status_code == 403
    assert not Run.objects.exists()


def test_another_sites_form_presses_nothing(
    stranger: Client, opened: Network, display: Display
) -> None:
    answer = stranger.post(f"{display.get_absolute_url()}press/")

    assert answer.status_code == 403
    assert not Run.objects.exists()


def test_the_lockout_holds_and_is_said_kindly(
    stranger: Client, opened: Network, display: Display
) -> None:
    _press(stranger, display)
    second = _press(stranger, display)

    assert second.status_code == 409
    assert html_of(second).startswith("Somebody has just been.")
    assert Run.objects.count() == 1


def test_a_visitors_press_never_stops_anything(
    stranger: Client, opened: Network, display: Display
) -> None:
    _press(stranger, display)
    _press(stranger, display)

    assert Halt.current() is None


def test_unlocked_it_stops_everything_once(
    stranger: Client, root: User, opened: Network, run: Run, display: Display
) -> None:
    path = f"/unlock/?next={display.get_absolute_url()}"
    back = stranger.post(path, {"username": root.email, "password": PASSWORD})
    page = html_of(stranger.get(display.get_absolute_url()))
    _press(stranger, display)
    run.refresh_from_db()
    stopped = Halt.current()

    assert back["Location"] == display.get_absolute_url()
    assert "Unlocked: the button stops everything." in page
    assert stopped is not None
    assert stopped.stopped_by == root
    assert _press(stranger, display).status_code == 409  # a visitor's again
    assert run.ended_at is not None
    assert run.ended_at <= timezone.now()


def test_a_key_that_no_button_should_type_is_refused(display: Display) -> None:
    with pytest.raises(Invalid) as refused:
        installations.change_display(display.installation, "left", {"panic_key": "Escape"})

    assert "panic_key" in refused.value.errors
