"""Output that cannot be stored just now is kept in hand where asking again would buy it again."""

from __future__ import annotations

import asyncio
import errno
import tempfile
from datetime import datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from accounts.models import User
from assets import ingest
from assets.errors import StorageFull
from assets.models import Asset
from invocations import runs
from invocations.engine import calls, next_step
from invocations.engine.next_step import NotStored, Rule
from invocations.models import Attempt, RateLimiter, Run
from invocations.states import Reason
from networks.models import Network
from platforms.base import Call, Limits, Modality, Model, Output, Platform
from platforms.registry import registered_temporarily
from tests.fake_servers import media

from .conftest import ring
from .manual_worker import start, take

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


class Painter(Platform):
    """Counts its pictures; names each, where it is told to."""

    slug, label, limits = "painter", "Painter", Limits(calls_at_once=50)

    def __init__(self, reference: str = "") -> None:
        self.reference, self.painted = reference, 0

    def models(self) -> list[Model]:
        return [Model("painter:one", "One", input=Modality.TEXT, output=Modality.IMAGE)]

    async def invoke(self, call: Call) -> Output:
        self.painted += 1
        if self.reference:
            await call.remember(self.reference)
        return Output(data=media.png("a moth"), content_type="image/png", usd=0.25)


class Disk:
    """Full for the first tries."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, full: int) -> None:
        self.full, self.store, self.tries = full, ingest.store, 0
        monkeypatch.setattr(ingest, "store", self.take)
        monkeypatch.setitem(next_step.RULES, NotStored, Rule(tries=3, base=0.0))

    def take(self, *given: object, **asked: object) -> Asset:
        self.tries += 1
        if self.tries <= self.full:
            self.when_full()
            raise StorageFull("The disk is full.")
        return self.store(*given, **asked)  # type: ignore[arg-type]

    def when_full(self) -> None:
        """What happens in the meantime."""

    def stop_when_full(self, at: datetime) -> None:
        """Somebody stops the run in the meantime."""
        self.when_full = lambda: stop(at)  # type: ignore[method-assign]


def stop(at: datetime) -> None:
    runs.stop_run(run=Run.objects.get(), reason=Reason.PERSON, at=at)


async def paint(
    alice: User,
    at: datetime,
    threads: calls.CallThreads,
    painter: Painter,
    stopped: asyncio.Event | None = None,
) -> Run:
    @sync_to_async
    def begin() -> Run:
        slots = ring("painter:one", "dummy:image-to-text")
        return start(Network.create(alice, name="Full", slots=slots), at)

    with registered_temporarily(painter):
        run = await begin()
        claim = await sync_to_async(take)(run, at)
        await calls.perform(claim, stopped or asyncio.Event(), threads)
    await run.arefresh_from_db()
    return run


async def test_it_is_stored_when_there_is_room_again(
    alice: User, at: datetime, threads: calls.CallThreads, monkeypatch: pytest.MonkeyPatch
) -> None:
    Disk(monkeypatch, full=2)

    run = await paint(alice, at, threads, painter := Painter())

    attempt = await Attempt.objects.aget()
    assert (attempt.outcome, painter.painted, run.usd) == ("completed", 1, 0.25)


async def test_where_there_is_none_it_is_not_bought_again(
    alice: User, at: datetime, threads: calls.CallThreads, monkeypatch: pytest.MonkeyPatch
) -> None:
    Disk(monkeypatch, full=1_000)

    run = await paint(alice, at, threads, painter := Painter())

    attempt = await Attempt.objects.aget()
    assert (attempt.outcome, attempt.error_code) == ("failed", "unusable")
    assert "The disk is full." in attempt.error_detail
    assert (run.state, run.usd, painter.painted) == ("failed", 0.25, 1)


async def test_a_stop_lets_go_of_it_and_counts_it(
    alice: User, at: datetime, threads: calls.CallThreads, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch, full=1_000)
    heard, loop = asyncio.Event(), asyncio.get_running_loop()

    def stop_and_tell() -> None:
        stop(at)
        loop.call_soon_threadsafe(heard.set)

    disk.when_full = stop_and_tell  # type: ignore[method-assign]

    run = await paint(alice, at, threads, painter := Painter(), heard)

    attempt = await Attempt.objects.aget()
    assert (run.state, run.usd, painter.painted, disk.tries) == ("stopped", 0.25, 1, 1)
    assert (attempt.outcome, attempt.usd) == ("failed", 0.25)


async def test_what_comes_after_a_stop_that_was_not_heard_is_late(
    alice: User, at: datetime, threads: calls.CallThreads, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch, full=1)
    disk.stop_when_full(at)

    run = await paint(alice, at, threads, painter := Painter())

    attempt = await Attempt.objects.aget()
    assert (run.state, run.usd, painter.painted) == ("stopped", 0.25, 1)
    assert (attempt.outcome, attempt.usd) == ("late", 0.25)


async def test_what_the_provider_has_by_its_id_is_left_there(
    alice: User, at: datetime, threads: calls.CallThreads, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch, full=1)

    await paint(alice, at, threads, Painter("picture-7"))

    attempt = await Attempt.objects.aget()
    assert (attempt.outcome, attempt.error_code, disk.tries) == ("failed", "unavailable", 1)
    assert attempt.usd is None


async def test_what_is_given_up_has_cost_what_its_provider_says(
    alice: User, at: datetime, threads: calls.CallThreads, monkeypatch: pytest.MonkeyPatch
) -> None:
    Disk(monkeypatch, full=1_000)
    monkeypatch.setitem(next_step.RULES, NotStored, Rule(tries=1))

    run = await paint(alice, at, threads, Painter("picture-7"))

    attempt = await Attempt.objects.aget()
    assert (attempt.usd, attempt.usd_uncertain) == (0.25, 0.0)
    assert (run.state, run.usd, run.usd_uncertain) == ("failed", 0.25, 0.0)


async def test_a_stop_of_what_its_provider_keeps_counts_what_it_says(
    alice: User, at: datetime, threads: calls.CallThreads, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch, full=1_000)
    disk.stop_when_full(at)

    run = await paint(alice, at, threads, Painter("picture-7"))

    assert (run.state, run.usd, run.usd_uncertain) == ("stopped", 0.25, 0.0)


@pytest.mark.parametrize("reference", ["", "picture-7"])
async def test_what_our_own_fault_loses_is_paid_for_once_and_rests_nobody(
    alice: User,
    at: datetime,
    threads: calls.CallThreads,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    reference: str,
) -> None:
    def crash(*given: object, **asked: object) -> Asset:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(ingest, "store", crash)

    run = await paint(alice, at, threads, painter := Painter(reference))

    attempt = await Attempt.objects.aget()
    assert (attempt.outcome, attempt.error_code, attempt.usd) == ("failed", "unusable", 0.25)
    assert "secret" not in attempt.error_detail
    assert "ZeroDivisionError" in caplog.text
    assert (run.state, run.usd, painter.painted) == ("failed", 0.25, 1)
    assert not await RateLimiter.objects.filter(failures__gt=0).aexists()


@pytest.mark.parametrize(
    "fault",
    [OSError(errno.ENOSPC, "No space left on device"), OperationalError("The database is away.")],
)
async def test_a_fault_of_disk_or_database_is_waited_out(
    alice: User,
    at: datetime,
    threads: calls.CallThreads,
    monkeypatch: pytest.MonkeyPatch,
    fault: Exception,
) -> None:
    monkeypatch.setitem(next_step.RULES, NotStored, Rule(tries=3, base=0.0))
    faults, folder = [fault], tempfile.TemporaryDirectory

    def make(**asked: Any) -> tempfile.TemporaryDirectory[str]:
        if faults:
            raise faults.pop()
        return folder(**asked)

    monkeypatch.setattr(tempfile, "TemporaryDirectory", make)

    run = await paint(alice, at, threads, painter := Painter())

    attempt = await Attempt.objects.aget()
    assert (attempt.outcome, painter.painted, run.usd) == ("completed", 1, 0.25)
