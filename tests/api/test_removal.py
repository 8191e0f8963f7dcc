"""Deleting what is under way: the call is cancelled at its provider, and nothing comes after it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invocations import removal
from invocations.engine import calls
from invocations.engine.claims import Claim, claim
from invocations.models import Attempt, Invocation, Run
from realtime import wakeup

from .conftest import Voice

T = TypeVar("T")


class Desk:
    """Runs what it is given at once, in the test's own thread."""

    async def in_database(self, work: Callable[[], T]) -> T:
        return await sync_to_async(work)()

    async def in_media(self, work: Callable[[], T]) -> T:
        return await self.in_database(work)

    def follower(self) -> str:
        return ""


@pytest.fixture
def held(run: Run) -> Claim:
    """The run's first step, in a worker's hands."""
    taken = claim(run.invocations.get().pk, worker="w", at=timezone.now())
    assert taken is not None
    return taken


@pytest.fixture
def bell() -> Iterator[wakeup.Listener]:
    listener = wakeup.Listener("cancel")
    yield listener
    listener.close()


@pytest.mark.parametrize("path", ["runs/{run}", "networks/whispers"])
@pytest.mark.django_db(transaction=True)
def test_a_worker_is_told_to_cancel_what_was_deleted(
    path: str, held: Claim, owner: Voice, bell: wakeup.Listener
) -> None:
    token = held.attempt.token
    before = Attempt.objects.to_cancel([token], held.attempt.worker)

    owner.delete(path.format(run=held.run.public_id))

    assert bell.wait(2.0)
    assert (before, Attempt.objects.to_cancel([token], held.attempt.worker)) == ([], [token])


def test_an_output_of_a_deleted_run_is_dropped(held: Claim, owner: Voice) -> None:
    owner.delete(f"runs/{held.run.public_id}")

    stop = asyncio.Event()
    stop.set()
    with pytest.raises(Run.DoesNotExist):
        async_to_sync(calls.perform)(held, stop, Desk())
    assert not Attempt.objects.exists()


@pytest.mark.parametrize("path", ["runs/{run}", "networks/whispers"])
def test_a_long_run_is_forgotten_a_few_steps_at_a_time(
    path: str,
    run: Run,
    owner: Voice,
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
