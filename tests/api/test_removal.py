"""Deleting what is under way: the call is cancelled at its provider, and nothing comes after it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator
from typing import TypeVar

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invocations import leases, removal
from invocations.engine import calls
from invocations.engine.claims import Claim, Holder, claim_step
from invocations.models import Attempt, Invocation, Run
from realtime import wakeup

from .conftest import ApiClient

T = TypeVar("T")


class Threads:
    """Runs what it is given at once, in the test's own thread."""

    async def in_database(self, work: Callable[[], T]) -> T:
        return await sync_to_async(work)()

    async def in_media(self, work: Callable[[], T]) -> T:
        return await self.in_database(work)

    def next_holder(self) -> None:
        return None


@pytest.fixture
def held(run: Run) -> Claim:
    """The run's first step, in a worker's hands."""
    taken = claim_step(run.invocations.get().pk, holder=Holder("w"), at=timezone.now())
    assert taken is not None
    return taken


@pytest.fixture
def listener() -> Iterator[wakeup.WakeUpListener]:
    listener = wakeup.WakeUpListener("cancel")
    yield listener
    listener.close()


@pytest.mark.parametrize("path", ["runs/{run}", "networks/whispers"])
@pytest.mark.django_db(transaction=True)
def test_a_worker_is_told_to_cancel_what_was_deleted(
    path: str, held: Claim, owner: ApiClient, listener: wakeup.WakeUpListener
) -> None:
    token = held.attempt.token

    def to_cancel() -> Collection[str]:
        rows = Attempt.objects.all()
        return leases.look_for_stops(rows, [token], holder=held.attempt.worker).cancelled

    before = to_cancel()

    owner.delete(path.format(run=held.run.public_id))

    assert listener.wait(30)
    assert (before, to_cancel()) == ([], [token])


def test_an_output_of_a_deleted_run_is_dropped(held: Claim, owner: ApiClient) -> None:
    owner.delete(f"runs/{held.run.public_id}")

    stop = asyncio.Event()
    stop.set()
    with pytest.raises(Run.DoesNotExist):
        async_to_sync(calls.perform)(held, stop, Threads())
    assert not Attempt.objects.exists()


@pytest.mark.parametrize("path", ["runs/{run}", "networks/whispers"])
def test_a_long_run_is_forgotten_a_few_steps_at_a_time(
    path: str,
    run: Run,
    owner: ApiClient,
    work: Callable[[Run], Invocation],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(removal, "BATCH", 2)
    for _ in range(7):
        work(run)  # an eighth is due

    with CaptureQueriesContext(connection) as captured:
        answer = owner.delete(path.format(run=run.public_id))

    queries = [query["sql"] for query in captured]
    mine = [sql for sql in queries if sql.startswith('DELETE FROM "invocations_invocation"')]
    assert answer.status_code == 204
    assert [sql.count(",") + 1 for sql in mine] == [2, 2, 2, 2]
    assert not Invocation.objects.exists()
    assert not Run.objects.exists()
