"""Making and editing a network in a plain form."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from networks.models import Network
from tests.pages.cast import REWRITE, TO_IMAGE, TO_TEXT, words

NEW = "/networks/new/"


def _form(**fields: Any) -> dict[str, Any]:
    return {"name": "Horses", "lockout_seconds": 30, **fields}


def test_a_network_is_made_from_a_demo_ring(owner: Client) -> None:
    answer = owner.post(NEW, _form(begin_with="Whispers", attract="one\n\n two \n"))

    made = Network.objects.get(slug="horses")
    assert answer.headers["Location"] == made.get_absolute_url()
    assert [slot.model for slot in made.ring] == ["local:synth", "local:listener"]
    assert made.attract_prompts == ["one", "two"]
    assert made.public is False


def test_a_network_may_begin_empty(owner: Client) -> None:
    owner.post(NEW, _form())

    assert Network.objects.get(slug="horses").slots == []


def test_a_ring_that_does_not_close_saves_nothing_and_says_every_problem(owner: Client) -> None:
    answer = owner.post(NEW, _form(slot_0="local:painter", slot_2="local:synth"))

    assert answer.status_code == 422
    assert "gives image, but “Word synthesizer” takes text" in words(answer)
    assert "The ring does not close" in words(answer)
    assert 'value="Horses"' in words(answer)
    assert not Network.objects.exists()


def test_an_edit_keeps_the_parameters_of_whoever_stays(owner: Client, network: Network) -> None:
    slow = {"model": REWRITE, "parameters": {"delay_seconds": 1}, "fallback": REWRITE}
    Network.objects.filter(pk=network.pk).update(slots=[slow])

    owner.post(
        reverse("networks:edit", args=[network.slug]),
        _form(slot_0=REWRITE, slot_1="local:rewriter", public="on"),
    )

    network.refresh_from_db()
    assert network.slots[0] == slow
    assert network.slots[1] == {"model": "local:rewriter", "parameters": {}, "fallback": None}
    assert (network.name, network.public) == ("Horses", True)
    assert network.slug == "whispers"


def test_a_ring_cannot_be_emptied(owner: Client, network: Network) -> None:
    answer = owner.post(reverse("networks:edit", args=[network.slug]), _form())

    network.refresh_from_db()
    assert answer.status_code == 422
    assert "The ring is empty" in words(answer)
    assert network.slots == [{"model": REWRITE}]
    assert network.name == "Whispers"


def test_a_model_that_is_gone_is_shown_and_named(owner: Client, network: Network) -> None:
    Network.objects.filter(pk=network.pk).update(slots=[{"model": "gone:away"}])
    path = reverse("networks:edit", args=[network.slug])

    page = owner.get(path)
    answer = owner.post(path, _form(slot_0="gone:away"))

    assert "gone:away (gone)" in words(page)
    assert "there is no model called “gone:away”" in words(page)
    assert answer.status_code == 422


def test_hidden_models_stay_where_they_are_and_are_not_offered(
    owner: Client, network: Network
) -> None:
    text = words(owner.get(reverse("networks:edit", args=[network.slug])))

    assert f'value="{REWRITE}" selected' in text
    assert TO_IMAGE not in text
    assert TO_TEXT not in text


def test_a_lockout_is_a_day_at_most(owner: Client) -> None:
    answer = owner.post(NEW, _form(lockout_seconds=90_000))

    assert answer.status_code == 422
    assert "At most 86,400 seconds" in words(answer)


def test_two_networks_of_one_name_get_addresses_of_their_own(owner: Client) -> None:
    owner.post(NEW, _form())
    owner.post(NEW, _form())

    slugs = set(Network.objects.values_list("slug", flat=True))
    assert len(slugs) == 2
    assert "horses-2" not in slugs
