"""A fake feed: `/ws/stage/` follows one topic, `/ws/pair/` two, `/ws/all/` everything."""

from __future__ import annotations

import json
import threading
import time
from typing import Any, ClassVar, Self

from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.db import transaction

from realtime import log
from realtime.cursors import Cursor
from realtime.events import Progress
from realtime.feeds import NOT_FOUND, Denied, Feed, Frame, Scope
from realtime.models import Event


class ExampleFeed(Feed):
    """Shows the data of events; draws only what is not marked as hidden."""

    calls: ClassVar[dict[str, int]] = {}
    fail_snapshot: ClassVar[bool] = False
    closed: ClassVar[bool] = False
    main_topic: ClassVar[str] = "network:1"
    revalidates_access: ClassVar[bool] = False
    hold: ClassVar[threading.Event] = threading.Event()  # while it is set, nothing is rendered
    rendered: ClassVar[list[Event]] = []

    def __init__(self, key: str, topics: tuple[str, ...], everything: bool) -> None:
        self.key = key
        self.topics = topics
        self.all_topics = everything  # type: ignore[misc]

    @classmethod
    def reset(cls) -> None:
        cls.calls = {"open": 0, "snapshot": 0, "render": 0}
        cls.fail_snapshot = cls.closed = False
        cls.revalidates_access = False
        cls.rendered = []
        cls.hold.clear()

    @classmethod
    async def open(cls, scope: Scope) -> Self:
        cls.calls["open"] += 1
        name = scope["path"].split("/")[2]
        if (name == "private" or cls.closed) and not scope["user"].is_authenticated:
            raise Denied
        if name == "gone":
            raise Denied(NOT_FOUND)
        topics = {"pair": ("network:1", "installation:1"), "all": ()}.get(name, (cls.main_topic,))
        return cls(name, topics, name == "all")

    def snapshot(self) -> dict[str, str]:
        type(self).calls["snapshot"] += 1
        if self.fail_snapshot or self.key == "broken":
            raise RuntimeError("no snapshot today")
        return {"now": f"<p id=now>{Event.objects.count()} events</p>"}

    def render(self, event: Event) -> Frame | None:
        type(self).calls["render"] += 1
        self.rendered.append(event)
        while self.hold.is_set():
            time.sleep(0.01)
        if event.data.get("hidden"):
            return None
        if event.data.get("anew"):
            raise Denied
        if event.data.get("closing"):
            type(self).closed = True
            raise Denied
        if event.data.get("broken"):
            raise RuntimeError("cannot be rendered")
        return Frame({"now": f"<p id=now>{event.data.get('n')}</p>"})

    def command(self, update: Progress) -> tuple[str, object] | None:
        told = update.data["status"]
        return ("volume", 0.5) if told == "quieter" else None

    def render_progress(self, progress: Progress) -> dict[str, str]:
        return {"now": f"<p id=now>{progress.data['status']}</p>"}


def append_now(n: int, topic: str = "network:1", **data: object) -> Cursor:
    with transaction.atomic():
        return log.append(topic, "invocation.completed", {"n": n, **data})


def append_many_now(numbers: range, topic: str = "network:1") -> Cursor:
    with transaction.atomic():
        return log.append_many(topic, [("invocation.completed", {"n": n}) for n in numbers])


class PatientCommunicator(WebsocketCommunicator):
    """Gives the application as long as a busy machine needs; others give it a second."""

    async def connect(self, timeout: float = 30) -> Any:
        return await super().connect(timeout)

    async def disconnect(self, code: int = 1000, timeout: float = 30) -> None:
        await super().disconnect(code, timeout)


append_event = database_sync_to_async(append_now)
append_many_events = database_sync_to_async(append_many_now)


async def opened(client: WebsocketCommunicator) -> dict[str, Any]:
    """Connect and return the welcome."""
    accepted, _ = await client.connect()
    assert accepted
    return await receive_frame(client, "welcome")


async def receive_frame(client: WebsocketCommunicator, kind: str = "event") -> dict[str, Any]:
    """The next frame of this kind; pings in between are skipped."""
    while True:
        frame: dict[str, Any] = json.loads(await client.receive_from(timeout=30))
        if frame["type"] == kind:
            return frame
        assert frame["type"] == "ping"


def take_sent_events(client: WebsocketCommunicator) -> list[dict[str, Any]]:
    """The events that were sent and not received yet; it waits for none."""
    found = []
    while not client.output_queue.empty():
        frame = json.loads(client.output_queue.get_nowait().get("text", "{}"))
        if frame.get("type") == "event":
            found.append(frame)
    return found


async def closed(client: WebsocketCommunicator) -> int:
    """The code the socket is closed with; frames before that are skipped."""
    while True:
        message = await client.receive_output(timeout=30)
        if message["type"] == "websocket.close":
            return int(message["code"])


async def acknowledge(client: WebsocketCommunicator, cursor: str) -> None:
    await client.send_to(text_data=json.dumps({"type": "ack", "cursor": cursor}))
