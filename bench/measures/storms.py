"""B5: five hundred sockets are cut at once, three hundred events happen, and all come back."""

from __future__ import annotations

import time

import httpx

from bench.audience import Audience
from bench.engines import Engine
from bench.figures import median
from bench.inside.counting import PATH
from bench.rows import NotMeasured, Row, against, below, plain_bar, ratio_bar
from bench.senders import Product
from bench.workshop import Room, tell

ROUNDS = 5
SOCKETS, FEW = 500, 50
MISSED = 300
SECONDS = 3.0
WATCHED = 4.0  # seconds for which queries are counted, so that what time causes is the same
QUERIES, QUERIES_FLOOR = 1.5, 20.0
BARS = {"B5": plain_bar(SECONDS, "s"), "B5.queries": ratio_bar(QUERIES, "queries", QUERIES_FLOOR)}
NOTE = (
    f"{SOCKETS} sockets of one web process are cut without a word, {MISSED} events are committed, "
    "all connect in the same moment with their cursors -> the last one has the last event; every "
    "socket got every number, in order"
)
QUERIES_NOTE = (
    f"queries of the web process in the {WATCHED:g} s from the storm on, with {SOCKETS} sockets "
    f"against {FEW}"
)


def measure(room: Room, engine: Engine) -> list[Row]:
    storms = Storms(room, Product.started(room, engine, settings="bench.inside.counted_settings"))
    seconds, many, few = [], [], []
    storms.rage(FEW)
    for number in range(1, ROUNDS + 1):
        lasted, queries = storms.rage(SOCKETS)
        seconds.append(lasted)
        many.append(queries)
        few.append(storms.rage(FEW)[1])
        told = f"{lasted:.2f} s, {queries:g} queries, {few[-1]:g} with {FEW}"
        tell(f"round {number} of {ROUNDS}: {told}")
    note = f"{engine.label}; {NOTE}; the longest of {ROUNDS} took {max(seconds):.2f} s"
    return [
        below(
            f"B5{engine.suffix}",
            ours=seconds,
            value=median(seconds),
            most=SECONDS,
            unit="s",
            note=note,
        ),
        against(
            f"B5.queries{engine.suffix}",
            ours=many,
            theirs=few,
            most=QUERIES,
            unit="queries",
            floor=QUERIES_FLOOR,
            note=f"{engine.label}; {QUERIES_NOTE}",
        ),
    ]


class Storms:
    """Cut them, tell them something, let them come back."""

    def __init__(self, room: Room, product: Product) -> None:
        self._hall = room.hall()
        self._product = product
        self._client = room.closing.enter_context(product.place.stack.client())

    def rage(self, sockets: int) -> tuple[float, float]:
        """How many seconds it took, and how many queries the web process made."""
        before = self._hall.seat(self._product.sockets(sockets), acknowledges=True)
        self._hall.do(before.cut())
        self._product.tell(MISSED, 0)
        self._calm()
        queries, began = self._queries(), time.monotonic()
        addresses = [
            f"{address}&cursor={seat.cursor.decode()}"
            for address, seat in zip(self._product.sockets(sockets), before.seats, strict=True)
        ]
        after, ended = self._hall.do(Audience.recovered(addresses, MISSED))
        time.sleep(max(0.0, began + WATCHED - time.monotonic()))
        made = self._queries() - queries
        self._hall.do(after.cut())
        self._calm()
        return ended - began, made

    def _calm(self) -> None:
        """Come back when the web process has nothing left to do of what was before."""
        (web,) = self._product.place.stack.processes("web")
        until = time.monotonic() + 20
        while time.monotonic() < until:
            busy = sum(web.cpu_times()[:2])
            time.sleep(0.5)
            if sum(web.cpu_times()[:2]) - busy < 0.1:
                return
        raise NotMeasured("the web process did not come to rest")

    def _queries(self) -> float:
        answer: httpx.Response = self._client.get(PATH).raise_for_status()
        return float(answer.json()["queries"])
