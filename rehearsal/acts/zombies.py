"""Workers that freeze (SIGSTOP) past their lease and wake up later with a result in hand."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil

from rehearsal.stage import Broken, Stage
from tests.stack import MANAGE, ROOT

from .base import Act

MODEL = "dummy:text-to-text"
CALL = 12.0  # seconds each call takes; its result is there the moment the worker wakes up
RUNS = 6


@contextlib.contextmanager
def second_cluster(stage: Stage) -> Iterator[psutil.Process]:
    """Another queue on the same rows, as a second machine would have; nobody watches over it."""
    with (stage.stack.data_dir / "second.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, MANAGE, "qcluster"],
            cwd=ROOT,
            env={**stage.stack.environment, "PANIC_WORKERS": "2"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    head = psutil.Process(process.pid)
    try:
        yield head
    finally:
        for one in family(head):
            with contextlib.suppress(psutil.Error):
                one.kill()
        process.wait(10)


def family(head: psutil.Process) -> list[psutil.Process]:
    try:
        return [head, *head.children(recursive=True)]
    except psutil.Error:
        return []


def play(stage: Stage, frozen: float = 20.0) -> str:
    with second_cluster(stage) as head:
        stage.until(lambda: len(family(head)) >= 5, 30, "the second queue is up")
        slow = {"model": MODEL, "parameters": {"delay_seconds": CALL, "noop": True}}
        slugs = [stage.network(f"Frozen {n}", slow) for n in range(RUNS)]
        held = stage.until(lambda: _held_by(stage, head, slugs), 60, "the second queue holds calls")
        steps = stage.records.steps_at_work(held)
        for one in family(head):
            one.send_signal(signal.SIGSTOP)
        time.sleep(frozen)
        given_away = [stage.records.outcomes_of(step) for step in steps]
        for one in reversed(family(head)):
            one.send_signal(signal.SIGCONT)
        return _judge(stage, frozen, held, steps, given_away)


def _held_by(stage: Stage, head: psutil.Process, slugs: list[str]) -> list[str]:
    """Runs whose call is in the hands of the second queue; started anew until there are some."""
    runs = [stage.start(slug) for slug in slugs]
    stage.until(lambda: len(stage.records.holders(*runs)) == len(runs), 20, "all are at work")
    pids = {str(one.pid) for one in family(head)}
    holders = stage.records.holders(*runs)
    return [run for run, worker in holders.items() if worker.split(":")[1] in pids]


def _judge(
    stage: Stage, frozen: float, held: list[str], steps: list[str], given_away: list[list[str]]
) -> str:
    if any(outcomes[:1] != ["lost"] for outcomes in given_away):
        raise Broken(f"after {frozen:.0f} s the frozen steps had the outcomes {given_away}")
    for step in steps:
        stage.until(lambda s=step: stage.records.successors(s), 40, f"{step} is done")  # type: ignore[misc]
    time.sleep(1)  # for whoever else believes that the step is his
    for step in steps:
        if (outcomes := stage.records.outcomes_of(step)) != ["lost", "completed"]:
            raise Broken(f"step {step} has the outcomes {outcomes}")
        if (following := stage.records.successors(step)) != 1:
            raise Broken(f"step {step} has {following} successors")
    evidence = sum(stage.records.has_evidence(step) for step in steps)
    if not evidence:
        raise Broken("no late result was kept as evidence")
    for run in held:
        stage.stop(run)
    return (
        f"{len(held)} calls frozen for {frozen:.0f} s were given to others; {evidence} late results "
        "kept as evidence, each step has exactly one successor"
    )


for_a_minute = Act(
    "zombie-minute", "Workers frozen for a minute", (2, 5), 240, lambda stage: play(stage, 60.0)
)
ACTS = (Act("zombie", "Frozen workers wake up with a result", (2, 5), 150, play),)
