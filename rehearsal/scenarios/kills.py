"""kill -9 before, during and after a provider's call, and between its answer and our commit."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from rehearsal.stack import CAPTION, IMAGE, TEXT, Broken, RehearsalStack

from .base import Scenario

RECOVERY_SECONDS = 20.0


def measure_recovery(stack: RehearsalStack, kill: Callable[[], None], *runs: str) -> float:
    """Seconds from the kill until each run has completed another step."""
    began = time.monotonic()
    kill()
    stack.await_progress(*runs, seconds=RECOVERY_SECONDS)
    return time.monotonic() - began


def kill_while_asking(stack: RehearsalStack) -> str:
    """The prediction is made and charged, but its answer, with its id, has not arrived."""
    stack.provider.script("held", {"create_seconds": 20.0})
    run = stack.start_run(stack.create_network("Killed while asking", TEXT), "a moth #held")
    stack.await_condition(lambda: _asked(stack, run), 20, "the request is out")

    seconds = measure_recovery(stack, stack.kill_queue, run)

    first = stack.records.keys_and_errors(run, 0)[0][0]
    if not any(entry.key == first for entry in stack.provider.journal.entries("repeat")):
        raise Broken("the next try did not come under the same key")
    stack.stop_run(run)
    return f"charged, unanswered, killed: asked again under the same key; on after {seconds:.1f} s"


def kill_while_following(stack: RehearsalStack) -> str:
    stack.provider.script("slow", {"seconds": 8})
    run = stack.start_run(stack.create_network("Killed while following", TEXT), "a moth #slow")
    stack.await_condition(
        lambda: stack.records.provider_reference(run), 20, "the request is followed"
    )

    seconds = measure_recovery(stack, stack.kill_queue, run)

    first = stack.records.keys_and_errors(run, 0)[0][0]
    asked = [e for e in stack.provider.journal.entries("create") if e.key == first]
    again = [e for e in stack.provider.journal.entries("repeat") if e.key == first]
    if len(asked) != 1 or again:
        raise Broken("a request whose id was known was made again")
    stack.stop_run(run)
    return f"the request of the dead worker was adopted; on after {seconds:.1f} s"


def kill_while_fetching(stack: RehearsalStack) -> str:
    """Between the provider's answer and our commit: the picture is on its way."""
    stack.provider.script("drip", {"slow_file": True})
    run = stack.start_run(
        stack.create_network("Killed while fetching", IMAGE, CAPTION), "a moth #drip"
    )
    stack.await_condition(
        lambda: stack.provider.journal.count("fetched"), 20, "the picture is on its way"
    )

    seconds = measure_recovery(stack, stack.kill_queue, run)

    stack.stop_run(run)
    return f"the output of the dead worker was fetched again; on after {seconds:.1f} s"


def kill_at_random(stack: RehearsalStack, times: int = 8) -> str:
    runs = [stack.start_run(stack.create_network(f"Killed at random {n}", TEXT)) for n in range(3)]
    stack.await_progress(*runs)
    slowest = 0.0
    for number in range(times):
        time.sleep(random.uniform(0, 1))
        kill = stack.kill_queue if number % 4 == 3 else lambda: kill_one_worker(stack, runs)
        slowest = max(slowest, measure_recovery(stack, kill, *runs))
    for run in runs:
        stack.stop_run(run)
    return f"{times} kills, 3 runs: each went on, the slowest after {slowest:.1f} s"


def kill_one_worker(stack: RehearsalStack, runs: list[str]) -> None:
    """The holder of one of the runs, or any worker."""
    holders = sorted(set(stack.records.workers_of_runs(*runs).values()))
    if holders:
        stack.kill_worker(random.choice(holders))
    elif workers := stack.processes("worker"):
        workers[-1].kill()


def _asked(stack: RehearsalStack, run: str) -> bool:
    keys = {key for key, _ in stack.records.keys_and_errors(run, 0)}
    return any(entry.key in keys for entry in stack.provider.journal.entries("charge"))


SCENARIOS = (
    Scenario(
        "kill-asking", "Workers killed while the provider answers", (2, 5), 60, kill_while_asking
    ),
    Scenario(
        "kill-following",
        "Workers killed while a call is followed",
        (2, 5),
        60,
        kill_while_following,
    ),
    Scenario(
        "kill-fetching", "Workers killed while an output arrives", (2, 5), 60, kill_while_fetching
    ),
    Scenario("kill-random", "Workers killed at any time", (2, 5), 180, kill_at_random),
)
