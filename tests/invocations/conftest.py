"""A network to run, and threads that work in the test's own thread."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.db import connections

from accounts.models import User
from networks.models import Network
from platforms.registry import registered_temporarily

if TYPE_CHECKING:
    from .remote_steps import Asks, Away

T = TypeVar("T")
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def at() -> datetime:
    return NOON


def ring(*models: str | dict[str, object]) -> list[dict[str, object]]:
    """Slots from ids, or from whole slots."""
    return [{"model": slot} if isinstance(slot, str) else slot for slot in models]


@pytest.fixture
def network(alice: User) -> Network:
    """Text to text to text, without waiting."""
    return Network.create(
        alice,
        name="Whispers",
        slots=ring("dummy:text-to-text", "dummy:text-to-text"),
        pacing=[{"until_seconds": None, "delay_seconds": 0}],
        lockout_seconds=30,
    )


class Threads:
    """Runs what it is given at once, where it stands."""

    async def in_database(self, work: Callable[[], T]) -> T:
        return await sync_to_async(work)()

    async def in_media(self, work: Callable[[], T]) -> T:
        return await self.in_database(work)

    def next_holder(self) -> None:
        return None


@pytest_asyncio.fixture
async def threads() -> AsyncIterator[Threads]:
    yield Threads()
    await sync_to_async(connections.close_all)()  # Postgres would not let go of the test's database


@pytest.fixture
def asks() -> Iterator[Asks]:
    from .remote_steps import Asks

    with registered_temporarily(platform := Asks()):
        yield platform


@pytest.fixture
def away() -> Iterator[Away]:
    from .remote_steps import Away

    with registered_temporarily(platform := Away()):
        yield platform
