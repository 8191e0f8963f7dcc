"""The ring editor as a test sits before it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from networks.drafts import Draft
from networks.models import Network
from tests.pages.cast import words


@pytest.fixture
def path(network: Network) -> str:
    return reverse("networks:edit", args=[network.slug])


def mark(client: Client, path: str) -> str:
    found = re.search(r'data-mark="([^"]+)"', words(client.get(path)))
    assert found
    return found[1]


def do(client: Client, path: str, command: str, **fields: Any) -> Any:
    """As a script would send it, on the draft as it is now unless `seen` says otherwise."""
    seen = fields.pop("seen", None) or mark(client, path)
    form = {"do": command, "seen": seen, **fields}
    return client.post(path, form, headers={"HX-Request": "true"})


def drafted(network: Network) -> list[str]:
    return [slot.model for slot in Draft.of(network).ring]


def saved(network: Network) -> list[str]:
    network.refresh_from_db()
    return [slot.model for slot in network.ring]
