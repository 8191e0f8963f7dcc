"""B5: five hundred sockets are cut at once, miss three hundred events, and all reconnect."""

from __future__ import annotations

import time

import httpx

from bench.engines import Engine
from bench.environment import Context, print_progress
from bench.in_process.counting import PATH
from bench.publishers import ProductPublisher
from bench.rows import NotMeasured, Row, judge_maximum, judge_ratio, plain_bar, ratio_bar
from bench.sockets import SocketGroup
from bench.statistics import median

ROUNDS = 5
SOCKETS, FEW = 500, 50
MISSED = 300
MAX_SECONDS = 1.0
COUNTED_SECONDS = 4.0  # for all rounds, so that periodic queries are the same
QUERIES, QUERIES_FLOOR = 1.5, 20.0
BARS = {
    "B5": plain_bar(MAX_SECONDS, "s"),
    "B5.queries": ratio_bar(QUERIES, "queries", QUERIES_FLOOR),
}
NOTE = (
    f"{SOCKETS} sockets of one web process are cut, {MISSED} events are committed, "
    "all connect in the same moment with their cursors -> the last one has the last event; every "
    "socket got every number, in order"
)
QUERIES_NOTE = (
    f"queries of the web process in the {COUNTED_SECONDS:g} s after the reconnection, with {SOCKETS} sockets "
    f"against {FEW}"
)


def measure(context: Context, engine: Engine) -> list[Row]:
    reconnects = Reconnects(
        context,
        ProductPublisher.start(context, engine, settings="bench.in_process.counted_settings"),
    )
    seconds, many, few, cpu = [], [], [], []
    reconnects.run(FEW)
    for number in range(1, ROUNDS + 1):
        lasted, queries, used = reconnects.run(SOCKETS)
        seconds.append(lasted)
        many.append(queries)
        cpu.append(used * 1000 / SOCKETS)
        few.append(reconnects.run(FEW)[1])
        summary = f"{lasted:.2f} s, {queries:g} queries, {few[-1]:g} with {FEW}"
        print_progress(f"round {number} of {ROUNDS}: {summary}")
    note = f"{engine.label}; {NOTE}; the longest of {ROUNDS} took {max(seconds):.2f} s"
    note += f"; processor time of the web process per socket {median(cpu):.2f} ms"
    return [
        judge_maximum(
            f"B5{engine.suffix}",
            ours=seconds,
            value=median(seconds),
            maximum=MAX_SECONDS,
            unit="s",
            note=note,
        ),
        judge_ratio(
            f"B5.queries{engine.suffix}",
            ours=many,
            theirs=few,
            maximum=QUERIES,
            unit="queries",
            floor=QUERIES_FLOOR,
            note=f"{engine.label}; {QUERIES_NOTE}",
        ),
    ]


class Reconnects:
    """Cuts sockets, publishes events, and reconnects the sockets."""

    def __init__(self, context: Context, product: ProductPublisher) -> None:
        self._loop = context.socket_loop()
        self._product = product
        self._client = context.closing.enter_context(product.prepared.stack.client())

    def run(self, sockets: int) -> tuple[float, float, float]:
        """Seconds until all have caught up, the queries of the web process meanwhile, and the
        seconds of its processor time until then."""
        before = self._loop.connect(self._product.sockets(sockets), acknowledges=True)
        self._loop.run(before.cut())
        self._product.publish(MISSED, 0)
        self._await_idle()
        queries, began = self._queries(), time.monotonic()
        addresses = [
            f"{address}&cursor={client.cursor.decode()}"
            for address, client in zip(self._product.sockets(sockets), before.clients, strict=True)
        ]
        used = self._product.cpu.seconds()
        after, ended = self._loop.run(SocketGroup.reconnected(addresses, MISSED))
        used = self._product.cpu.seconds() - used
        time.sleep(max(0.0, began + COUNTED_SECONDS - time.monotonic()))
        made = self._queries() - queries
        self._loop.run(after.cut())
        self._await_idle()
        return ended - began, made, used

    def _await_idle(self) -> None:
        """Wait until the web process has finished earlier work."""
        (web,) = self._product.prepared.stack.processes("web")
        until = time.monotonic() + 20
        while time.monotonic() < until:
            busy = sum(web.cpu_times()[:2])
            time.sleep(0.5)
            if sum(web.cpu_times()[:2]) - busy < 0.1:
                return
        raise NotMeasured("the web process did not become idle")

    def _queries(self) -> float:
        answer: httpx.Response = self._client.get(PATH).raise_for_status()
        return float(answer.json()["queries"])
