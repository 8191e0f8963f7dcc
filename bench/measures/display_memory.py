"""B8.displays: the memory that an idle display takes in the web process."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import psutil

from bench.engines import Engine
from bench.environment import Context, print_progress
from bench.publishers import WEBSOCKETS, BaselineServer, ProductPublisher
from bench.rows import Row, judge_ratio, ratio_bar
from bench.sockets import SocketLoop
from bench.statistics import interleaved

DISPLAYS = 20  # addresses
FEW, MANY = 40, 440  # sockets before and after, so that one-off allocations do not count
ROUNDS = 5
MAX_RATIO = 1.7
SETTLE_SECONDS = 2.0  # seconds
KB = 1000
BARS = {"B8.displays": ratio_bar(MAX_RATIO, "KB")}
NOTE = (
    f"PSS of the web process with {MANY} idle sockets at {DISPLAYS} displays, less that with {FEW}, "
    "per socket; processes are fresh in each round; baseline: a process of bare `websockets`, "
    "without compression"
)


def measure(context: Context, engine: Engine) -> list[Row]:
    product = ProductPublisher.start(context, engine, displays=DISPLAYS)

    def ours() -> float:
        _restart(product)
        (web,) = product.prepared.stack.processes("web")
        return _kilobytes_per_socket(web, lambda count: (product.displays * count)[:count])

    def bare() -> float:
        baseline = BaselineServer(context, WEBSOCKETS)
        return _kilobytes_per_socket(psutil.Process(baseline.process.pid), baseline.sockets)

    found = interleaved(ROUNDS, {"ours": ours, "bare": bare}, print_progress=print_progress)
    row_id, note = f"B8.displays{engine.suffix}", f"{engine.label}; {NOTE}"
    mine, theirs = found["ours"], found["bare"]
    return [judge_ratio(row_id, ours=mine, theirs=theirs, maximum=MAX_RATIO, unit="KB", note=note)]


def _kilobytes_per_socket(
    server: psutil.Process, addresses: Callable[[int], Sequence[str]]
) -> float:
    """Kilobytes per socket."""
    with SocketLoop() as loop:
        loop.connect(addresses(FEW), acknowledges=True)
        before = _memory_of(server)
        loop.connect(addresses(MANY - FEW), acknowledges=True)
        return (_memory_of(server) - before) / (MANY - FEW) / KB


def _memory_of(server: psutil.Process) -> int:
    time.sleep(SETTLE_SECONDS)
    return int(server.memory_full_info().pss)


def _restart(product: ProductPublisher) -> None:
    """A web process without any earlier use."""
    stack = product.prepared.stack
    (old,) = stack.processes("web")
    old.kill()
    stack.wait_until(
        lambda: [p for p in stack.processes("web") if p != old], 30, "a new web process"
    )
    with stack.client() as client:
        client.get("/healthz").raise_for_status()
