"""Workers that are frozen (SIGSTOP) past their lease and continue later with a result."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial

import psutil

from rehearsal.stack import Broken, RehearsalStack
from tests.stack import MANAGE, ROOT

from .base import Scenario

MODEL = "dummy:text-to-text"
CALL_SECONDS = 12.0  # its result is ready when the worker continues
RUNS = 16  # so many that the second queue takes several of them
WORKERS = 2
PROCESSES = WORKERS + 2  # with the guard, which is the head, and the pusher


@contextlib.contextmanager
def second_cluster(stack: RehearsalStack) -> Iterator[psutil.Process]:
    """Another queue on the same rows, as a second machine would have; no supervisor restarts it."""
    with (stack.data_dir / "second.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, MANAGE, "qcluster"],
            cwd=ROOT,
            env={**stack.environment, "PANIC_WORKERS": str(WORKERS)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    head = psutil.Process(process.pid)
    try:
        yield head
    finally:
        for one in process_tree(head):
            with contextlib.suppress(psutil.Error):
                one.kill()
        process.wait(10)


def process_tree(head: psutil.Process) -> list[psutil.Process]:
    try:
        return [head, *head.children(recursive=True)]
    except psutil.Error:
        return []


def freeze_workers(stack: RehearsalStack, frozen: float = 20.0) -> str:
    with second_cluster(stack) as head:
        stack.await_condition(
            lambda: len(process_tree(head)) >= PROCESSES, 90, "the second queue is up"
        )
        slow = {"model": MODEL, "parameters": {"delay_seconds": CALL_SECONDS, "noop": True}}
        slugs = [stack.create_network(f"Frozen {n}", slow) for n in range(RUNS)]
        held = stack.await_condition(
            lambda: _held_by(stack, head, slugs), 60, "the second queue holds calls"
        )
        steps = stack.records.invoking_steps(held)
        for one in process_tree(head):
            one.send_signal(signal.SIGSTOP)
        time.sleep(frozen)
        outcomes_when_frozen = [stack.records.outcomes_of_step(step) for step in steps]
        for one in reversed(process_tree(head)):
            one.send_signal(signal.SIGCONT)
        return _judge(stack, frozen, held, steps, outcomes_when_frozen)


def _held_by(stack: RehearsalStack, head: psutil.Process, slugs: list[str]) -> list[str]:
    """Runs whose call is in the hands of the second queue; started anew until there are some."""
    runs = [stack.start_run(slug) for slug in slugs]
    stack.await_condition(
        lambda: len(stack.records.workers_of_runs(*runs)) == len(runs), 20, "all are at work"
    )
    pids = {str(one.pid) for one in process_tree(head)}
    holders = stack.records.workers_of_runs(*runs)
    return [run for run, worker in holders.items() if worker.split(":")[1] in pids]


def _judge(
    stack: RehearsalStack,
    frozen: float,
    held: list[str],
    steps: list[str],
    outcomes_when_frozen: list[list[str]],
) -> str:
    if any(outcomes[:1] != ["lost"] for outcomes in outcomes_when_frozen):
        raise Broken(
            f"after {frozen:.0f} s the frozen steps had the outcomes {outcomes_when_frozen}"
        )
    for step in steps:
        stack.await_condition(partial(stack.records.count_next_steps, step), 40, f"{step} is done")
    time.sleep(1)  # for any other worker that still holds the step
    for step in steps:
        if (outcomes := stack.records.outcomes_of_step(step)) != ["lost", "completed"]:
            raise Broken(f"step {step} has the outcomes {outcomes}")
        if (following := stack.records.count_next_steps(step)) != 1:
            raise Broken(f"step {step} has {following} successors")
    evidence = sum(stack.records.has_late_result(step) for step in steps)
    if not evidence:
        raise Broken("no late result was kept as evidence")
    for run in held:
        stack.stop_run(run)
    return (
        f"{len(held)} calls frozen for {frozen:.0f} s were requeued; {evidence} late results "
        "kept as evidence, each step has exactly one successor"
    )


FROZEN_FOR_A_MINUTE = Scenario(
    "zombie-minute",
    "Workers frozen for a minute",
    (2, 5),
    240,
    lambda stack: freeze_workers(stack, 60.0),
)
SCENARIOS = (
    Scenario("zombie", "Frozen workers continue with a result", (2, 5), 150, freeze_workers),
)
