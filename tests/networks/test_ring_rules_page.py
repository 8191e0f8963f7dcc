"""The rules of a ring through the editor's page: each with rings that keep it and rings that break it."""

from __future__ import annotations

import html

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from networks.models import Network
from tests.networks.editor_client import draft_models, saved_models, send
from tests.networks.ring_cases import BAD, GOOD, Bad, Good
from tests.people import REWRITE, html_of

KNOWN = [case for case in BAD if not any("no model" in said for said in case.said)]


def built(client: Client, path: str, ring: tuple[str, ...]) -> None:
    """Make the draft this ring, the way a person does: take away, and add at the end."""
    send(client, path, "remove 0")
    for model in ring:
        answer = send(client, path, "add", model=model)
        assert answer.status_code == 200


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_a_good_ring_is_saved(case: Good, owner: Client, network: Network, path: str) -> None:
    built(owner, path, case.ring)

    answer = send(owner, path, "save")

    assert answer.status_code == 200
    assert saved_models(network) == list(case.ring)


@pytest.mark.parametrize("case", KNOWN, ids=lambda case: case.name)
def test_a_bad_ring_is_told_with_all_that_is_wrong_and_the_draft_alone_is_kept(
    case: Bad, owner: Client, network: Network, path: str
) -> None:
    built(owner, path, case.ring)

    answer = send(owner, path, "save")

    page = html.unescape(html_of(answer))
    assert answer.status_code == 422
    for said in case.said:
        assert (said.partition(": ")[2] or said) in page
    assert saved_models(network) == [REWRITE]
    assert draft_models(network) == list(case.ring)


def test_every_model_that_is_gone_is_named_and_nothing_else_is_judged(
    owner: Client, network: Network, path: str
) -> None:
    gone = ["acme:gone", "dummy:image-to-audio", "dummy:nope"]
    Network.objects.filter(pk=network.pk).update(slots=[{"model": model} for model in gone])
    send(owner, path, "add", model=REWRITE)

    answer = send(owner, path, "save")

    page = html.unescape(html_of(answer))
    assert answer.status_code == 422
    assert "there is no model called “acme:gone”" in page
    assert "there is no model called “dummy:nope”" in page
    assert saved_models(network) == gone


def test_a_model_that_nobody_offers_is_not_added(
    owner: Client, network: Network, path: str
) -> None:
    answer = send(owner, path, "add", model="acme:gone")

    assert answer.status_code == 422
    assert draft_models(network) == [REWRITE]


def test_a_new_network_is_empty_and_says_what_it_lacks(owner: Client, alice: User) -> None:
    made = Network.create(alice, name="Horses")

    page = html.unescape(html_of(owner.get(reverse("networks:detail", args=[made.slug]))))

    assert made.problems() == ["The ring is empty: add at least one model."]
    assert "The ring is empty" in page


def test_a_slot_says_that_its_fallback_takes_its_place(owner: Client, alice: User) -> None:
    slots = [{"model": "openai:gpt-6-luna", "fallback": "dummy:text-to-text"}]
    made = Network.create(alice, name="Horses", slots=slots)

    page = html.unescape(html_of(owner.get(reverse("networks:detail", args=[made.slug]))))

    assert "takes its place" in page
    assert made.problems() == []
