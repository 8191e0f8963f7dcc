"""Claims that wait: woken when there is work, one worker for one step, and over in time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from farm.api.protocol import OFFERED
from farm.long_poll import PATH, LongPoll
from realtime import wakeup


class Farm:
    """An application that answers claims, and the steps that are due."""

    def __init__(self) -> None:
        self.due: list[frozenset[str]] = []
        self.asked: list[str] = []
        self.answered: Callable[[str], Awaitable[None]] | None = None  # called after an answer

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        worker = scope["worker"]
        self.asked.append(worker)
        if any(worker in able for able in self.due):
            self.due.clear()
            status = 200
        else:
            scope[OFFERED] = worker
            status = 204
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        if self.answered:
            await self.answered(worker)

    def make_due(self, *workers: str) -> None:
        self.due.append(frozenset(workers))
        wakeup.notify("work")


async def claim(app: LongPoll, worker: str, seconds: Any, leaves: asyncio.Event) -> int:
    """The status of the answer."""
    body = [json.dumps({"slots": 1, "wait_seconds": seconds}).encode()]
    sent: list[Any] = []

    async def receive() -> Any:
        if body:
            return {"type": "http.request", "body": body.pop(), "more_body": False}
        await leaves.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": PATH, "method": "POST", "worker": worker}
    await app(scope, receive, send)
    status: int = sent[0]["status"]
    return status


def run(scene: Callable[[Farm, LongPoll, asyncio.Event], Any]) -> Any:
    async def play() -> Any:
        farm = Farm()
        app = LongPoll(farm, lambda: list(farm.due))
        try:
            return await asyncio.wait_for(scene(farm, app, asyncio.Event()), 60)
        finally:
            await app.close()

    return asyncio.run(play())


async def until_asked(farm: Farm, count: int) -> None:
    while len(farm.asked) < count:
        await asyncio.sleep(0.005)


def test_a_claim_that_does_not_wait_is_answered_at_once() -> None:
    async def scene(farm: Farm, app: LongPoll, leaves: asyncio.Event) -> None:
        assert await claim(app, "ada", 0, leaves) == 204
        assert await claim(app, "ada", "soon", leaves) == 204
        assert farm.asked == ["ada", "ada"]

    run(scene)


def test_a_claim_waits_until_there_is_work() -> None:
    async def scene(farm: Farm, app: LongPoll, leaves: asyncio.Event) -> None:
        waiting = asyncio.ensure_future(claim(app, "ada", 25, leaves))
        await until_asked(farm, 1)
        farm.make_due("ada")

        assert await waiting == 200
        assert farm.asked == ["ada", "ada"]

    run(scene)


def test_one_step_lets_one_worker_ask_again_and_the_longest_waiting_first() -> None:
    async def scene(farm: Farm, app: LongPoll, leaves: asyncio.Event) -> None:
        waiting = []
        for worker in ("ada", "bob", "eve"):
            waiting.append(asyncio.ensure_future(claim(app, worker, 25, leaves)))
            await until_asked(farm, len(waiting))
        farm.make_due("bob", "eve")

        assert await waiting[1] == 200
        assert farm.asked == ["ada", "bob", "eve", "bob"]
        leaves.set()
        await asyncio.gather(*waiting)

    run(scene)


def test_a_step_that_becomes_due_while_its_worker_asks_is_not_missed() -> None:
    async def scene(farm: Farm, app: LongPoll, leaves: asyncio.Event) -> None:
        async def meanwhile(worker: str) -> None:
            farm.answered = None
            app.room.wake_ups += 1  # as one that is heard does
            farm.due.append(frozenset({worker}))

        farm.answered = meanwhile

        assert await claim(app, "ada", 25, leaves) == 200
        assert farm.asked == ["ada", "ada"]

    run(scene)


def test_a_claim_is_over_when_its_time_is() -> None:
    async def scene(farm: Farm, app: LongPoll, leaves: asyncio.Event) -> None:
        assert await claim(app, "ada", 0.05, leaves) == 204
        assert farm.asked == ["ada"]

    run(scene)


def test_whoever_hangs_up_is_given_nothing() -> None:
    async def scene(farm: Farm, app: LongPoll, leaves: asyncio.Event) -> None:
        waiting = asyncio.ensure_future(claim(app, "ada", 25, leaves))
        await until_asked(farm, 1)
        leaves.set()
        await waiting
        farm.make_due("ada")

        assert farm.asked == ["ada"]
        assert farm.due, "the step is there for another one"

    run(scene)


def test_other_calls_pass() -> None:
    async def scene(farm: Farm, app: LongPoll, leaves: asyncio.Event) -> None:
        passed: list[Any] = []

        async def inner(scope: Any, receive: Any, send: Any) -> None:
            passed.append(receive)

        other = LongPoll(inner)
        for scope in ({"type": "http", "path": "/", "method": "POST"}, {"type": "lifespan"}):
            await other(scope, leaves, None)  # type: ignore[arg-type]  # only passed on

        assert passed == [leaves, leaves]

    run(scene)
