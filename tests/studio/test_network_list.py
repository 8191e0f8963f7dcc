"""The list of networks: whose they are, a part at a time, found by name; however many there are."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEntry, User
from networks.models import Network
from tests.people import REWRITE, html_of

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


def _sections(page: str) -> dict[str, list[str]]:
    parts = re.split(r'<section class="stack" aria-label="([^"]+)">', page)[1:]
    return {parts[n]: HEADING.findall(parts[n + 1]) for n in range(0, len(parts), 2)}


def test_each_network_is_in_one_section(
    owner: Client,
    collaborator: Client,
    other: Client,
    admin: Client,
    stranger: Client,
    network: Network,
) -> None:
    bob = User.objects.get(email="bob@example.org")
    Network.create(network.owner, name="Open", public=True)
    Network.create(bob, name="Bob's own")

    seen = {
        who: _sections(html_of(client.get("/networks/")))
        for who, client in (
            ("owner", owner),
            ("collaborator", collaborator),
            ("other", other),
            ("admin", admin),
            ("stranger", stranger),
        )
    }

    assert seen["owner"] == {"Yours": ["Open", "Whispers"]}
    assert seen["collaborator"] == {"Shared with you": ["Whispers"], "Public": ["Open"]}
    assert seen["other"] == {"Yours": ["Bob&#x27;s own"], "Public": ["Open"]}
    assert seen["admin"] == {"Public": ["Open"], "Of others": ["Bob&#x27;s own", "Whispers"]}
    assert seen["stranger"] == {"Public": ["Open"]}


def test_a_section_is_paged_to_its_end(owner: Client, alice: User) -> None:
    _many(alice, 65, "Ring")
    path, found = "/networks/?shelf=own", []
    while path:
        page = html_of(owner.get(path))
        found += HEADING.findall(page)
        led = re.search(r'rel="next" href="([^"]+)"', page)
        path = "/networks/" + led[1].replace("&amp;", "&") if led else ""

    assert found == [f"Ring {n}" for n in reversed(range(65))]


def test_a_first_look_shows_the_newest_and_leads_on(owner: Client, alice: User) -> None:
    _many(alice, 12, "Ring")

    page = html_of(owner.get("/networks/"))

    assert _sections(page)["Yours"] == [f"Ring {n}" for n in range(11, 2, -1)]
    assert 'href="?shelf=own"' in page
    assert page.count("All of these") == 1


def test_networks_are_found_by_name_and_only_those_one_sees(
    owner: Client, stranger: Client, network: Network
) -> None:
    assert "Whispers" in html_of(owner.get("/networks/?q=WHISP"))
    assert "No network here has “zebra” in its name, description or models." in html_of(
        owner.get("/networks/?q=zebra")
    )
    assert HEADING.findall(html_of(stranger.get("/networks/?q=whisp"))) == []


def test_networks_are_found_by_what_their_models_and_descriptions_say(
    owner: Client, network: Network
) -> None:
    Network.objects.update(description="About moths.", slots=[{"model": "local:painter"}])

    def lists(words: str) -> bool:
        return "Whispers" in html_of(owner.get("/networks/", {"q": words}))

    assert all(lists(words) for words in ("moths", "Painter", "local:paint", "whispers painter"))
    assert not any(lists(words) for words in ("writer", "whispers writer", "model"))


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
    assert "<script>'" not in html_of(answer)


def test_ten_thousand_networks_cost_no_more_queries_than_ten(
    bob: User, owner: Client, admin: Client, alice: User, django_assert_max_num_queries: Any
) -> None:
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
                assert client.get(path).status_code == 200


def test_chosen_networks_are_archived_and_taken_out_where_one_may_edit(
    owner: Client, other: Client, alice: User, network: Network
) -> None:
    second = Network.create(alice, name="Second", public=True)
    Network.objects.update(public=True)
    chosen = {"chosen": [network.public_id, second.public_id]}

    refused = other.post("/networks/archive/", {**chosen, "action": "archive"}, follow=True)
    assert "Only their owners" in html_of(refused)
    assert not Network.objects.exclude(archived_at=None).exists()

    back = {"next": "/networks/?shelf=archived"}
    answer = owner.post("/networks/archive/", {**chosen, **back, "action": "archive"})
    assert answer.headers["Location"] == "/networks/?shelf=archived"
    listed = html_of(owner.get("/networks/?shelf=archived"))
    assert all(f'value="{key}"' in listed for key in chosen["chosen"])

    owner.post("/networks/archive/", {"chosen": [second.public_id], "action": "unarchive"})
    assert list(Network.objects.not_archived()) == [second]


@pytest.mark.parametrize("action", [None, "", "destroy"])
def test_an_action_that_is_none_changes_nothing_and_says_so(
    owner: Client, network: Network, action: str | None
) -> None:
    given = {"chosen": [network.public_id]} | ({} if action is None else {"action": action})

    page = html_of(owner.post("/networks/archive/", given, follow=True))

    assert "Choose what to do with them." in page
    assert "ut of the archive:" not in page
    assert not AuditEntry.objects.filter(action__startswith="network.").exists()


def test_what_is_archived_already_keeps_its_time_and_is_on_record_once(
    owner: Client, network: Network
) -> None:
    archive = {"chosen": [network.public_id], "action": "archive"}
    unarchive = {**archive, "action": "unarchive"}

    owner.post("/networks/archive/", unarchive)
    owner.post("/networks/archive/", archive)
    first = Network.objects.get().archived_at
    owner.post("/networks/archive/", archive)
    owner.post(f"/n/{network.slug}/archive/")

    assert Network.objects.get().archived_at == first
    recorded = AuditEntry.objects.filter(action__startswith="network.")
    assert [entry.action for entry in recorded] == ["network.archived"]


def test_only_who_may_edit_is_offered_to_choose(
    owner: Client, other: Client, network: Network
) -> None:
    Network.objects.update(public=True)

    assert 'name="chosen"' in html_of(owner.get("/networks/"))
    assert 'name="chosen"' not in html_of(other.get("/networks/"))
