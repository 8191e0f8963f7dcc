"""Calls that take their time, many at once."""

from __future__ import annotations

import time

from django.utils import timezone

from bench.scenes import PROMPT, SLOW
from invocations import runs
from invocations.models import Invocation

from . import chains


def warm(hops: int) -> None:
    """A chain that ends."""
    chains.wait(chains.ours(hops), hops)


def begin(calls: int, patience: float = 60.0) -> int:
    """Start as many runs, each on a network of its own; comes back when every call is under way."""
    for _ in range(calls):
        network = chains.network(slots=SLOW)
        runs.start_run(network=network, prompt=PROMPT, at=timezone.now())
    until = time.monotonic() + patience
    while (under_way := Invocation.objects.filter(state="invoking").count()) < calls:
        if time.monotonic() > until:
            raise TimeoutError(f"{under_way} of {calls} calls under way after {patience:g} s")
        time.sleep(0.2)
    return under_way
