"""The whole machine: every process killed at once, and SIGTERM in the middle of a long call."""

from __future__ import annotations

import time

from rehearsal.stack import TEXT, Broken, RehearsalStack

from .base import Scenario


def kill_everything(stack: RehearsalStack) -> str:
    runs = [stack.start_run(stack.create_network(f"Power cut {n}", TEXT)) for n in range(3)]
    stack.await_progress(*runs)

    began = time.monotonic()
    for process in stack.everything():
        process.kill()
    stack.await_condition(lambda: not stack.everything(), 5, "everything is gone")
    before = stack.records.count_completed_steps(*runs)
    stack.start()
    stack.await_progress(*runs)
    seconds = time.monotonic() - began

    for run in runs:
        stack.stop_run(run)
    return f"every process killed, started again: 3 runs went on after {seconds:.1f} s ({before} steps kept)"


def terminate_during_call(stack: RehearsalStack) -> str:
    """SIGTERM in the middle of a call of a minute."""
    stack.provider.script("minute", {"seconds": 15})
    run = stack.start_run(stack.create_network("Terminated", TEXT), "a moth #minute")
    followed = stack.provider.journal.count("followed")
    stack.await_condition(
        lambda: stack.provider.journal.count("followed") > followed, 20, "it is followed"
    )

    status, seconds = stack.stop()
    stack.start()

    if status != 0 or seconds > 10:
        raise Broken(f"it ended with {status} after {seconds:.1f} s")
    stack.await_progress(run, seconds=30)
    keys = [key for key, _ in stack.records.keys_and_errors(run, 0)]
    asked = sum(entry.key in keys for entry in stack.provider.journal.entries("create"))
    if asked != 1:
        raise Broken(f"the call was made {asked} times")
    stack.stop_run(run)
    return f"ended after {seconds:.1f} s, handed its call over, and collected it later: paid once"


SCENARIOS = (
    Scenario("machine-kill", "The power fails", (1, 2, 5), 90, kill_everything),
    Scenario("machine-terminate", "SIGTERM during a call", (2, 5), 90, terminate_during_call),
)
