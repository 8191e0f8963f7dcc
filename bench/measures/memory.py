"""B8.idle and B8.calls: the memory of all processes, idle and with 200 calls under way."""

from __future__ import annotations

import time
from pathlib import Path

from bench.engines import Engine
from bench.environment import Context, PreparedStack, print_progress
from bench.in_process.client import InProcessClient
from bench.rows import NotMeasured, Row, judge_maximum, plain_bar
from bench.statistics import median

IMPORT_BLOCKERS = Path(__file__).parent.parent / "import_blockers"
SAMPLES = 5
MAX_IDLE_MB = 220.0
CALLS = 200
MAX_CALLS_MB = 20.0
MB = 1_000_000
BARS = {"B8.idle": plain_bar(MAX_IDLE_MB, "MB"), "B8.calls": plain_bar(MAX_CALLS_MB, "MB")}
IDLE_NOTE = (
    "PSS of every process of `manage.py up` with two workers, after pages were asked for and steps "
    "were done; no local model was used, nothing that only developers have installed was loaded"
)
CALLS_NOTE = (
    f"PSS of the whole tree with {CALLS} calls under way on one worker process, less the PSS of the "
    "same tree before, after a few steps"
)


def measure(context: Context, engine: Engine) -> list[Row]:
    return [_idle(context, engine), _calls(context, engine)]


def _idle(context: Context, engine: Engine) -> Row:
    prepared = _started(context, engine, workers=2)
    samples = _samples(prepared)
    return judge_maximum(
        f"B8.idle{engine.suffix}",
        ours=samples,
        value=median(samples),
        maximum=MAX_IDLE_MB,
        unit="MB",
        note=IDLE_NOTE,
    )


def _calls(context: Context, engine: Engine) -> Row:
    prepared = _started(context, engine, workers=1)
    before = median(_samples(prepared))
    _call(prepared, "calls.start_calls", calls=CALLS)
    added = [sample - before for sample in _samples(prepared)]
    return judge_maximum(
        f"B8.calls{engine.suffix}",
        ours=added,
        value=median(added),
        maximum=MAX_CALLS_MB,
        unit="MB",
        note=f"{CALLS_NOTE}; {before:.0f} MB before",
    )


def _started(context: Context, engine: Engine, *, workers: int) -> PreparedStack:
    prepared = context.prepare_stack(engine, workers=workers)
    prepared.stack.environment["PYTHONPATH"] = str(IMPORT_BLOCKERS)
    token = prepared.stack.token(admin=True)
    # As after the first start of an installation: a process that compiles modules stays larger.
    prepared.stack.start()
    prepared.stack.stop()
    prepared.stack.start()
    with prepared.stack.client(token) as client:
        for path in ("/", "/networks/", "/models/", "/api/v1/networks"):
            client.get(path)
    _call(prepared, "calls.warm_up", hops=20)
    return prepared


def _call(prepared: PreparedStack, what: str, **arguments: object) -> None:
    """Call it in a process that ends before memory is measured."""
    variables = {**prepared.stack.environment, "DJANGO_SETTINGS_MODULE": "panic.settings"}
    with InProcessClient(variables) as in_process:
        in_process.call(what, **arguments)


def _samples(prepared: PreparedStack) -> list[float]:
    found = []
    for _ in range(SAMPLES):
        time.sleep(1)
        found.append(prepared.stack.memory() / MB)
    print_progress(f"PSS: {', '.join(f'{one:.0f}' for one in found)} MB")
    if not found[0]:
        raise NotMeasured("no process was found")
    return found
