"""A feed to follow, and a way to connect to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser

from lib.database_thread import close_connection
from realtime import hub
from realtime.consumers import WatchConsumer

from .fixtures import ExampleFeed, PatientCommunicator

Connect = Callable[..., PatientCommunicator]


@pytest_asyncio.fixture
async def connect() -> AsyncIterator[Connect]:
    """Makes clients of the stage; everything they leave behind is gone after the test."""
    clients: list[PatientCommunicator] = []

    def make(
        path: str = "/ws/stage/", *, user: object | None = None, **headers: str
    ) -> PatientCommunicator:
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        application = WatchConsumer.as_asgi(feed=ExampleFeed)
        client = PatientCommunicator(application, path, headers=[(b"host", b"wall"), *pairs])
        scope: dict[str, Any] = dict(client.scope)
        client.scope = {**scope, "user": user or AnonymousUser()}  # type: ignore[typeddict-item]
        clients.append(client)
        return client

    yield make
    for client in clients:
        await client.disconnect()
    await hub.current().close()
    await sync_to_async(close_connection)()  # the thread that asynchronous tests query in


@pytest.fixture(autouse=True)
def reset_feed() -> None:
    ExampleFeed.reset()
