"""kill -9 before, during and after a provider's call, and between its answer and our commit."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from rehearsal.stage import CAPTION, IMAGE, TEXT, Broken, Stage

from .base import Act

RECOVERY = 20.0


def recovered(stage: Stage, strike: Callable[[], None], *runs: str) -> float:
    """Seconds from the blow until each run has completed another step."""
    began = time.monotonic()
    strike()
    stage.goes_on(*runs, seconds=RECOVERY)
    return time.monotonic() - began


def while_asking(stage: Stage) -> str:
    """The prediction is made and charged, but its answer has not come: nobody knows its id."""
    stage.provider.script("held", {"create_seconds": 20.0})
    run = stage.start(stage.network("Killed while asking", TEXT), "a moth #held")
    stage.until(lambda: _asked(stage, run), 20, "the request is out")

    seconds = recovered(stage, stage.kill_queue, run)

    first = stage.records.tries(run, 0)[0][0]
    if not any(entry.key == first for entry in stage.provider.journal.entries("repeat")):
        raise Broken("the next try did not come under the same key")
    stage.stop(run)
    return f"charged, unanswered, killed: asked again under the same key; on after {seconds:.1f} s"


def while_following(stage: Stage) -> str:
    stage.provider.script("slow", {"seconds": 8})
    run = stage.start(stage.network("Killed while following", TEXT), "a moth #slow")
    stage.until(lambda: stage.records.reference(run), 20, "the request is followed")

    seconds = recovered(stage, stage.kill_queue, run)

    first = stage.records.tries(run, 0)[0][0]
    asked = [e for e in stage.provider.journal.entries("create") if e.key == first]
    again = [e for e in stage.provider.journal.entries("repeat") if e.key == first]
    if len(asked) != 1 or again:
        raise Broken("a request whose id was known was made again")
    stage.stop(run)
    return f"the request of the dead worker was adopted; on after {seconds:.1f} s"


def while_fetching(stage: Stage) -> str:
    """Between the provider's answer and our commit: the picture is on its way."""
    stage.provider.script("drip", {"slow_file": True})
    run = stage.start(stage.network("Killed while fetching", IMAGE, CAPTION), "a moth #drip")
    stage.until(lambda: stage.provider.journal.count("fetched"), 20, "the picture is on its way")

    seconds = recovered(stage, stage.kill_queue, run)

    stage.stop(run)
    return f"the output of the dead worker was fetched again; on after {seconds:.1f} s"


def at_random(stage: Stage, times: int = 8) -> str:
    runs = [stage.start(stage.network(f"Killed at random {n}", TEXT)) for n in range(3)]
    stage.goes_on(*runs)
    slowest = 0.0
    for number in range(times):
        time.sleep(random.uniform(0, 1))
        strike = stage.kill_queue if number % 4 == 3 else lambda: one_worker(stage, runs)
        slowest = max(slowest, recovered(stage, strike, *runs))
    for run in runs:
        stage.stop(run)
    return f"{times} kills, 3 runs: each went on, the slowest after {slowest:.1f} s"


def one_worker(stage: Stage, runs: list[str]) -> None:
    """The holder of one of the runs, or whoever is there."""
    holders = sorted(set(stage.records.holders(*runs).values()))
    if holders:
        stage.kill_worker(random.choice(holders))
    elif workers := stage.stack.processes("worker"):
        workers[-1].kill()


def _asked(stage: Stage, run: str) -> bool:
    keys = {key for key, _ in stage.records.tries(run, 0)}
    return any(entry.key in keys for entry in stage.provider.journal.entries("charge"))


ACTS = (
    Act("kill-asking", "Workers killed while the provider answers", (2, 5), 60, while_asking),
    Act("kill-following", "Workers killed while a call is followed", (2, 5), 60, while_following),
    Act("kill-fetching", "Workers killed while an output arrives", (2, 5), 60, while_fetching),
    Act("kill-random", "Workers killed at any time", (2, 5), 180, at_random),
)
