from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User


@pytest.fixture
def signed_in(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client
