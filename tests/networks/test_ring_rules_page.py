"""The rules of a ring through the editor's page: each with rings that keep it and rings that break it."""

from __future__ import annotations

import html

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from networks.models import Network
from tests.networks.desk import do, drafted, saved
from tests.networks.ring_cases import BAD, GOOD, Bad, Good
from tests.pages.cast import REWRITE, words

KNOWN = [case for case in BAD if not any("no model" in said for said in case.said)]


def built(client: Client, path: str, ring: tuple[str, ...]) -> None:
    """Make the draft this ring, the way a person does: take away, and add at the end."""
    do(client, path, "remove 0")
    for model in ring:
        answer = do(client, path, "add", model=model)
        assert answer.status_code == 200


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_a_good_ring_is_saved(case: Good, owner: Client, network: Network, path: str) -> None:
    built(owner, path, case.ring)

    answer = do(owner, path, "save")

    assert answer.status_code == 200
    assert saved(network) == list(case.ring)


@pytest.mark.parametrize("case", KNOWN, ids=lambda case: case.name)
def test_a_bad_ring_is_told_with_all_that_is_wrong_and_the_draft_alone_is_kept(
    case: Bad, owner: Client, network: Network, path: str
) -> None:
    built(owner, path, case.ring)

    answer = do(owner, path, "save")

    page = html.unescape(words(answer))
    assert answer.status_code == 422
    for said in case.said:
        assert (said.partition(": ")[2] or said) in page
    assert saved(network) == [REWRITE]
    assert drafted(network) == list(case.ring)


def test_every_model_that_is_gone_is_named_and_nothing_else_is_judged(
    owner: Client, network: Network, path: str
) -> None:
    gone = ["acme:gone", "dummy:image-to-audio", "dummy:nope"]
    Network.objects.filter(pk=network.pk).update(slots=[{"model": model} for model in gone])
    do(owner, path, "add", model=REWRITE)

    answer = do(owner, path, "save")

    page = html.unescape(words(answer))
    assert answer.status_code == 422
    assert "there is no model called “acme:gone”" in page
    assert "there is no model called “dummy:nope”" in page
    assert saved(network) == gone


def test_a_model_that_nobody_offers_is_not_added(
    owner: Client, network: Network, path: str
) -> None:
    answer = do(owner, path, "add", model="acme:gone")

    assert answer.status_code == 422
    assert drafted(network) == [REWRITE]


def test_a_new_network_is_empty_and_says_what_it_lacks(owner: Client, alice: User) -> None:
    made = Network.create(alice, name="Horses")

    page = html.unescape(words(owner.get(reverse("networks:detail", args=[made.slug]))))

    assert made.problems() == ["The ring is empty: add at least one model."]
    assert "The ring is empty" in page
