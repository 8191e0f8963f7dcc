"""Something that walls show: one network with a finished step, told of again and again."""

from __future__ import annotations

import time
from typing import Any

from django.db import transaction
from django.utils import timezone

from bench.scenes import PROMPT, pacing
from displays.models import Installation
from invocations import runs
from invocations.engine import claims, outcomes
from invocations.models import Invocation
from realtime import log

from . import chains


def hung(displays: int) -> dict[str, Any]:
    """A public network whose first step is done and whose next one is far off, and an installation
    of so many grids. Says where their sockets are."""
    network = chains.network(name="Wall", public=True, pacing=pacing(3600))
    run = runs.start_run(network=network, prompt=PROMPT, at=timezone.now()).run
    step = run.invocations.get(sequence=0)
    claim = claims.claim(step.pk, worker="bench:1:a", at=timezone.now())
    if claim is not None:  # no worker was faster
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


def tell(step: int, first: int, times: int, every: float) -> list[float]:
    """Change what the step says `times` times, one `every` so many seconds, numbered from `first`
    on; when each commit was over."""
    told = Invocation.objects.select_related("run", "network").get(pk=step)
    data = {
        "run": told.run.public_id,
        "invocation": told.public_id,
        "sequence": told.sequence,
        "slot": told.slot,
        "state": "completed",
        "model": told.model,
    }
    stamps: list[float] = []
    due = time.monotonic()
    for number in range(first, first + times):
        due += every
        time.sleep(max(0.0, due - time.monotonic()))
        with transaction.atomic():
            # Before the bell, which `append` has rung when the commit is over.
            transaction.on_commit(lambda: stamps.append(time.monotonic()))
            words = f"{PROMPT} Told {number} times."
            Invocation.objects.filter(pk=step).update(output_text=words)
            log.append(told.network.topic, "invocation.completed", data)
    return stamps
