"""Who waits for work at this process, and who is asked in when there is some.

A worker that was told "nothing" is remembered, so that its next claim costs neither a thread nor a query:
it waits at once. What would make the application answer otherwise lets the claim be asked again: a
step that has become due and that it could take, or any change of its row (`call_roll`).

While nobody waits, nobody looks for due steps either: whoever comes next asks the application itself.
That is how it goes with a worker that does one step after the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from lib.database_thread import DatabaseThread
from lib.watched_tasks import WatchedTask, report_round
from realtime.wakeup import WakeUpListener

from .idle_workers import IdleWorker
from .stamp import stamp

LOOK_EVERY_SECONDS = 1.0  # a wake-up may be lost, and a step may become due without one
ROLL_EVERY_SECONDS = 10.0  # besides each change
REMEMBERED_SECONDS = 30.0  # between two claims
MAX_REMEMBERED = 10_000
Due = Callable[[], list[frozenset[str]]]
CallRoll = Callable[[Collection[IdleWorker], Collection[int], datetime], set[IdleWorker]]
ClaimKey = tuple[bytes, bytes, bytes]  # secret, session and body: the same one is answered the same


@dataclass(slots=True, eq=False)
class RememberedClaim:
    worker: IdleWorker
    last_used: float


@dataclass(slots=True, eq=False)
class OpenClaim:
    """`answer`: whether to ask the application again; False: the time is over."""

    worker: IdleWorker
    answer: asyncio.Future[bool]

    def settle(self, asks: bool) -> None:
        if not self.answer.done():
            self.answer.set_result(asks)


class WaitingRoom:
    """The open claims of this process, the longest waiting first; one of each worker."""

    def __init__(self, due: Due, call_roll: CallRoll) -> None:
        """`due`: which workers could take a step that is due, for each such step."""
        self._due = due
        self._call_roll = call_roll
        self._waiting: dict[int, OpenClaim] = {}
        self._remembered: dict[ClaimKey, RememberedClaim] = {}
        self._unserved: list[frozenset[str]] = []  # due steps for which nobody was waiting
        self._left_out = 0  # looks that were left out when the last one was taken
        self.rolls = 0  # that were called so far
        self.left_out = 0  # looks for due steps so far: nobody was waiting
        self._stamp: object = None
        self._rolled_at = 0.0
        self._watch: WatchedTask | None = None
        self._thread = DatabaseThread("farm")

    @property
    def open_claims(self) -> int:
        return len(self._waiting)

    def open(self) -> None:
        """Begin to listen."""
        if self._watch is None:
            self._watch = WatchedTask("the wait for work of the farm", self._run)

    def remember(self, key: ClaimKey, worker: IdleWorker) -> None:
        """There was no work for this claim."""
        if len(self._remembered) < MAX_REMEMBERED or key in self._remembered:
            self._remembered[key] = RememberedClaim(worker, _now())

    def recall(self, key: ClaimKey) -> IdleWorker | None:
        """Whose claim this is, if the application would say again that there is nothing."""
        found = self._remembered.get(key)
        if found is None or self.left_out != self._left_out or stamp.read() != self._stamp:
            return None
        found.last_used = _now()
        return found.worker

    async def wait(
        self, worker: IdleWorker, seconds: float, gone: asyncio.Future[None], *, left_out: int
    ) -> bool:
        """Until the worker had better ask again; False once the time is over, its client has left, or
        it has sent another claim. `left_out`: looks, when it was last told that there is nothing."""
        if self._is_unserved(worker) or left_out != self.left_out:
            return True
        loop = asyncio.get_running_loop()
        mine = OpenClaim(worker, loop.create_future())
        if earlier := self._waiting.pop(worker.pk, None):
            earlier.settle(False)
        self._waiting[worker.pk] = mine
        timer = loop.call_later(seconds, mine.settle, False)
        gone.add_done_callback(lambda _: mine.settle(False))
        try:
            return await mine.answer and not gone.done()
        finally:
            timer.cancel()
            if self._waiting.get(worker.pk) is mine:
                del self._waiting[worker.pk]

    async def close(self) -> None:
        if self._watch is not None:
            await self._watch.cancel()
        self._thread.shutdown()

    def _is_unserved(self, worker: IdleWorker) -> bool:
        """Whether a step became due for it while it was not waiting; it asks for that one once."""
        for number, able in enumerate(self._unserved):
            if worker.public_id in able:
                del self._unserved[number]
                return True
        return False

    async def _run(self) -> None:
        with WakeUpListener("work", "films") as listener:
            while True:
                await listener.wait_async(LOOK_EVERY_SECONDS)
                report_round()
                if self._waiting or self._remembered:
                    await self._roll()
                if self._waiting:
                    self._left_out = self.left_out
                    self._wake(await self._thread.run(self._due))
                else:
                    self._unserved = []
                    self.left_out += 1

    def _wake(self, wanted: list[frozenset[str]]) -> None:
        """Of each set of workers, the one that has waited longest."""
        self._unserved = []
        for able in wanted:
            for claim in self._waiting.values():
                if claim.worker.public_id in able and not claim.answer.done():
                    claim.settle(True)
                    break
            else:
                self._unserved.append(able)

    async def _roll(self) -> None:
        """Let those ask again of whom something has changed."""
        current = stamp.read()
        if current == self._stamp and _now() - self._rolled_at < ROLL_EVERY_SECONDS:
            return
        self._forget_silent()
        waiting = {pk: claim.worker for pk, claim in self._waiting.items()}
        asked = {*waiting.values(), *(one.worker for one in self._remembered.values())}
        same = await self._thread.run(self._call_roll, asked, frozenset(waiting), timezone.now())
        self._stamp, self._rolled_at = current, _now()
        changed = asked - same
        self.rolls += 1
        for key in [key for key, one in self._remembered.items() if one.worker in changed]:
            del self._remembered[key]
        for claim in self._waiting.values():
            if claim.worker in changed:
                claim.settle(True)

    def _forget_silent(self) -> None:
        before = _now() - REMEMBERED_SECONDS
        waiting = {claim.worker for claim in self._waiting.values()}
        for key, one in list(self._remembered.items()):
            if one.last_used < before and one.worker not in waiting:
                del self._remembered[key]


def _now() -> float:
    return asyncio.get_running_loop().time()
