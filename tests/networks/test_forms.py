"""Making a network: a name, and on to its ring."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from networks.models import Network

NEW = "/networks/new/"


def test_a_network_begins_with_a_name_and_no_more(owner: Client) -> None:
    answer = owner.post(NEW, {"name": "Horses"})

    made = Network.objects.get(slug="horses")
    assert answer.headers["Location"] == reverse("networks:edit", args=["horses"])
    assert made.slots == []
    assert made.public is False


def test_without_a_name_there_is_no_network(owner: Client) -> None:
    answer = owner.post(NEW, {"name": " "})

    assert answer.status_code == 422
    assert not Network.objects.exists()


def test_two_networks_of_one_name_get_addresses_of_their_own(owner: Client) -> None:
    owner.post(NEW, {"name": "Horses"})
    owner.post(NEW, {"name": "Horses"})

    slugs = set(Network.objects.values_list("slug", flat=True))
    assert len(slugs) == 2
    assert "horses-2" not in slugs
