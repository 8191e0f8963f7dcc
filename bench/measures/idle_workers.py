"""B11.idle: what a thousand farm workers cost that have nothing to do."""

from __future__ import annotations

import time

from bench.engines import Engine
from bench.environment import Context, PreparedStack, print_progress
from bench.idle_workers import WAIT_SECONDS, IdleWorkers
from bench.processor_time import ProcessorTime, fixed
from bench.rows import NotMeasured, Row, judge_maximum, plain_bar
from bench.statistics import median

WORKERS = 1_000
ROUNDS = 5
ROUND_SECONDS = float(WAIT_SECONDS)  # each worker claims once
SETTLE_SECONDS = 30.0  # until what signing on has caused is done: each has claimed once
MAX_CORE_PERCENT, MAX_MB, MB = 5.0, 60.0, 1_000_000
BARS = {
    "B11.idle.cpu": plain_bar(MAX_CORE_PERCENT, "% of a core"),
    "B11.idle.memory": plain_bar(MAX_MB, "MB"),
}
NOTE = (
    f"{WORKERS:,} workers that have signed on and hold a claim open for {WAIT_SECONDS} s, over and over; "
    "all processes of `manage.py up`, less the same without a worker"
)


def measure(context: Context, engine: Engine) -> list[Row]:
    prepared = context.prepare_stack(engine)
    in_process = prepared.in_process()
    secrets = in_process.call("farm.enrol_workers", count=WORKERS)
    in_process.close()
    prepared.stack.start()
    cpu = ProcessorTime(fixed(one.pid for one in prepared.stack.everything()))
    with IdleWorkers("127.0.0.1", prepared.stack.port) as idle:
        idle.start(secrets[:1])  # so that what one worker loads does not count
        time.sleep(SETTLE_SECONDS)
        alone, before = _core_percent(cpu), prepared.stack.memory() / MB
        idle.start(secrets[1:])
        time.sleep(SETTLE_SECONDS)
        used, held = zip(*(_round(prepared, cpu) for _ in range(ROUNDS)), strict=True)
        answered, failures = idle.claims, idle.failures
    if failures:
        raise NotMeasured(f"{len(failures)} workers failed: {failures[0]}")
    note = f"{engine.label}; {NOTE}; {answered:,} claims were answered"
    return [
        judge_maximum(
            f"B11.idle.cpu{engine.suffix}",
            ours=(added := [one - alone for one in used]),
            value=median(added),
            maximum=MAX_CORE_PERCENT,
            unit="% of a core",
            note=f"{note}; {alone:.1f} % without them",
        ),
        judge_maximum(
            f"B11.idle.memory{engine.suffix}",
            ours=(grown := [one - before for one in held]),
            value=median(grown),
            maximum=MAX_MB,
            unit="MB",
            note=f"{note}; PSS, {before:.0f} MB without them",
        ),
    ]


def _round(prepared: PreparedStack, cpu: ProcessorTime) -> tuple[float, float]:
    """Per cent of a core, and megabytes."""
    found = _core_percent(cpu), prepared.stack.memory() / MB
    print_progress(f"{found[0]:.2f} % of a core, {found[1]:.0f} MB")
    return found


def _core_percent(cpu: ProcessorTime) -> float:
    began, before = time.monotonic(), cpu.seconds()
    time.sleep(ROUND_SECONDS)
    return (cpu.seconds() - before) * 100 / (time.monotonic() - began)
