"""B8.sockets: the processor time that five hundred idle sockets take."""

from __future__ import annotations

import time

from bench.engines import Engine
from bench.environment import Context, print_progress
from bench.publishers import WEBSOCKETS, BaselineServer, ProductPublisher, Publisher
from bench.rows import Row, judge_maximum, plain_bar
from bench.statistics import median

SOCKETS = 500
ROUNDS = 5
ROUND_SECONDS = 10.0  # every socket is pinged once
SETTLE_SECONDS = 3.0  # until what connecting has caused is done
MAX_MS_PER_SECOND = 20.0
BARS = {"B8.sockets": plain_bar(MAX_MS_PER_SECOND, "ms/s")}
NOTE = (
    f"processor time of the web process with {SOCKETS} sockets that follow a network in which nothing "
    f"happens, a round is {ROUND_SECONDS:g} s"
)


def measure(context: Context, engine: Engine) -> list[Row]:
    sides: dict[str, Publisher] = {
        "ours": ProductPublisher.start(context, engine),
        "bare": BaselineServer(context, WEBSOCKETS),
    }
    alone = _processor_time(sides)
    loop = context.socket_loop()
    for side in sides.values():
        loop.connect(side.sockets(SOCKETS), acknowledges=side.acknowledges)
    time.sleep(SETTLE_SECONDS)
    rounds = [_processor_time(sides) for _ in range(ROUNDS)]
    ours, theirs = ([one[name] for one in rounds] for name in sides)
    note = (
        f"{engine.label}; {NOTE}; without a socket {alone['ours']:.1f} ms/s; "
        f"{SOCKETS} idle sockets of bare `websockets` {median(theirs):.1f} ms/s"
    )
    return [
        judge_maximum(
            f"B8.sockets{engine.suffix}",
            ours=ours,
            value=median(ours),
            maximum=MAX_MS_PER_SECOND,
            unit="ms/s",
            note=note,
        )
    ]


def _processor_time(sides: dict[str, Publisher]) -> dict[str, float]:
    """Milliseconds per second of each side, in the same seconds."""
    began = time.monotonic()
    before = {name: side.cpu.seconds() for name, side in sides.items()}
    time.sleep(ROUND_SECONDS)
    lasted = time.monotonic() - began
    found = {
        name: (side.cpu.seconds() - before[name]) * 1000 / lasted for name, side in sides.items()
    }
    print_progress(", ".join(f"{name} {one:.1f} ms/s" for name, one in found.items()))
    return found
