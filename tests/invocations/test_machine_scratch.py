from __future__ import annotations
import os, pytest
from unittest import mock
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from invocations import *
from invocations import outcomes, runs, claims, halts, gates, sweep, events, budgets
from invocations.models import *
from invocations.states import *
from .test_machine import Engine, PROFILES
pytestmark = pytest.mark.django_db

def phase(run, step, result, *, at):
    return outcomes._write_step(run, step, run.slot_of(step.sequence+1), text=result.text, asset=result.asset, at=at)
def fallback(self, model):
    f = {"model": model, "fallen_back": True, "charge": self.charge + 1, "reference": ""}
    Invocation.objects.filter(pk=self.pk).update(**f)
    for n, v in f.items(): setattr(self, n, v)
def pause(*, run):
    with transaction.atomic():
        l = Run.lock(run.pk); l.pause()
    return l
from django.db import transaction
def again(run, step, *, due_at, **fields):
    step.move(InvocationState.READY, due_at=due_at, **fields)
    events.publish(run.network, events.of_invocation(run, step, "invocation.retried"))
def close(self, outcome, *, at, **fields):
    fields |= {"outcome": outcome, "ended_at": at}
    Attempt.objects.filter(pk=self.pk).update(**fields)
def cancel(run, *, at):
    for step in run.invocations.open():
        step.move(InvocationState.CANCELLED, ended_at=at)
        events.publish(run.network, events.of_invocation(run, step, "invocation.cancelled"))
    return []
def cancel2(run, *, at):
    for step in run.invocations.open():
        step.move(InvocationState.CANCELLED, ended_at=at)
    Attempt.objects.live().filter(invocation__run=run).update(cancel_requested_at=at)
    return []
def cancel3(run, *, at):
    for step in run.invocations.filter(state="ready"):
        step.move(InvocationState.CANCELLED, ended_at=at)
        events.publish(run.network, events.of_invocation(run, step, "invocation.cancelled"))
    return []
def retry(run, step, error, *, reference, due_at):
    outcomes._again(run, step, due_at=due_at, error_code=error.code, error_detail=str(error), reference=reference)
def skip(run, step, error, *, at):
    step.move(InvocationState.FAILED, ended_at=at, error_code=error.code, error_detail=str(error))
    f = events.of_invocation(run, step, "invocation.failed")
    fo = outcomes._write_step(run, step, outcomes._next_taker(run, step), text="", asset=step.input_asset, at=at)
    events.publish(run.network, f, events.of_invocation(run, fo, "invocation.created"))
def giveback(attempt, outcome, *, at):
    with transaction.atomic():
        run = Run.lock(attempt.invocation.run_id)
        attempt.close(outcome, at=at, reserved_usd=None)
def giveback2(attempt, outcome, *, at, real=outcomes.give_back):
    with transaction.atomic():
        real(attempt, outcome, at=at)
        if outcome == Outcome.LOST:
            Invocation.objects.filter(pk=attempt.invocation_id).update(reference="", charge=models.F("charge")+1)
from django.db import models
def complete(claim, result, *, at):
    with transaction.atomic():
        run = Run.lock(claim.run.pk)
        try: outcomes._finish_step(run, claim.invocation, result, at=at)
        except Stale: pass
        outcomes._close(claim, Outcome.COMPLETED, at, usd=result.usd)
M = {
 "phase": (outcomes, "_next_step", phase), "fallback": (Invocation, "fall_back", fallback), "pause": (runs, "pause_run", pause),
 "again": (outcomes, "_again", again), "close": (Attempt, "close", close), "cancel": (runs, "cancel_open_steps", cancel),
 "cancel2": (runs, "cancel_open_steps", cancel2), "cancel3": (runs, "cancel_open_steps", cancel3),
 "retry": (outcomes, "_retry", retry), "skip": (outcomes, "_skip", skip), "giveback": (outcomes, "give_back", giveback), "giveback2": (outcomes, "give_back", giveback2),
 "complete": (outcomes, "complete", complete), "crowded": (gates, "_crowded", lambda way, at, *, proving: None),
 "gates": (gates, "blocked_until", lambda way, at: (None, False)),
 "key": (runs, "_of_key", lambda n, k, p: None), "lockout": (runs, "locked_until", lambda n, at: None),
 "budget": (budgets, "spent", lambda *a, **k: None), "goon": (halts, "_go_on", lambda *a: None),
 "over": (budgets, "run_is_over", lambda *a, **k: None),
 "reference": (Attempt, "remember", lambda self, r: None),
 "supersede": (runs, "_supersede", lambda n, at: None),
 "resume": (Run, "resume", lambda self: self._move(RunState.RUNNING)),
 "expired": (sweep, "_given_up", lambda a, at: False),
}
@pytest.mark.parametrize("name", os.environ.get("M", " ".join(sorted(M))).split())
def test_m(name):
    where, attr, new = M[name]
    n = int(os.environ.get("N", "25"))
    with mock.patch.object(where, attr, new):
        with pytest.raises(BaseException) as e:
            run_state_machine_as_test(Engine, settings=settings(PROFILES["quick"], max_examples=n, print_blob=False, phases=settings.default.phases[:3]))
    print(name, repr(e.value)[:150])
