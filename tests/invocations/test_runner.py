"""A worker's runner with real threads: steps that follow each other, room, and leaving."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from accounts.models import User
from invocations import events, runs
from invocations.engine import outcomes
from invocations.engine.claims import Claim
from invocations.engine.runner import Runner
from invocations.models import Attempt, Run
from invocations.states import Outcome, Reason
from lib.log_ids import current_ids
from networks.models import Network
from platforms.base import Call, Modality, Model, Output, Platform
from platforms.registry import registered_temporarily

from .conftest import ring
from .manual_worker import start, states

pytestmark = pytest.mark.django_db(transaction=True)
DUMMY = "dummy:text-to-text"


class Door(Platform):
    """Answers when the test opens it."""

    slug, label = "door", "The Door"

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.open = threading.Event()

    def models(self) -> list[Model]:
        return [Model("door:words", "Words", input=Modality.TEXT, output=Modality.TEXT)]

    async def invoke(self, call: Call) -> Output:
        self.asked.set()
        while not self.open.is_set():
            await call.sleep(0.005)
        return Output(text="in")


@pytest.fixture
def door() -> Iterator[Door]:
    one = Door()
    with registered_temporarily(one):
        yield one


@pytest.fixture
def runner() -> Iterator[Runner]:
    """Room for one call. Nobody dispatches steps: what it does not go on with stays where it is."""
    one = Runner(1)
    yield one
    one.drain(0)
    one.close()


def run_of(alice: User, *slots: str, laps: int, name: str = "Ring") -> Run:
    network = Network.create(
        alice,
        name=name,
        slots=ring(*slots),
        pacing=[{"until_seconds": None, "delay_seconds": 0}],
        budgets={"laps_per_run": laps},
    )
    return start(network, timezone.now())


def begin(runner: Runner, run: Run) -> bool:
    return runner.start_step(run.invocations.open().get().pk)


def wait_until(met: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not met():
        assert time.monotonic() < until, "it did not come to that within 60 s"
        time.sleep(0.01)


def ended(run: Run) -> bool:
    return Run.objects.filter(pk=run.pk, state="completed").exists()


def test_a_ring_without_pacing_turns_on_one_worker_with_nobody_dealing(
    alice: User, runner: Runner
) -> None:
    run = run_of(alice, DUMMY, DUMMY, laps=5)

    assert begin(runner, run)

    wait_until(lambda: ended(run))
    attempts = Attempt.objects.filter(invocation__run=run)
    assert list(attempts.values_list("worker", "outcome")) == [(runner.worker, "completed")] * 10


def test_the_place_is_free_again_once_nothing_follows(alice: User, runner: Runner) -> None:
    first = run_of(alice, DUMMY, laps=3)
    second = run_of(alice, DUMMY, laps=1, name="Another")
    begin(runner, first)
    wait_until(lambda: ended(first))

    begin(runner, second)  # or it is fetched, if the place was free a moment later

    wait_until(lambda: ended(second))


def test_whoever_was_turned_away_goes_before_the_step_that_would_follow(
    alice: User, runner: Runner, door: Door
) -> None:
    first = run_of(alice, "door:words", DUMMY, laps=1)
    second = run_of(alice, DUMMY, laps=1, name="Another")
    begin(runner, first)
    assert door.asked.wait(60)
    assert not begin(runner, second)

    door.open.set()

    wait_until(lambda: ended(first) and ended(second))
    order = Attempt.objects.order_by("id").values_list("invocation__run", flat=True)
    assert list(order) == [first.pk, second.pk, first.pk]


def test_a_stop_that_comes_while_a_step_is_being_followed_reaches_that_step(
    alice: User, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "invocations.engine.runner.HEARTBEAT_SECONDS", 3600.0
    )  # nothing but the ring helps
    heard = threading.Event()

    class Hearing(Runner):
        async def _check_stops(self) -> None:
            heard.set()
            await super()._check_stops()

    def complete_and_be_stopped(*args: Any, **named: Any) -> Claim | None:
        following = complete(*args, **named)
        if following is not None and not heard.is_set():
            runs.stop_run(run=run, reason=Reason.PERSON, at=timezone.now())
            assert heard.wait(60)
        return following

    complete = outcomes.complete
    monkeypatch.setattr(outcomes, "complete", complete_and_be_stopped)
    run = run_of(alice, DUMMY, "door:words", laps=1)
    runner = Hearing(1)

    begin(runner, run)

    wait_until(lambda: Attempt.objects.filter(outcome="cancelled").exists())
    assert states(run) == ["completed", "cancelled"]
    runner.close()


def test_a_worker_that_leaves_finishes_its_step_and_takes_no_other(
    alice: User, runner: Runner, door: Door
) -> None:
    run = run_of(alice, "door:words", DUMMY, laps=1)
    begin(runner, run)
    assert door.asked.wait(60)

    def leave() -> None:
        runner.drain(300)
        connections.close_all()

    leaving = threading.Thread(target=leave)
    leaving.start()
    wait_until(lambda: not runner.next_holder())

    door.open.set()
    leaving.join()

    assert states(run) == ["completed", "ready"]
    assert not Attempt.objects.live().exists()


def test_a_worker_that_cannot_wait_gives_back_what_followed(
    alice: User, runner: Runner, door: Door
) -> None:
    run = run_of(alice, DUMMY, "door:words", laps=1)
    begin(runner, run)
    assert door.asked.wait(60)

    runner.drain(0)

    found = Attempt.objects.order_by("id").values_list("outcome", flat=True)
    assert list(found) == ["completed", "handed_over"]
    assert states(run) == ["completed", "ready"]


def test_a_late_result_is_kept_as_evidence_even_when_its_call_is_dropped_meanwhile(
    alice: User, door: Door, runner: Runner
) -> None:
    run = run_of(alice, "door:words", laps=1)
    step = run.invocations.get()
    assert runner.start_step(step.pk)
    door.asked.wait(60)
    attempt = step.attempts.get()
    busy, resume = threading.Event(), threading.Event()

    def hold_up() -> None:
        busy.set()
        resume.wait(60)

    runner._database.submit(hold_up)
    busy.wait(60)
    outcomes.requeue(attempt, Outcome.LOST, at=timezone.now())  # by whoever thought it was dead
    door.open.set()
    wait_until(lambda: runner._database._work_queue.qsize() > 0)  # its result waits to be written
    held = runner._held[attempt.token]
    assert held.task is not None
    runner._loop.call_soon_threadsafe(held.task.cancel)
    wait_until(lambda: attempt.token not in runner._held)
    resume.set()

    wait_until(lambda: "came after this try" in Attempt.objects.get(pk=attempt.pk).error_detail)
    assert states(run) == ["ready"]


def test_lines_of_the_log_name_the_work_in_whichever_thread_they_are_said(
    alice: User, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(alice, DUMMY, laps=1)
    said: list[dict[str, str]] = []

    def note(network: str, event: object) -> None:
        said.append(dict(current_ids()))

    monkeypatch.setattr(events, "_write_to_log", note)

    begin(runner, run)

    wait_until(lambda: ended(run))
    step = run.invocations.get()
    ids = {
        "run": run.public_id,
        "invocation": step.public_id,
        "attempt": step.attempts.get().token,
    }
    assert said
    assert all(one == ids for one in said)
