"""B2: from the HTTP request that starts a run to a worker that begins its first step."""

from __future__ import annotations

import time
from datetime import datetime

import httpx

from bench.baselines.commit_notify import CommitNotify
from bench.engines import Engine
from bench.environment import Context, print_progress
from bench.processor_time import ProcessorTime, fixed
from bench.rows import NotMeasured, Row, judge_ratio, ratio_bar
from bench.statistics import interleaved, p95
from bench.workloads import NOOP_SLOTS, PROMPT, pacing

ROUNDS = 5
STARTS = 40
COMMITS = 200
PAUSE_SECONDS = 0.05  # seconds between starts
MAX_RATIO, FLOOR = 1.5, 8.0
BARS = {"B2": ratio_bar(MAX_RATIO, "ms", FLOOR)}
NOTE = (
    f"p95 of {STARTS} starts (POST of a run, superseding the one before) to attempt.started_at; "
    f"baseline: p95 of {COMMITS} bare commits of as many bytes plus a bare notify to another process, "
    "without HTTP; each is the median of the rounds"
)
CPU_NOTE = (
    "processor time of a start in all processes, with the requests by which the bench sees it:"
)


def measure(context: Context, engine: Engine) -> list[Row]:
    prepared = context.prepare_stack(engine)
    token = prepared.stack.token(admin=True)
    prepared.stack.start()
    client = context.closing.enter_context(prepared.stack.client(token))
    sender = PromptSender(client)
    sender.start_runs(10)  # the first ones import, compile and fill caches
    address = prepared.stack.environment.get("DATABASE_URL") or (
        f"{engine.synchronous}:{prepared.stack.data_dir / 'bare.sqlite3'}"
    )
    bare = context.closing.enter_context(CommitNotify(address))
    sides = {
        "ours": lambda: p95(sender.start_runs(STARTS)),
        "bare": lambda: p95([bare.latency() for _ in range(COMMITS)]),
    }
    cpu = ProcessorTime(fixed(process.pid for process in prepared.stack.everything()))
    before = cpu.seconds()
    found = interleaved(ROUNDS, sides, print_progress=print_progress)
    per_start = (cpu.seconds() - before) * 1000 / (ROUNDS * STARTS)
    row_id = f"B2{engine.suffix}"
    note = f"{engine.label}; {NOTE}; {CPU_NOTE} {per_start:.1f} ms"
    ours, theirs = found["ours"], found["bare"]
    return [
        judge_ratio(row_id, ours=ours, theirs=theirs, maximum=MAX_RATIO, floor=FLOOR, note=note)
    ]


class PromptSender:
    """Starts runs over HTTP."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        network = {
            "name": "Bench",
            "slots": NOOP_SLOTS,
            "lockout_seconds": 0,
            "pacing": pacing(600),  # one step, then quiet
        }
        made = client.post("/api/v1/networks", json=network).raise_for_status()
        self._runs = f"/api/v1/networks/{made.json()['slug']}/runs"

    def start_runs(self, times: int) -> list[float]:
        return [self._start_run() for _ in range(times)]

    def _start_run(self) -> float:
        """Milliseconds from before the request to the start of the worker's attempt."""
        time.sleep(PAUSE_SECONDS)
        began = time.time()
        made = self._client.post(self._runs, json={"prompt": PROMPT}).raise_for_status()
        return (self._started(made.json()["id"]) - began) * 1000

    def _started(self, run: str) -> float:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            page = self._client.get(f"/api/v1/runs/{run}/invocations").raise_for_status()
            if (steps := page.json()["items"]) and (at := steps[0]["started_at"]):
                return datetime.fromisoformat(at).timestamp()
            time.sleep(0.01)
        raise NotMeasured("no worker began on a step within 20 s")
