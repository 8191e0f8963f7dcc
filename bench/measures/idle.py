"""B8, as far as displays go: what each that only waits takes from the web process."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import psutil

from bench.audience import Hall
from bench.engines import Engine
from bench.figures import interleaved
from bench.rows import Row, against, ratio_bar
from bench.senders import BARE, Product, Rival
from bench.workshop import Room, tell

DISPLAYS = 20  # addresses
FEW, MANY = 40, 440  # sockets before and after: what is made once is there already
ROUNDS = 5
MOST = 2.5
SETTLED = 2.0  # seconds
KB = 1000
BARS = {"B8.displays": ratio_bar(MOST, "KB")}
NOTE = (
    f"PSS of the web process with {MANY} idle sockets at {DISPLAYS} displays, less that with {FEW}, "
    "per socket; processes are fresh in each round; baseline: a process of bare `websockets`, "
    "without compression"
)


def measure(room: Room, engine: Engine) -> list[Row]:
    product = Product.started(room, engine, displays=DISPLAYS)

    def ours() -> float:
        _restart(product)
        (web,) = product.place.stack.processes("web")
        return _each(web, lambda count: (product.displays * count)[:count])

    def bare() -> float:
        rival = Rival(room, BARE)
        return _each(psutil.Process(rival.process.pid), rival.sockets)

    found = interleaved(ROUNDS, {"ours": ours, "bare": bare}, tell=tell)
    row_id, note = f"B8.displays{engine.suffix}", f"{engine.label}; {NOTE}"
    mine, theirs = found["ours"], found["bare"]
    return [against(row_id, ours=mine, theirs=theirs, most=MOST, unit="KB", note=note)]


def _each(server: psutil.Process, addresses: Callable[[int], Sequence[str]]) -> float:
    """Kilobytes per socket."""
    with Hall() as hall:
        hall.seat(addresses(FEW), acknowledges=True)
        before = _weighed(server)
        hall.seat(addresses(MANY - FEW), acknowledges=True)
        return (_weighed(server) - before) / (MANY - FEW) / KB


def _weighed(server: psutil.Process) -> int:
    time.sleep(SETTLED)
    return int(server.memory_full_info().pss)


def _restart(product: Product) -> None:
    """A web process that nobody has used yet."""
    stack = product.place.stack
    (old,) = stack.processes("web")
    old.kill()
    stack.wait_until(
        lambda: [p for p in stack.processes("web") if p != old], 30, "a new web process"
    )
    with stack.client() as client:
        client.get("/healthz").raise_for_status()
