"""Stop at every instant of a lap, twice, at a locked database, and just before another prompt."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections, transaction
from django.utils import timezone

from accounts.models import User
from invocations import refusals, runs
from invocations.engine import calls, claims
from invocations.engine.claims import Claim
from invocations.models import Attempt, Invocation, Run
from invocations.states import IllegalMove, Reason
from networks.models import Network
from platforms.base import Call, Modality, Model, Output, Platform
from platforms.registry import registered_temporarily
from realtime.models import Event
from tests.concurrency import at_once

from .conftest import ring
from .manual_worker import start, states, take

pytestmark = pytest.mark.django_db(transaction=True)
T = TypeVar("T")
NO_WAIT = [{"until_seconds": None, "delay_seconds": 0}]


@dataclass
class StoppingThreads:
    """Threads of a worker: somebody stops the run just before piece of work number `instant`."""

    run: Run
    instant: int
    heard: bool  # whether the signal comes through at once, or not at all
    follows: bool  # whether the next step is taken in the commit of the one before
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    done: int = 0
    stopped: bool = False

    async def in_database(self, work: Callable[[], T]) -> T:
        if self.done == self.instant:
            await sync_to_async(
                lambda: runs.stop_run(run=self.run, reason=Reason.PERSON, at=timezone.now())
            )()
            self.stopped = True
            if self.heard:
                self.cancelled.set()
        self.done += 1
        return await sync_to_async(work)()

    async def in_media(self, work: Callable[[], T]) -> T:
        return await self.in_database(work)

    def next_holder(self) -> claims.Holder | None:
        return claims.Holder("w") if self.follows else None


class ChargingPlatform(Platform):
    """Takes money: what it is asked after a stop is noted down."""

    slug, label = "charging", "Charging"

    def __init__(self) -> None:
        self.threads: StoppingThreads | None = None
        self.asked_too_late: list[int] = []

    def models(self) -> list[Model]:
        return [Model("charging:words", "Words", input=Modality.TEXT, output=Modality.TEXT)]

    async def invoke(self, call: Call) -> Output:
        assert self.threads is not None
        await call.begin()
        if self.threads.stopped:
            self.asked_too_late.append(self.threads.instant)
        await call.remember("prediction-7")
        await call.sleep(0)
        return Output(text=f"{call.input}!", usd=0.5)


async def lap(threads: StoppingThreads, steps: int) -> None:
    """Whatever is open is claimed and carried out, as a worker does."""

    def claim_next() -> Claim | None:
        step = threads.run.invocations.open().first()
        return (
            claims.claim_step(step.pk, holder=claims.Holder("w"), at=timezone.now())
            if step
            else None
        )

    taken: Claim | None = None
    for _ in range(steps):
        threads.cancelled = asyncio.Event()
        taken = taken or await threads.in_database(claim_next)
        if taken is not None:
            taken = await calls.perform(taken, threads.cancelled, threads)


@pytest.mark.asyncio
@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.parametrize("follows", [True, False])
async def test_stop_at_every_instant_of_a_lap(alice: User, heard: bool, follows: bool) -> None:
    charging = ChargingPlatform()
    slots = ring("charging:words", "dummy:text-to-image", "dummy:image-to-text")

    def begin() -> Run:
        network = Network.create(alice, name="Lap", slots=slots, pacing=NO_WAIT)
        return start(network, timezone.now())

    instants = 0
    with registered_temporarily(charging):
        while True:
            threads = charging.threads = StoppingThreads(
                await sync_to_async(begin)(), instants, heard, follows
            )
            await lap(threads, len(slots))
            if not threads.stopped:
                break
            await sync_to_async(assert_stopped)(threads.run)
            instants += 1
    await sync_to_async(connections.close_all)()

    assert charging.asked_too_late == []
    each = 2 if follows else 3  # a claim unless it came with the outcome, a look for a stop, that
    assert instants > each * len(slots)


def assert_stopped(run: Run) -> None:
    run.refresh_from_db()
    assert (run.state, run.reason) == ("stopped", "stopped_by_person")
    assert not run.invocations.open().exists()
    attempts = Attempt.objects.filter(invocation__run=run)
    assert not attempts.live().exists()
    assert set(states(run)) <= {"completed", "cancelled"}
    told = Event.objects.filter(topic__name=run.network.topic).order_by("seq")
    assert list(told.values_list("seq", flat=True)) == list(range(1, len(told) + 1))
    last = {event.data["invocation"]: event.data["state"] for event in told if "slot" in event.data}
    assert last == dict(run.invocations.values_list("public_id", "state"))


def test_of_many_who_stop_at_once_one_does_it(network: Network, at: datetime) -> None:
    run = start(network, at)
    take(run, at)

    found = at_once(
        *(lambda: runs.stop_run(run=run, reason=Reason.PERSON, at=at) for _ in range(4))
    )

    assert sorted(type(one).__name__ for one in found) == ["IllegalMove"] * 3 + ["Run"]
    assert Event.objects.filter(type="run.stopped").count() == 1
    assert Event.objects.filter(type="invocation.cancelled").count() == 1


def test_a_second_stop_says_that_it_leads_nowhere(network: Network, at: datetime) -> None:
    run = runs.stop_run(run=start(network, at), reason=Reason.PERSON, at=at)

    with pytest.raises(IllegalMove) as refused:
        runs.stop_run(run=run, reason=Reason.PERSON, at=at)

    assert refused.value.allowed == []


def test_a_stop_waits_for_a_locked_database_and_is_done(network: Network, at: datetime) -> None:
    run = start(network, at)
    take(run, at)
    locked = threading.Event()

    def hold_the_lock() -> None:
        with transaction.atomic():
            Run.lock(run.pk)
            locked.set()
            threading.Event().wait(0.3)

    def stop() -> Run:
        assert locked.wait(30)
        return runs.stop_run(run=run, reason=Reason.PERSON, at=at)

    found = at_once(hold_the_lock, stop)

    assert isinstance(found[1], Run)
    assert states(run) == ["cancelled"]


@pytest.mark.parametrize("round_number", range(10))
def test_a_stop_and_a_new_prompt_in_the_same_moment_leave_the_prompt(
    network: Network, at: datetime, round_number: int
) -> None:
    older = start(network, at)
    step = older.invocations.get()

    found = at_once(
        lambda: runs.stop_run(run=older, reason=Reason.PERSON, at=at),
        lambda: start(network, at, "the new one"),
        lambda: claims.claim_step(step.pk, holder=claims.Holder("w"), at=at),
    )

    live = Run.objects.live().get()
    assert live.prompt == "the new one"
    assert states(older) == ["cancelled"]
    assert not Attempt.objects.live().filter(cancel_requested_at=None).exists()
    assert Invocation.objects.open().get().run == live
    raised = [one for one in found if isinstance(one, Exception)]
    assert all(isinstance(one, IllegalMove) for one in raised)


def test_a_prompt_right_after_a_stop_is_locked_out_until_the_first_ones_time_is_up(
    network: Network, at: datetime
) -> None:
    started = runs.start_run(network=network, prompt="first", at=at, client_key="k")
    runs.stop_run(run=started.run, reason=Reason.PERSON, at=at)

    with pytest.raises(refusals.Lockout):
        runs.start_run(network=network, prompt="second", at=at)

    again = runs.start_run(network=network, prompt="first", at=at, client_key="k")
    assert (again.created, again.run.pk) == (False, started.run.pk)
    assert connection.in_atomic_block is False
