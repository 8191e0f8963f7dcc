"""Chains of hops: started on either side, timed from their rows."""

from __future__ import annotations

import time
from itertools import pairwise
from statistics import quantiles
from typing import Any

from django.utils import timezone

from accounts.models import User
from bench.workloads import NOOP_SLOTS, PROMPT, pacing
from invocations import runs
from invocations.models import Invocation, Run
from networks.models import Network

POLL_SECONDS = 0.05
TIMEOUT_SECONDS = 120.0


def start_product_chain(hops: int) -> int:
    """Start a run of the product that ends after so many hops; returns its primary key."""
    made = create_network(budgets={"laps_per_run": hops})
    return runs.start_run(network=made, prompt=PROMPT, at=timezone.now()).run.pk


def public_id_of_run(run: int) -> str:
    return Run.objects.get(pk=run).public_id


def start_celery_chain(hops: int) -> int:
    from bench.baselines import celery_app

    run, step = create_run_by_hand()
    celery_app.hop.delay(step.pk, hops)
    return run.pk


def start_django_q_chain(hops: int) -> int:
    from django_q.tasks import async_task

    run, step = create_run_by_hand()
    async_task("bench.baselines.django_q_defaults.hop", step.pk, hops)
    return run.pk


def wait_for_chain(run: int, hops: int) -> float:
    """Milliseconds per hop, from the first step's start to the last one's end."""
    until = time.monotonic() + TIMEOUT_SECONDS
    while Run.objects.filter(pk=run, state="running").exists():
        if time.monotonic() > until:
            done = Invocation.objects.filter(run=run, state="completed").count()
            raise TimeoutError(f"{done} of {hops} hops in {TIMEOUT_SECONDS:g} s")
        time.sleep(POLL_SECONDS)
    steps = Invocation.objects.filter(run=run, state="completed").order_by("sequence")
    times = list(steps.values_list("started_at", "ended_at"))
    if len(times) != hops:
        raise RuntimeError(f"{len(times)} steps instead of {hops}")
    began, ended = times[0][0], times[-1][1]
    if began is None or ended is None:
        raise RuntimeError("a step has no times")
    return (ended - began).total_seconds() * 1000 / hops


def percentile_of_hops(run: int, percent: int) -> float:
    """Of the milliseconds from the end of one step to the end of the next."""
    steps = Invocation.objects.filter(run=run, state="completed").order_by("sequence")
    ends = [one for one in steps.values_list("ended_at", flat=True) if one is not None]
    hops = [(later - one).total_seconds() * 1000 for one, later in pairwise(ends)]
    return quantiles(hops, n=100, method="inclusive")[percent - 1]


def create_network(**fields: Any) -> Network:
    """A network of the first admin's, without pacing; its model is a no-op."""
    owner = User.objects.first_admin() or User.objects.create_superuser("bench@example.org")
    return Network.create(
        owner, **{"name": "Bench", "slots": NOOP_SLOTS, "pacing": pacing(0), **fields}
    )


def create_run_by_hand() -> tuple[Run, Invocation]:
    """The same run and first step, written without the product's engine."""
    now = timezone.now()
    made = create_network()
    run = Run.objects.create(
        network=made, prompt=PROMPT, ring=NOOP_SLOTS, created_at=now, lockout_until=now
    )
    step = Invocation.objects.create(
        run=run,
        network=made,
        sequence=0,
        slot=0,
        model=str(NOOP_SLOTS[0]["model"]),
        input_text=PROMPT,
        created_at=now,
        due_at=now,
    )
    return run, step
