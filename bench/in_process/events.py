"""Events that displays show: one network with a finished step, published again and again."""

from __future__ import annotations

import time
from typing import Any

from django.db import transaction
from django.utils import timezone

from bench.workloads import PROMPT, pacing
from displays.models import Installation
from invocations import runs
from invocations.engine import claims, outcomes
from invocations.models import Invocation
from realtime import log

from . import chains


def create_wall(displays: int) -> dict[str, Any]:
    """A public network whose first step is done and whose next one is an hour away, and an
    installation of this many grids. Returns the addresses of their sockets."""
    network = chains.create_network(name="Wall", public=True, pacing=pacing(3600))
    run = runs.start_run(network=network, prompt=PROMPT, at=timezone.now()).run
    step = run.invocations.get(sequence=0)
    claim = claims.claim_step(step.pk, holder=claims.Holder("bench:1:a"), at=timezone.now())
    if claim is not None:  # a worker may have been faster
        outcomes.complete(claim, outcomes.Result(text=PROMPT), at=timezone.now())
    until = time.monotonic() + 20
    while not Invocation.objects.filter(pk=step.pk, state="completed").exists():
        if time.monotonic() > until:
            raise TimeoutError("the first step was not done")
        time.sleep(0.05)
    installation = Installation.objects.create(network=network, name="Bench")
    names = [f"grid-{number}" for number in range(displays)]
    for name in names:
        installation.add(name, "grid", rows=2, columns=3)
    return {
        "step": step.pk,
        "slug": network.slug,
        "network": f"/ws/networks/{network.slug}/?view=wall",
        "displays": [f"/ws/i/{installation.public_id}/{name}/" for name in names],
        "pages": [f"/i/{installation.public_id}/{name}/" for name in names],
    }


def append_events(step: int, first: int, times: int, every: float) -> list[float]:
    """Change the output of the step `times` times, every `every` seconds, numbered from `first` on;
    returns the moment after each commit."""
    invocation = Invocation.objects.select_related("run", "network").get(pk=step)
    data = {
        "run": invocation.run.public_id,
        "invocation": invocation.public_id,
        "sequence": invocation.sequence,
        "slot": invocation.slot,
        "state": "completed",
        "model": invocation.model,
    }
    stamps: list[float] = []
    due = time.monotonic()
    for number in range(first, first + times):
        due += every
        time.sleep(max(0.0, due - time.monotonic()))
        with transaction.atomic():
            # Before the wake-up, which `append` sends after the commit.
            transaction.on_commit(lambda: stamps.append(time.monotonic()))
            words = f"{PROMPT} Update {number}."
            Invocation.objects.filter(pk=step).update(output_text=words)
            log.append(invocation.network.topic, "invocation.completed", data)
    return stamps
