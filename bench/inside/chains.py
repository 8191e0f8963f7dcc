"""Chains of hops: begun on either side, timed from the rows themselves."""

from __future__ import annotations

import time
from typing import Any

from django.utils import timezone

from accounts.models import User
from bench.scenes import NOTHING, PROMPT, pacing
from invocations import runs
from invocations.models import Invocation, Run
from networks.models import Network

LOOK_EVERY = 0.05
PATIENCE = 120.0


def ours(hops: int) -> int:
    """A run of the product that ends after so many hops; its key."""
    made = network(budgets={"laps_per_run": hops})
    return runs.start_run(network=made, prompt=PROMPT, at=timezone.now()).run.pk


def celery(hops: int) -> int:
    from bench.rivals import celery_app

    run, step = by_hand()
    celery_app.hop.delay(step.pk, hops)
    return run.pk


def stock(hops: int) -> int:
    from django_q.tasks import async_task

    run, step = by_hand()
    async_task("bench.rivals.stock.hop", step.pk, hops)
    return run.pk


def wait(run: int, hops: int) -> float:
    """Milliseconds per hop, from the first step's start to the last one's end."""
    until = time.monotonic() + PATIENCE
    while Run.objects.filter(pk=run, state="running").exists():
        if time.monotonic() > until:
            done = Invocation.objects.filter(run=run, state="completed").count()
            raise TimeoutError(f"{done} of {hops} hops in {PATIENCE:g} s")
        time.sleep(LOOK_EVERY)
    steps = Invocation.objects.filter(run=run, state="completed").order_by("sequence")
    times = list(steps.values_list("started_at", "ended_at"))
    if len(times) != hops:
        raise RuntimeError(f"{len(times)} steps instead of {hops}")
    began, ended = times[0][0], times[-1][1]
    if began is None or ended is None:
        raise RuntimeError("a step has no times")
    return (ended - began).total_seconds() * 1000 / hops


def network(**fields: Any) -> Network:
    """A network of the first admin's, without pacing; its ring does nothing."""
    owner = User.objects.first_admin() or User.objects.create_superuser("bench@example.org")
    return Network.create(
        owner, **{"name": "Bench", "slots": NOTHING, "pacing": pacing(0), **fields}
    )


def by_hand() -> tuple[Run, Invocation]:
    """The same run and first step, written without the product's engine."""
    now = timezone.now()
    made = network()
    run = Run.objects.create(
        network=made, prompt=PROMPT, ring=NOTHING, created_at=now, lockout_until=now
    )
    step = Invocation.objects.create(
        run=run,
        network=made,
        sequence=0,
        slot=0,
        model=str(NOTHING[0]["model"]),
        input_text=PROMPT,
        created_at=now,
        due_at=now,
    )
    return run, step
