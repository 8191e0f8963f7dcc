"""Claims that wait: woken when there is work, one worker for one step, and over in time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import panic.api.problems  # noqa: F401  registers the codes, as the server does
from farm import long_poll, unknown_secrets
from farm.admission import FRUITLESS_PER_MINUTE, CallAdmission
from farm.api.protocol import OFFERED
from farm.idle_workers import IdleWorker
from farm.long_poll import PATH, ROOT, LongPoll
from farm.refusals import RefusalPace
from farm.stamp import stamp
from farm.waiting_room import WaitingRoom
from lib.token_buckets import Buckets
from realtime import wakeup


class Farm:
    """An application that answers claims, and the steps that are due."""

    def __init__(self) -> None:
        self.due: list[frozenset[str]] = []
        self.asked: list[str] = []
        self.looks = 0
        self.changed: set[str] = set()
        self.answered: Callable[[str], Awaitable[None]] | None = None  # called after an answer

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        worker = scope["worker"]
        self.asked.append(worker)
        if any(worker in able for able in self.due):
            self.due.clear()
            status = 200
        else:
            scope[OFFERED] = idle(worker)
            status = 204
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        if self.answered:
            await self.answered(worker)

    def look(self) -> list[frozenset[str]]:
        self.looks += 1
        return list(self.due)

    def call_roll(self, asked: Any, waiting: Any, at: Any) -> set[IdleWorker]:
        return {one for one in asked if one.public_id not in self.changed}

    def know(self, worker: str) -> None:
        """As the application does, once it has looked the secret up."""
        unknown_secrets.unknown_secrets.note(worker, known=True)

    def make_due(self, *workers: str) -> None:
        self.due.append(frozenset(workers))
        wakeup.notify("work")


class Counted(RefusalPace):
    """Lets each refusal go as soon as `opened`."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.opened = asyncio.Event()
        self.opened.set()

    async def wait(self, who: str) -> None:
        self.count += 1
        await self.opened.wait()


def idle(worker: str) -> IdleWorker:
    return IdleWorker(sum(worker.encode()), worker, worker, "")


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

    scope = {
        "type": "http",
        "path": PATH,
        "method": "POST",
        "worker": worker,
        "headers": [(b"authorization", b"Bearer " + worker.encode())],
    }
    await app(scope, receive, send)
    status: int = sent[0]["status"]
    return status


def run(scene: Callable[[Farm, LongPoll, asyncio.Event], Any]) -> Any:
    async def play() -> Any:
        farm = Farm()
        app = LongPoll(farm, WaitingRoom(farm.look, farm.call_roll))
        try:
            return await asyncio.wait_for(scene(farm, app, asyncio.Event()), 60)
        finally:
            await app.close()

    return asyncio.run(play())


async def until_asked(farm: Farm, count: int) -> None:
    while len(farm.asked) < count:
        await asyncio.sleep(0.005)


async def until_rolled(app: LongPoll) -> None:
    wakeup.notify("work")
    while not app.room.rolls:
        await asyncio.sleep(0.005)


async def until_left_out(app: LongPoll, count: int) -> None:
    while app.room.left_out < count:
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
        other = asyncio.ensure_future(claim(app, "bob", 25, leaves))  # so that there are looks
        await until_asked(farm, 1)

        async def meanwhile(worker: str) -> None:
            farm.answered, looks = None, farm.looks
            farm.make_due("ada")
            while farm.looks == looks:
                await asyncio.sleep(0.005)

        farm.answered = meanwhile

        assert await claim(app, "ada", 25, leaves) == 200
        assert farm.asked == ["bob", "ada", "ada"]
        leaves.set()
        await other

    run(scene)


def test_the_next_claim_of_an_idle_worker_does_not_reach_the_application() -> None:
    async def scene(farm: Farm, app: LongPoll, leaves: asyncio.Event) -> None:
        other = asyncio.ensure_future(claim(app, "bob", 25, leaves))
        await until_asked(farm, 1)
        assert await claim(app, "ada", 0.05, leaves) == 204
        await until_rolled(app)
        assert await claim(app, "ada", 0.05, leaves) == 204
        waiting = asyncio.ensure_future(claim(app, "ada", 0.05, leaves))
        assert await waiting == 204
        assert farm.asked == ["bob", "ada"]

        waiting = asyncio.ensure_future(claim(app, "ada", 25, leaves))
        await asyncio.sleep(0)
        farm.make_due("ada")
        assert await waiting == 200
        leaves.set()
        await other

    run(scene)


def test_nobody_looks_for_work_while_nobody_waits_and_who_comes_next_asks_at_once() -> None:
    async def scene(farm: Farm, app: LongPoll, leaves: asyncio.Event) -> None:
        assert await claim(app, "ada", 0.05, leaves) == 204
        await until_rolled(app)
        looks, left_out = farm.looks, app.room.left_out
        farm.make_due("ada")
        await until_left_out(app, left_out + 1)

        assert await claim(app, "ada", 25, leaves) == 200
        assert (farm.asked, farm.looks) == (["ada", "ada"], looks)

    run(scene)


def test_work_that_comes_while_the_only_worker_is_told_nothing_is_not_missed() -> None:
    async def scene(farm: Farm, app: LongPoll, leaves: asyncio.Event) -> None:
        async def meanwhile(worker: str) -> None:
            farm.answered, left_out = None, app.room.left_out
            farm.make_due("ada")
            await until_left_out(app, left_out + 1)

        farm.answered = meanwhile

        assert await claim(app, "ada", 25, leaves) == 200
        assert farm.asked == ["ada", "ada"]

    run(scene)


def test_a_change_of_a_worker_lets_its_claim_be_asked_again() -> None:
    async def scene(farm: Farm, app: LongPoll, leaves: asyncio.Event) -> None:
        waiting = [asyncio.ensure_future(claim(app, one, 25, leaves)) for one in ("ada", "bob")]
        await until_asked(farm, 2)
        await until_rolled(app)
        farm.changed = {"ada"}
        stamp.path.touch()

        await until_asked(farm, 3)
        assert farm.asked[2:] == ["ada"]
        leaves.set()
        await asyncio.gather(*waiting)

    run(scene)


def test_a_second_claim_of_a_worker_ends_the_first() -> None:
    async def scene(farm: Farm, app: LongPoll, leaves: asyncio.Event) -> None:
        first = asyncio.ensure_future(claim(app, "ada", 25, leaves))
        await until_asked(farm, 1)
        second = asyncio.ensure_future(claim(app, "ada", 25, leaves))

        assert await first == 204
        assert app.room.open_claims == 1
        leaves.set()
        await second

    run(scene)


def test_a_flood_of_claims_is_refused_and_costs_the_others_nothing() -> None:
    async def scene(farm: Farm, app: LongPoll, leaves: asyncio.Event) -> None:
        calls, fruitless = Buckets(lambda: 0.0), Buckets(lambda: 0.0)
        app._admission, app._refusals = CallAdmission(calls, fruitless), Counted()
        farm.know("eve")
        waiting = asyncio.ensure_future(claim(app, "bob", 25, leaves))
        await until_asked(farm, 1)
        answers = [await claim(app, "eve", 0, leaves) for _ in range(10_000)]

        assert FRUITLESS_PER_MINUTE - 1 <= answers.count(204) <= FRUITLESS_PER_MINUTE
        assert answers.count(204) + answers.count(429) == 10_000
        assert farm.asked.count("eve") == answers.count(204), "the application hears of no more"
        assert app._refusals.count == answers.count(429), "each has waited for its turn"
        farm.make_due("bob")
        assert await waiting == 200

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


def test_many_claims_of_one_worker_do_not_keep_the_application_from_the_others() -> None:
    async def scene(farm: Farm, app: LongPoll, leaves: asyncio.Event) -> None:
        busy = asyncio.Event()

        async def slow(worker: str) -> None:
            if worker == "eve":
                await busy.wait()

        farm.answered = slow
        flood = [asyncio.ensure_future(claim(app, "eve", 0, leaves)) for _ in range(100)]
        answered = [await one for one in asyncio.as_completed(flood[long_poll.MOST_ASKED :])]
        assert set(answered) == {429}
        busy.set()
        assert [await one for one in flood[: long_poll.MOST_ASKED]] == [204] * 8

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


def test_who_is_refused_waits_without_keeping_the_application_from_others() -> None:
    async def scene(farm: Farm, app: LongPoll, leaves: asyncio.Event) -> None:
        async def inner(scope: Any, receive: Any, send: Any) -> None:
            status = 401 if scope["worker"] == "eve" else 200
            await send({"type": "http.response.start", "status": status, "headers": []})
            await send({"type": "http.response.body", "body": scope["worker"].encode()})

        async def call(worker: str) -> list[Any]:
            sent: list[Any] = []

            async def send(message: Any) -> None:
                sent.append(message)

            scope = {"type": "http", "path": f"{ROOT}sign-off", "method": "POST", "worker": worker}
            await other(scope, leaves, send)  # type: ignore[arg-type]  # only passed on
            return sent

        other, pace = LongPoll(inner, app.room), Counted()
        other._refusals = pace
        pace.opened.clear()
        flood = [asyncio.ensure_future(call("eve")) for _ in range(100)]

        assert (await call("bob"))[0]["status"] == 200
        assert not any(one.done() for one in flood)
        pace.opened.set()
        for start, body in await asyncio.gather(*flood):
            assert (start["status"], body["body"]) == (401, b"eve")

    run(scene)
