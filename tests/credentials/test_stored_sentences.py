"""What was found out about keys and servers is kept in English and shown in each reader's language."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from credentials import discovery
from credentials.models import Credential, Server
from platforms import sentences
from tests.people import html_of

FRENCH = {"accept-language": "fr"}


def test_why_a_server_does_not_answer_is_shown_in_french(admin: Client) -> None:
    server = Server.add(kind="comfyui", name="Rack", address="http://10.0.0.2:8188")
    server.note_check(None, discovery.NO_LIST % {"status": 502}, at=timezone.now())

    page = html_of(admin.get(reverse("server", args=[server.public_id]), headers=FRENCH))

    assert "ne répond pas" in page
    assert "il répond 502 là où sa liste devrait être\u00a0: vérifiez l\u2019adresse." in page


def test_how_the_test_of_a_key_went_is_shown_in_french(alice: User, owner: Client) -> None:
    key = Credential.store(owner=alice, platform="replicate", name="Studio", plain="r8_secret")
    said = sentences.TAKES_KEY_OF_ACCOUNT % {"provider": "Replicate", "account": "ada"}
    key.note_test(said, passed=True, refused=False, at=timezone.now())

    page = html_of(owner.get(reverse("keys:detail", args=[key.public_id]), headers=FRENCH))

    assert "Replicate accepte cette clé. Elle appartient au compte «\u00a0ada\u00a0»." in page
    assert "fonctionne" in page
