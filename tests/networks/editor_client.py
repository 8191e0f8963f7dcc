"""The ring editor as a test uses it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from networks.models import Network
from networks.models.draft import Draft
from tests.people import html_of


@pytest.fixture
def path(network: Network) -> str:
    return reverse("networks:edit", args=[network.slug])


def etag(client: Client, path: str) -> str:
    found = re.search(r'data-etag="([^"]+)"', html_of(client.get(path)))
    assert found
    return found[1]


def send(client: Client, path: str, command: str, **fields: Any) -> Any:
    """As a script would send it, on the draft as it is now unless `seen` says otherwise."""
    seen = fields.pop("seen", None) or etag(client, path)
    form = {"do": command, "seen": seen, **fields}
    return client.post(path, form, headers={"HX-Request": "true"})


def draft_models(network: Network) -> list[str]:
    return [slot.model for slot in Draft.for_network(network).ring]


def saved_models(network: Network) -> list[str]:
    network.refresh_from_db()
    return [slot.model for slot in network.ring]
