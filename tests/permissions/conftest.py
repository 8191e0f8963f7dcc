from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from tests.permissions.scenario import Stage


@pytest.fixture(scope="module")
def stage(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Stage]:
    """With a private or a public network; built once, because every question leaves it as it was."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield Stage(public=request.param == "public")
        transaction.set_rollback(True)
