"""A network that was renamed is found under its old addresses: by links, codes, sockets, forms."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils import timezone

from accounts.models import User
from displays.feeds import WallFeed
from networks import changes
from networks.models import Network, TerminalToken
from realtime.feeds import Denied
from studio.feeds import NetworkFeed


@pytest.fixture
def renamed(network: Network) -> Network:
    changes.change_address(network=network, slug="shouts", by=network.owner)
    return network


@pytest.mark.parametrize("page", ["", "wall/", "wall/?rows=3&columns=2", "runs/", "edit/", "qr/"])
def test_a_page_leads_to_where_it_is_now(owner: Client, renamed: Network, page: str) -> None:
    answer = owner.get(f"/n/whispers/{page}")

    assert (answer.status_code, answer.headers["Location"]) == (307, f"/n/shouts/{page}")
    assert owner.get(answer.headers["Location"]).status_code == 200


def test_a_form_that_was_open_meanwhile_loses_nothing(owner: Client, renamed: Network) -> None:
    answer = owner.post("/n/whispers/start/", {"prompt": "still said"}, follow=True)

    assert answer.status_code == 200
    assert renamed.runs.get().prompt == "still said"


@pytest.mark.parametrize("page", ["", "wall/", "runs/", "terminal/", "settings/", "delete/"])
def test_an_old_address_tells_nobody_of_a_private_network(
    other: Client, stranger: Client, renamed: Network, page: str
) -> None:
    for client in (other, stranger):
        there = client.get(f"/n/whispers/{page}")
        nowhere = client.get(f"/n/nowhere/{page}")
        assert there.status_code == nowhere.status_code
        assert "shouts" not in there.headers.get("Location", "")


def test_a_code_on_a_wall_still_opens_the_terminal(stranger: Client, renamed: Network) -> None:
    token = TerminalToken.issue(renamed, at=timezone.now())[1]
    old = f"/n/whispers/terminal/?token={token}"

    led = stranger.get(old)
    typed = stranger.post(old, {"prompt": "from an old code"})

    assert led.headers["Location"] == f"/n/shouts/terminal/?token={token}"
    assert stranger.get(led.headers["Location"]).status_code == 200
    assert typed.headers["Location"] == led.headers["Location"]
    assert renamed.runs.get().prompt == "from an old code"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("feed", [NetworkFeed, WallFeed])
def test_a_socket_finds_it_too_and_keeps_its_rules(
    renamed: Network, alice: User, feed: type[NetworkFeed | WallFeed]
) -> None:
    scope = {"url_route": {"kwargs": {"slug": "whispers"}}, "query_string": b""}

    opened: Any = async_to_sync(feed.open)({**scope, "user": alice})
    with pytest.raises(Denied):
        async_to_sync(feed.open)({**scope, "user": AnonymousUser()})

    assert opened.network.pk == renamed.pk


def test_an_old_address_never_leads_to_another_network(
    owner: Client, other: Client, renamed: Network
) -> None:
    other.post("/networks/new/", {"name": "Whispers", "lockout_seconds": 30, "slot_0": ""})

    assert Network.objects.filter(name="Whispers").count() == 2
    assert owner.get("/n/whispers/").headers["Location"] == "/n/shouts/"


def test_a_page_of_no_network_leads_to_none(owner: Client, network: Network) -> None:
    assert owner.get("/networks/?shelf=nothing").status_code == 404
