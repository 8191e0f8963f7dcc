"""Claims that wait: a worker asks for work once in 25 seconds, and is given it the moment it is there.

A claim that waits costs no thread and no query. The application answers a claim at once; where that is 204 and
the call may wait, it is kept (`waiting_room`) until a step has become due that the worker could take, and
is asked again then. One wake-up lets one worker ask again, the one that has waited longest.

How often one worker may call is limited here, before the application hears of it (`admission`), and each has its turn
with the application as often as any other (`turns`).
"""

from __future__ import annotations

import asyncio
import json
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from django.utils import timezone

from invocations.models import Invocation
from lib.compiled_statements import CompiledSelect
from lib.problems import problem

from . import film_work, refusals
from .admission import GIVEN, CallAdmission, FarmCaller, HeldBack
from .api.auth import SESSION_HEADER
from .api.protocol import MAX_WAIT_SECONDS, OFFERED
from .eligibility import BY_PRIORITY, Eligibility
from .idle_workers import call_roll
from .refusals import RefusalPace
from .turns import FairTurns
from .waiting_room import ClaimKey, WaitingRoom

ROOT = "/api/farm/v1/"
PATH = f"{ROOT}claim"
MAX_BODY_BYTES = 4096
CALLS_AT_ONCE = 4  # that the application has: the others wait on the event loop, not in threads
MAX_LOOKED_AT = 64  # due steps
MOST_ASKED = 8  # claims of one secret that the application has, or is to have, at a time
NOT_ANSWERED = HeldBack("This worker's other claims are not answered yet.", 1)
Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class LongPoll:
    """ASGI middleware around Django: claims that wait, and limits and turns for all calls of workers;
    everything else passes."""

    def __init__(self, inner: Application, room: WaitingRoom | None = None) -> None:
        self._inner = inner
        self.room = WaitingRoom(workers_for_due_steps, call_roll) if room is None else room
        self._admission = CallAdmission()
        self._asked: Counter[bytes] = Counter()  # claims that the application has, by secret
        self._calls = FairTurns(CALLS_AT_ONCE)
        self._refusals = RefusalPace()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(ROOT):
            await self._inner(scope, receive, send)
            return
        caller = FarmCaller(scope)
        if held_back := self._admission.held_back(caller, scope["method"]):
            await self._refusals.wait(caller.paced_as)
            await _send_all(send, _too_many(held_back))
        elif scope["method"] == "POST" and scope["path"] == PATH:
            await self._claim(scope, caller, receive, send)
        else:
            await self._call(scope, caller, receive, send)

    async def _call(self, scope: Scope, caller: FarmCaller, receive: Receive, send: Send) -> None:
        """Any other one. Files and what is only read are sent without a turn."""
        refusal: list[Message] = []

        async def send_or_keep(message: Message) -> None:
            if "status" in message:
                self._admission.note(caller, scope, message["status"])
            if refusal or message.get("status") in refusals.STATUSES:
                refusal.append(message)
            else:
                await send(message)

        if scope["method"] == "POST":
            async with self._calls.turn(caller.paced_as):
                await self._inner(scope, receive, send_or_keep)
        else:
            await self._inner(scope, receive, send_or_keep)
        if refusal:
            await self._refusals.wait(caller.paced_as)
            await _send_all(send, tuple(refusal))

    async def _claim(self, scope: Scope, caller: FarmCaller, receive: Receive, send: Send) -> None:
        secret, session = _credentials(scope)
        body = await _read_body(receive)
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            answer = await self._answer(scope, (secret, session, body), caller, gone)
        finally:
            gone.cancel()
        if answer[0]["status"] in refusals.STATUSES:
            await self._refusals.wait(caller.paced_as)
        await _send_all(send, answer)

    async def close(self) -> None:
        """For tests: the process's end needs no word."""
        await self.room.close()

    async def _answer(
        self, scope: Scope, key: ClaimKey, caller: FarmCaller, gone: asyncio.Future[None]
    ) -> tuple[Message, ...]:
        seconds = _wait_seconds(key[2])
        ends = asyncio.get_running_loop().time() + seconds
        self.room.open()
        worker = self.room.recall(key) if seconds else None
        left_out, is_woken = self.room.left_out, False
        while True:
            if worker is None:
                left_out = self.room.left_out
                if self._asked[key[0]] >= MOST_ASKED:
                    return _too_many(NOT_ANSWERED)
                answer = await self._ask(scope, key, caller)
                if not is_woken or scope.get(GIVEN):
                    self._admission.note(caller, scope, answer[0]["status"])
                worker = scope.pop(OFFERED, None)
                if worker is None or answer[0]["status"] != 204:
                    return answer
                self.room.remember(key, worker)
            left = ends - asyncio.get_running_loop().time()
            if left <= 0 or not await self.room.wait(worker, left, gone, left_out=left_out):
                over = asyncio.get_running_loop().time() >= ends - 0.01
                return _nothing(retry_after=0 if seconds and over else 1)
            worker, is_woken = None, True

    async def _ask(self, scope: Scope, key: ClaimKey, caller: FarmCaller) -> tuple[Message, ...]:
        """One answer of the application, kept."""
        secret, _, body = key
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

        self._asked[secret] += 1
        try:
            async with self._calls.turn(caller.paced_as):
                await self._inner(scope, receive, send)
        finally:
            self._asked[secret] -= 1
            if not self._asked[secret]:
                del self._asked[secret]
        return tuple(answer)


def workers_for_due_steps() -> list[frozenset[str]]:
    """For each step of the farm that is due, and each task of a film that is ready, the ids of the workers that
    could take it. Seven queries at most, however many workers there are; one or two where there is nothing."""
    at = timezone.now()
    steps = _DUE.rows(at=at)
    eligibility = Eligibility(steps, at)
    of_steps = [frozenset(one.public_id for one in eligibility.able(step)) for step in steps]
    return of_steps + film_work.workers_for_ready_tasks(at)


# Every wake-up asks while somebody waits.
_DUE: CompiledSelect[Invocation] = CompiledSelect(
    lambda *, at: (
        Invocation.objects.due(at)
        .filter(model__startswith="farm:")
        .order_by(*BY_PRIORITY, "due_at", "id")
        .select_related("run__network")[:MAX_LOOKED_AT]
    )
)


def _credentials(scope: Scope) -> tuple[bytes, bytes]:
    """Of the secret and of the session; empty where they are not said."""
    headers = dict(scope.get("headers", ()))
    return headers.get(b"authorization", b""), headers.get(SESSION_HEADER.lower().encode(), b"")


async def _send_all(send: Send, answer: tuple[Message, ...]) -> None:
    for message in answer:
        await send(message)


def _nothing(*, retry_after: int) -> tuple[Message, ...]:
    """At once again for who has waited all its time: while it does not ask, it is given nothing."""
    headers = [(b"retry-after", str(retry_after).encode())]
    return (
        {"type": "http.response.start", "status": 204, "headers": headers},
        {"type": "http.response.body", "body": b""},
    )


def _too_many(held_back: HeldBack) -> tuple[Message, ...]:
    """As the application says it."""
    refused = problem(429, "too_many", held_back.sentence)
    headers = [
        (b"content-type", refused["Content-Type"].encode()),
        (b"retry-after", str(math.ceil(held_back.seconds)).encode()),
    ]
    return (
        {"type": "http.response.start", "status": 429, "headers": headers},
        {"type": "http.response.body", "body": refused.content},
    )


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
