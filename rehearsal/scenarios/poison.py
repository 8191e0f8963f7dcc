"""A step that kills its worker every time is quarantined; other runs go on."""

from __future__ import annotations

from functools import partial

from rehearsal.stack import TEXT, Broken, RehearsalStack

from .base import Scenario

MAX_DEATHS = 3


def kill_every_worker(stack: RehearsalStack) -> str:
    """The provider never answers, and the worker that asked is killed each time."""
    neighbour = stack.start_run(stack.create_network("Beside the poison", TEXT))
    stack.provider.script("poison", *[{"error": "hang"}] * MAX_DEATHS)
    run = stack.start_run(stack.create_network("Poison", TEXT), "a moth #poison")
    for death in range(1, MAX_DEATHS + 1):
        stack.await_condition(
            partial(_made_requests, stack, run, death), 25, f"request {death} is made"
        )
        stack.kill_worker(stack.records.workers_of_runs(run)[run])

    stack.await_condition(
        lambda: stack.records.state_and_reason(run)[0] == "failed", 20, "the step is quarantined"
    )

    if (reason := stack.records.state_and_reason(run)[1]) != "poison":
        raise Broken(f"the run failed for {reason}")
    seconds = stack.await_progress(neighbour)
    stack.stop_run(neighbour)
    return f"quarantined after {MAX_DEATHS} deaths; its neighbour goes on ({seconds:.1f} s)"


def _made_requests(stack: RehearsalStack, run: str, times: int) -> bool:
    keys = {key for key, _ in stack.records.keys_and_errors(run, 0)}
    made = sum(entry.key in keys for entry in stack.provider.journal.entries("create"))
    return made >= times


SCENARIOS = (Scenario("poison", "A step that kills its worker", (5,), 120, kill_every_worker),)
