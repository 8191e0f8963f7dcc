"""Many slow calls at once."""

from __future__ import annotations

import time

from django.utils import timezone

from bench.workloads import PROMPT, SLOW_SLOTS
from invocations import runs
from invocations.models import Invocation

from . import chains


def warm_up(hops: int) -> None:
    """A chain that ends."""
    chains.wait_for_chain(chains.start_product_chain(hops), hops)


def start_calls(calls: int, timeout: float = 60.0) -> int:
    """Start `calls` runs, each on a network of its own, and wait until every call is under way."""
    for _ in range(calls):
        network = chains.create_network(slots=SLOW_SLOTS)
        runs.start_run(network=network, prompt=PROMPT, at=timezone.now())
    until = time.monotonic() + timeout
    while (under_way := Invocation.objects.filter(state="invoking").count()) < calls:
        if time.monotonic() > until:
            raise TimeoutError(f"{under_way} of {calls} calls under way after {timeout:g} s")
        time.sleep(0.2)
    return under_way
