"""Turning a ring by hand: what a worker does, one step at a time, with a clock of the test's own."""

from __future__ import annotations

import asyncio
from datetime import datetime

from invocations import runs
from invocations.engine import calls, claims
from invocations.engine.claims import Claim
from invocations.models import Invocation, Run
from networks.models import Network


def start(network: Network, at: datetime, prompt: str = "a red balloon") -> Run:
    return runs.start_run(network=network, prompt=prompt, at=at, waive_lockout=True).run


def take(run: Run, at: datetime, worker: str = "test:1:a") -> Claim:
    """Claim the run's open step; fails the test when there is none to be had."""
    step = run.invocations.open().get()
    taken = claims.claim_step(step.pk, holder=claims.Holder(worker), at=at)
    assert taken is not None
    return taken


async def perform(claim: Claim, threads: calls.CallThreads, *, cancelled: bool = False) -> None:
    stop = asyncio.Event()
    if cancelled:
        stop.set()
    await calls.perform(claim, stop, threads)


def states(run: Run) -> list[str]:
    return list(run.invocations.in_order().values_list("state", flat=True))


def last(run: Run) -> Invocation:
    return run.invocations.order_by("-sequence")[0]
