"""The ring editor in French: what is stored says nothing about the language of whoever did it."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from networks.models import Network
from networks.models.draft import Draft
from tests.networks.editor_client import etag, send
from tests.people import REWRITE, TO_IMAGE, html_of

FRENCH = {"accept-language": "fr", "HX-Request": "true"}


@pytest.fixture
def french(owner: Client) -> Client:
    owner.defaults["HTTP_ACCEPT_LANGUAGE"] = "fr"
    return owner


def test_what_one_person_did_is_told_to_another_in_their_own_language(
    owner: Client, network: Network, path: str
) -> None:
    send(owner, path, "remove 0")

    undone = owner.post(path, {"do": "undo", "seen": etag(owner, path)}, headers=FRENCH)

    assert (
        "Annulé\u00a0: «\u00a0Dummy text to text\u00a0» retiré de l\u2019emplacement 1."
        in html_of(undone)
    )


def test_a_draft_keeps_what_was_done_in_french_in_english(
    french: Client, network: Network, path: str
) -> None:
    send(french, path, "duplicate 0")

    stored = json.dumps(Draft.for_network(network).past)

    assert "doubled as slot" in stored
    assert "dupliqué" not in stored


def test_the_problems_of_a_ring_are_whole_sentences_in_french(
    french: Client, network: Network, path: str
) -> None:
    answer = html_of(send(french, path, "add", model=TO_IMAGE))

    assert (
        "L\u2019anneau ne se ferme pas\u00a0: «\u00a0Dummy text to image\u00a0», à la fin,"
        in answer
    )
    assert "donne le type image, mais «\u00a0Dummy text to text\u00a0»" in answer
    assert "1 problème" in answer


def test_numbers_in_a_refusal_are_written_as_in_french(french: Client, network: Network) -> None:
    form = {"name": network.name, "slug": network.slug, "description": "x" * 10_001}

    page = html_of(french.post(f"/n/{network.slug}/settings/", form))

    assert "Rien n\u2019est encore enregistré." in page
    assert "10001" in page or "10\u202f000" in page or "10\u00a0000" in page


def test_a_slot_that_the_catalogue_has_lost_says_so_in_french(
    french: Client, network: Network, path: str
) -> None:
    network.slots = [{"model": REWRITE}, {"model": "gone:model"}]
    network.save(update_fields=["slots"])

    page = html_of(french.get(path))

    assert "Plus aucune plateforme ne propose ce modèle." in page
    assert "Emplacement 2\u00a0: aucun modèle ne s\u2019appelle «\u00a0gone:model\u00a0»." in page
