"""The list of networks: whose they are, a part at a time, found by name; however many there are."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from networks.models import Network
from tests.pages.cast import REWRITE, words

HEADING = re.compile(r"<h3><a [^>]*>([^<]+)</a></h3>")


def _many(owner: User, count: int, name: str, **fields: Any) -> None:
    Network.objects.bulk_create(
        Network(
            owner=owner,
            name=f"{name} {n}",
            slug=f"{name.lower()}-{n}",
            slots=[{"model": REWRITE}],
            **fields,
        )
        for n in range(count)
    )


def _shelves(page: str) -> dict[str, list[str]]:
    parts = re.split(r'<section class="stack" aria-label="([^"]+)">', page)[1:]
    return {parts[n]: HEADING.findall(parts[n + 1]) for n in range(0, len(parts), 2)}


def test_each_network_stands_on_one_shelf(
    owner: Client, helper: Client, other: Client, admin: Client, stranger: Client, network: Network
) -> None:
    bob = User.objects.get(email="bob@example.org")
    Network.create(network.owner, name="Open", public=True)
    Network.create(bob, name="Bob's own")

    seen = {
        who: _shelves(words(client.get("/networks/")))
        for who, client in (
            ("owner", owner),
            ("helper", helper),
            ("other", other),
            ("admin", admin),
            ("stranger", stranger),
        )
    }

    assert seen["owner"] == {"Yours": ["Open", "Whispers"]}
    assert seen["helper"] == {"Shared with you": ["Whispers"], "Public": ["Open"]}
    assert seen["other"] == {"Yours": ["Bob&#x27;s own"], "Public": ["Open"]}
    assert seen["admin"] == {"Public": ["Open"], "Of others": ["Bob&#x27;s own", "Whispers"]}
    assert seen["stranger"] == {"Public": ["Open"]}


def test_a_shelf_is_gone_through_to_its_end(owner: Client, alice: User) -> None:
    _many(alice, 65, "Ring")
    path, found = "/networks/?shelf=own", []
    while path:
        page = words(owner.get(path))
        found += HEADING.findall(page)
        led = re.search(r'rel="next" href="([^"]+)"', page)
        path = "/networks/" + led[1].replace("&amp;", "&") if led else ""

    assert found == [f"Ring {n}" for n in reversed(range(65))]


def test_a_first_look_shows_the_newest_and_leads_on(owner: Client, alice: User) -> None:
    _many(alice, 12, "Ring")

    page = words(owner.get("/networks/"))

    assert _shelves(page)["Yours"] == [f"Ring {n}" for n in range(11, 2, -1)]
    assert 'href="?shelf=own"' in page
    assert page.count("All of these") == 1


def test_networks_are_found_by_name_and_only_those_one_sees(
    owner: Client, stranger: Client, network: Network
) -> None:
    assert "Whispers" in words(owner.get("/networks/?q=WHISP"))
    assert "No network here is called “zebra”." in words(owner.get("/networks/?q=zebra"))
    assert HEADING.findall(words(stranger.get("/networks/?q=whisp"))) == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?shelf=nowhere", 404),
        ("?shelf=others", 404),
        ("?shelf=own&after=x", 404),
        ("?q=%00%27%3Cscript%3E", 200),
        ("?after=x", 200),
    ],
)
def test_any_address_has_an_answer(owner: Client, query: str, status: int) -> None:
    answer = owner.get(f"/networks/{query}")

    assert answer.status_code == status
    assert "<script>'" not in words(answer)


def test_ten_thousand_networks_cost_no_more_queries_than_ten(
    owner: Client, admin: Client, alice: User, django_assert_max_num_queries: Any
) -> None:
    bob = User.objects.create_user("bob@example.org")
    _many(alice, 3_000, "Mine")
    _many(bob, 3_000, "Open", public=True)
    _many(bob, 4_000, "Shut")

    for client in (owner, admin):
        for path in (
            "/networks/",
            "/networks/?shelf=public",
            "/networks/?q=9",
            "/networks/?shelf=own",
        ):
            with django_assert_max_num_queries(12):
                began = time.monotonic()
                assert client.get(path).status_code == 200
                taken = time.monotonic() - began
            assert taken < 5, f"{path} took {taken:.1f} s"  # 0.1 on an idle machine
