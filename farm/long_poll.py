"""Claims that wait: a worker asks for work once in 25 seconds, and is given it the moment it is there.

A claim that waits costs no thread and no query. The application answers a claim at once; where that is 204 and
the call may wait, it is kept here until a step has become due that a farm worker could take, and is
asked again then. One wake-up lets one worker ask again, the one that has waited longest.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from django.utils import timezone

from invocations.models import Invocation
from lib.database_thread import DatabaseThread
from lib.watched_tasks import WatchedTask, report_round
from realtime.wakeup import WakeUpListener

from .api.protocol import MAX_WAIT_SECONDS, OFFERED
from .eligibility import Eligibility

PATH = "/api/farm/v1/claim"
LOOK_EVERY_SECONDS = 1.0  # a wake-up may be lost, and a step may become due without one
MAX_BODY_BYTES = 4096
Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Due = Callable[[], list[frozenset[str]]]


class LongPoll:
    """ASGI middleware around Django: claims that wait; everything else passes."""

    def __init__(self, inner: Application, due: Due | None = None) -> None:
        """`due`: which workers could take a step that is due, for each such step."""
        self._inner = inner
        self.room = WaitingRoom(due or workers_for_due_steps)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self._inner(scope, receive, send)
            return
        body = await _read_body(receive)
        seconds = _wait_seconds(body)
        ends = asyncio.get_running_loop().time() + seconds
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            before: int | None = self.room.open()
            while True:
                answer = await self._ask(scope, body)
                left = ends - asyncio.get_running_loop().time()
                if answer[0]["status"] != 204 or OFFERED not in scope or left <= 0:
                    break
                worker, missed = scope.pop(OFFERED), before not in (None, self.room.wake_ups)
                before = None  # a step that became due while it asked: it asks again, once
                if not missed and not await self.room.wait(worker, left, gone):
                    break
        finally:
            gone.cancel()
        for message in answer:
            await send(message)

    async def close(self) -> None:
        """For tests: the process's end needs no word."""
        await self.room.close()

    async def _ask(self, scope: Scope, body: bytes) -> list[Message]:
        """One answer of the application, kept."""
        answer: list[Message] = []
        messages = [{"type": "http.request", "body": body, "more_body": False}]
        never = asyncio.Event()

        async def receive() -> Message:
            if messages:
                return messages.pop()
            await never.wait()
            raise AssertionError

        async def send(message: Message) -> None:
            answer.append(message)

        await self._inner(scope, receive, send)
        return answer


class WaitingRoom:
    """The workers of this process's open claims, the longest waiting first."""

    def __init__(self, due: Due) -> None:
        self._due = due
        self.wake_ups = 0  # so far
        self._waiting: dict[asyncio.Event, str] = {}
        self._watch: WatchedTask | None = None
        self._thread = DatabaseThread("farm")

    def open(self) -> int:
        """Begin to listen. Returns how many wake-ups there were so far."""
        if self._watch is None:
            self._watch = WatchedTask("the wait for work of the farm", self._run)
        return self.wake_ups

    async def wait(self, worker: str, seconds: float, gone: asyncio.Future[None]) -> bool:
        """Until the worker of this id had better ask again; False once the time is over or its client
        has left."""
        woken = asyncio.Event()
        self._waiting[woken] = worker
        waiting = asyncio.ensure_future(woken.wait())
        try:
            ends: set[asyncio.Future[Any]] = {waiting, gone}
            await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            return woken.is_set() and not gone.done()
        finally:
            waiting.cancel()
            self._waiting.pop(woken, None)

    async def close(self) -> None:
        if self._watch is not None:
            await self._watch.cancel()
        self._thread.shutdown()

    async def _run(self) -> None:
        with WakeUpListener("work") as listener:
            while True:
                self.wake_ups += len(await listener.wait_async(LOOK_EVERY_SECONDS))
                report_round()
                if self._waiting:
                    self._wake(await self._thread.run(self._due))

    def _wake(self, wanted: list[frozenset[str]]) -> None:
        """Of each set of workers, the one that has waited longest."""
        for able in wanted:
            for woken, worker in self._waiting.items():
                if worker in able and not woken.is_set():
                    woken.set()
                    break


def workers_for_due_steps() -> list[frozenset[str]]:
    """For each step of the farm that is due, the ids of the workers that could take it. Four queries at
    most, however many workers there are."""
    at = timezone.now()
    due = Invocation.objects.due(at).filter(model__startswith="farm:")
    steps = list(due[:64])
    eligibility = Eligibility(steps, at)
    return [frozenset(one.public_id for one in eligibility.able(step)) for step in steps]


async def _read_body(receive: Receive) -> bytes:
    """At most a little more than a claim has; the application refuses the rest."""
    body = b""
    while len(body) <= MAX_BODY_BYTES:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] != "http.request" or not message.get("more_body", False):
            break
    return body


def _wait_seconds(body: bytes) -> float:
    """0 where the application will say what is wrong with it."""
    with suppress(ValueError, TypeError, AttributeError, RecursionError):
        return min(MAX_WAIT_SECONDS, max(0.0, float(json.loads(body).get("wait_seconds", 0))))
    return 0.0


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
