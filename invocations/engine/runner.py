"""The part of a worker that waits: one event loop for all its slow calls.

A queue task claims a row, hands it over and returns; fifty calls of a minute each cost fifty
coroutines, not fifty processes. There is one runner a process, made after the fork.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from django.conf import settings
from django.utils import timezone

from invocations import leases
from invocations.models import Attempt, Invocation, Run
from invocations.states import Outcome, Stale
from lib.log_ids import log_ids
from lib.watched_tasks import WatchedTask, report_round
from realtime.wakeup import WakeUpListener

from . import calls, outcomes, warm_up, webhooks, worker_locks
from .claims import Claim, Holder, adopt_stopped_call, claim_step, local_offer
from .threads import DATABASE_ERRORS, Threads, close_connections, fresh

logger = logging.getLogger(__name__)
T = TypeVar("T")

HEARTBEAT_SECONDS = 5.0  # seconds; the lease is three of them
DRAIN_SECONDS = 4.0
MEDIA_THREADS = 2
DATABASE_RETRIES = (0.1, 0.5, 1.0, 2.0, 5.0)  # seconds; the last one again and again


@dataclass(slots=True)
class _RunningCall:
    """A claim in this process's hands."""

    claim: Claim
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    webhook_received: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class Runner:
    """Carries claimed steps to their outcomes, many at once."""

    def __init__(self, capacity: int) -> None:
        self.worker, self._lock_file = worker_locks.register_worker()
        # Before a claim, or a wake-up would be missed.
        self._wakeups = WakeUpListener("cancel", webhooks.CHANNEL)
        self._free = capacity
        self._guard = threading.Lock()
        self._had_no_place = False
        self._leaving = False
        self._held: dict[str, _RunningCall] = {}
        self._cancelled_early: set[str] = set()  # to stop, before we held them
        self._database = ThreadPoolExecutor(1, "database")
        self._media = ThreadPoolExecutor(MEDIA_THREADS, "media")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._turn, name="calls", daemon=True)
        self._thread.start()

    # From the queue's task

    def start_step(self, pk: int) -> bool:
        """Claim step `pk` and start on it. False: no room, or nothing to claim. Never waits."""
        return self._start(lambda: claim_step(pk, holder=self._holder(), at=timezone.now()))

    def cancel(self, token: str) -> bool:
        """Take over a stopped call from a dead worker and cancel it at its provider."""
        return self._start(
            lambda: adopt_stopped_call(token, worker=self.worker, at=timezone.now()), cancelled=True
        )

    def _holder(self) -> Holder:
        return Holder(self.worker, local_offer())

    def warm(self, network: int, names: list[str]) -> None:
        """Load models, beside the calls: nobody waits for the outcome."""
        asyncio.run_coroutine_threadsafe(warm_up.load(network, names, self), self._loop)

    def _start(self, take: Callable[[], Claim | None], *, cancelled: bool = False) -> bool:
        if not self._acquire_place():
            return False
        try:
            taken = take()
        except BaseException:
            self._release_place()
            raise
        if taken is None:
            self._release_place()
            return False
        asyncio.run_coroutine_threadsafe(self._carry_out(taken, cancelled=cancelled), self._loop)
        return True

    def run_in_background(self, work: Callable[[Threads], Coroutine[None, None, None]]) -> None:
        """Carry something that waits for others and is no step: on the loop, in nobody's place.
        Nobody waits for it when the process goes."""
        if not self._leaving:
            asyncio.run_coroutine_threadsafe(self._run_in_background(work), self._loop)

    def drain(self, seconds: float) -> None:
        """Take nothing new, let what runs finish for `seconds`, give the rest back."""
        self._leaving = True
        until = time.monotonic() + seconds
        while self._held and time.monotonic() < until:
            time.sleep(0.02)
        for held in list(self._held.values()):
            if held.task:
                self._loop.call_soon_threadsafe(held.task.cancel)
        # By name, and not by what is held: a step may just have been followed by the next one.
        for attempt in Attempt.objects.held_by(self.worker).select_related("invocation"):
            try:
                outcomes.requeue(attempt, Outcome.HANDED_OVER, at=timezone.now())
            except Stale:
                continue  # it ended in this very moment

    def close(self) -> None:
        """Once drained: end what waits, and release the lock file. A process that ends need not call it."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        close_connections(self._database, 1)
        close_connections(self._media, MEDIA_THREADS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._wakeups.close()
        self._lock_file.close()

    # Room

    def _acquire_place(self) -> bool:
        with self._guard:
            if self._leaving:
                return False
            if not self._free:
                self._had_no_place = True
                return False
            self._free -= 1
            return True

    def _release_place(self) -> None:
        with self._guard:
            self._free += 1

    async def _take_next(self) -> None:
        """A place is free and a step found none: fetch the longest waiting step."""
        with self._guard:
            waiting, self._had_no_place = self._had_no_place, False
        if waiting and not self._leaving:
            await self.in_database(self._begin_next)

    def _begin_next(self) -> None:
        due = Invocation.objects.due(timezone.now()).offered(local_offer())
        pk = due.values_list("pk", flat=True).first()
        if pk is not None:
            self._had_no_place = True  # there may be more behind it
            self.start_step(pk)

    # On the loop

    def _turn(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.call_soon(self._watch)
        self._loop.run_forever()

    def _watch(self) -> None:
        WatchedTask("the renewal of leases", self._keep_alive)
        WatchedTask("the wait for stops and webhooks", self._listen)

    async def _end(self) -> None:
        waiting = asyncio.all_tasks() - {asyncio.current_task()}
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    async def _run_in_background(
        self, work: Callable[[Threads], Coroutine[None, None, None]]
    ) -> None:
        try:
            await work(self)
        except Exception:  # a border: it comes again when it is due
            logger.exception("background work")

    async def _carry_out(self, taken: Claim, *, cancelled: bool) -> None:
        """Carry a claim, and those that follow it at once, in the one place it was given."""
        held: _RunningCall | None = self._hold(taken)
        if cancelled:
            self._held[taken.attempt.token].cancelled.set()
        try:
            while held is not None:
                held = await self._perform(held)
        finally:
            self._release_place()
        await self._take_next()

    def _hold(self, taken: Claim) -> _RunningCall:
        token = taken.attempt.token
        held = self._held[token] = _RunningCall(taken, task=asyncio.current_task())
        if token in self._cancelled_early:
            self._cancelled_early.remove(token)
            held.cancelled.set()
        return held

    async def _perform(self, held: _RunningCall) -> _RunningCall | None:
        """To the outcome of one claim: the next one, which is held before this one is let go."""
        taken = held.claim
        with log_ids(**taken.ids):
            return await self._perform_claim(held)

    async def _perform_claim(self, held: _RunningCall) -> _RunningCall | None:
        taken = held.claim
        try:
            following = await calls.perform(taken, held.cancelled, self, held.webhook_received)
            return self._hold(following) if following else None
        except Stale:
            logger.info("attempt %s was late: %s", taken.attempt.token, taken.invocation)
        except Run.DoesNotExist:
            logger.info("attempt %s: its run was deleted", taken.attempt.token)
        except asyncio.CancelledError:
            logger.info("attempt %s was dropped: %s", taken.attempt.token, taken.invocation)
        except Exception:  # a border: its lease will run out and another try begins
            logger.exception("attempt %s of %s", taken.attempt.token, taken.invocation)
        finally:
            self._held.pop(taken.attempt.token, None)
        return None

    async def _keep_alive(self) -> None:
        """Renew the leases of what is held, and look for stops whose wake-up was lost."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            report_round()
            if tokens := list(self._held):
                self._apply(await self._or_log(partial(self._renew, tokens)))

    async def _listen(self) -> None:
        while True:
            wakeups = await self._wakeups.wait_async(HEARTBEAT_SECONDS)
            report_round()
            if keys := {key for channel, key in wakeups if channel == webhooks.CHANNEL}:
                self._pass_on_webhooks(keys)
            if any(channel == "cancel" for channel, _ in wakeups):
                await self._check_stops()

    def _pass_on_webhooks(self, keys: set[str]) -> None:
        """To the calls whose providers have called their webhook; an empty key may stand for any of them."""
        for held in self._held.values():
            if "" in keys or webhooks.webhook_key_of(held.claim) in keys:
                held.webhook_received.set()

    def _renew(self, tokens: list[str]) -> leases.Renewal:
        at = timezone.now()
        return leases.renew(Attempt.objects.all(), tokens, holder=self.worker, at=at)

    async def _check_stops(self) -> None:
        tokens = list(self._held)
        look = leases.look_for_stops
        self._apply(
            await self._or_log(lambda: look(Attempt.objects.all(), tokens, holder=self.worker))
        )

    def _apply(self, found: leases.Renewal | None) -> None:
        """Cancel what was asked to stop; drop what has been given to somebody else.

        Not what has ended: we did that ourselves, and word of it may still be on its way back.
        """
        for token in found.cancelled if found else ():
            if held := self._held.get(token):
                held.cancelled.set()
            else:  # it was taken in a commit whose word has not come back yet
                self._cancelled_early.add(token)
        for token in found.lost if found else ():
            held = self._held.get(token)
            if held and held.task:
                held.task.cancel()

    async def _or_log(self, work: Callable[[], T]) -> T | None:
        """Database work that comes round again: a failure is logged and waited out."""
        try:
            return await self._loop.run_in_executor(self._database, fresh(work))
        except DATABASE_ERRORS:
            logger.warning("The database did not answer.", exc_info=True)
            return None

    # The threads of `calls`

    def next_holder(self) -> Holder | None:
        """Ourselves, unless we are leaving or somebody waits for the place."""
        return None if self._leaving or self._had_no_place else self._holder()

    async def in_database(self, work: Callable[[], T]) -> T:
        """Run `work` on the one database thread; while the database is away, again and again."""
        tries = 0
        while True:
            try:
                return await self._loop.run_in_executor(
                    self._database, copy_context().run, fresh(work)
                )
            except DATABASE_ERRORS:
                pause = DATABASE_RETRIES[min(tries, len(DATABASE_RETRIES) - 1)]
                logger.warning("The database did not answer; again in %s s.", pause, exc_info=True)
                tries += 1
                await asyncio.sleep(pause)

    async def in_media(self, work: Callable[[], T]) -> T:
        return await self._loop.run_in_executor(self._media, copy_context().run, fresh(work))


_runner: Runner | None = None


def runner() -> Runner:
    """This process's runner; made at the first call, which must come after the fork."""
    global _runner
    if _runner is None:
        _runner = Runner(settings.MAX_CONCURRENT_CALLS)
        _at_exit(_runner)
    return _runner


def _at_exit(runner: Runner) -> None:
    """django-q2 has no hook for a worker's end; multiprocessing's own is the one that is left."""
    from multiprocessing.util import Finalize

    Finalize(None, runner.drain, args=(DRAIN_SECONDS,), exitpriority=100)
