"""The code on a screen that lets phones type: signed, good for an hour, renewed, and void when it is revoked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry
from displays import captions, installations
from displays.background import DisplayBackgroundTask
from displays.feeds import DisplayFeed
from displays.models import Display, Installation
from networks.models import Network, TerminalToken
from realtime.hub import Hub
from tests.people import html_of

NOW = timezone.now().replace(minute=2, second=0)  # within five minutes that have just begun
TYPING = {"qr_corner": "top-left", "qr_target": "terminal"}


@pytest.fixture
def display(network: Network, installation: Installation) -> Display:
    given = {"type": "grid", "name": "left", "rows": 1, "columns": 1, **TYPING}
    return installations.add_display(installation, given)


def _code(display: Display) -> str:
    return f"{display.get_absolute_url()}code.svg"


def test_a_private_networks_screen_shows_it_where_that_was_chosen(
    stranger: Client, display: Display
) -> None:
    page = html_of(stranger.get(display.get_absolute_url()))
    picture = stranger.get(_code(display), headers={"Host": "panic.example"})

    assert f'<img src="{_code(display)}?at=' in page
    assert "Type your own" in page
    assert picture["Content-Type"] == "image/svg+xml"
    assert TerminalToken.objects.get().on_screens


def test_what_is_in_it_opens_the_terminal_of_its_network_for_an_hour(
    stranger: Client, network: Network, display: Display
) -> None:
    token = TerminalToken.text_for_screens(network, at=timezone.now())

    assert stranger.get(f"{network.get_terminal_url()}?token={token}").status_code == 200
    later = timezone.now() + TerminalToken.LIFETIME
    assert not TerminalToken.opens(network, token, at=later)


def test_it_is_signed(stranger: Client, network: Network, settings: object) -> None:
    token = TerminalToken.text_for_screens(network, at=NOW)
    public_id = TerminalToken.objects.get().public_id
    forged = public_id + "A" * (len(token) - len(public_id))

    assert token.startswith(public_id)
    assert not TerminalToken.opens(network, forged, at=NOW)


def test_all_screens_show_the_same_until_it_is_renewed(network: Network, display: Display) -> None:
    first = TerminalToken.text_for_screens(network, at=NOW)
    same = TerminalToken.text_for_screens(network, at=NOW + timedelta(minutes=4))
    renewed = TerminalToken.text_for_screens(network, at=NOW + TerminalToken.RENEWED)

    assert first == same
    assert renewed != first
    assert TerminalToken.opens(network, first, at=NOW + timedelta(minutes=59))


def test_a_token_that_was_given_to_a_guest_is_not_put_on_screens(network: Network) -> None:
    _, of_guest = TerminalToken.issue(network, at=NOW)

    assert TerminalToken.text_for_screens(network, at=NOW) != of_guest


def test_after_the_secret_has_changed_screens_get_one_that_is_valid(
    network: Network, settings: pytest.FixtureRequest
) -> None:
    TerminalToken.text_for_screens(network, at=NOW)
    settings.SECRET_KEY = "another-secret-of-the-operator"  # type: ignore[attr-defined]

    token = TerminalToken.text_for_screens(network, at=NOW)

    assert TerminalToken.opens(network, token, at=NOW)


def test_hanging_screens_get_the_renewed_one(
    network: Network, display: Display, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = DisplayBackgroundTask(Hub())
    networks = {network.pk: network}
    feed = DisplayFeed(Display.objects.select_related("installation__network__owner").get())
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    before, quiet = feed.snapshot()["info-code"], task._changed(networks)
    monkeypatch.setattr(timezone, "now", lambda: NOW + TerminalToken.RENEWED)
    due = task._changed(networks)

    assert quiet == []
    assert due == [network.topic]
    assert feed.snapshot()["info-code"] != before
    assert captions.code_window(NOW) != captions.code_window(NOW + TerminalToken.RENEWED)


def test_an_open_terminal_needs_no_token(
    stranger: Client, opened: Network, display: Display
) -> None:
    assert stranger.get(_code(display), headers={"Host": "panic.example"}).status_code == 200
    assert not TerminalToken.objects.exists()


@pytest.mark.parametrize("change", [{"qr_corner": "none"}, {"qr_target": "page"}])
def test_a_display_without_such_a_code_gives_none(
    stranger: Client, display: Display, change: dict[str, str]
) -> None:
    installations.change_display(display.installation, "left", change)

    assert stranger.get(_code(display)).status_code == 404
    assert not TerminalToken.objects.exists()


def test_all_codes_can_be_made_void(owner: Client, network: Network) -> None:
    now = timezone.now()
    tokens = [
        TerminalToken.issue(network, at=now)[1],
        TerminalToken.text_for_screens(network, at=now),
    ]

    answer = owner.post(f"/n/{network.slug}/qr/revoke/", follow=True)

    assert answer.status_code == 200
    assert not any(TerminalToken.opens(network, one, at=now) for one in tokens)
    assert AuditEntry.objects.get(action="codes.revoked").about == network.slug


def test_a_programme_can_make_them_void_too(owner: Client, network: Network) -> None:
    _, token = TerminalToken.issue(network, at=timezone.now())

    answer = owner.delete(f"/api/v1/networks/{network.slug}/terminal-tokens")

    assert answer.status_code == 204
    assert not TerminalToken.opens(network, token, at=timezone.now())
