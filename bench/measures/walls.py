"""B3: from the end of a commit to the last of twenty displays that has heard of it."""

from __future__ import annotations

from collections.abc import Sequence

from bench.audience import Hall
from bench.engines import Engine
from bench.figures import interleaved, median, p95
from bench.rows import Row, against, below, plain_bar, ratio_bar
from bench.senders import BARE, Product, Rival, Sender
from bench.workshop import Room, tell

DISPLAYS = 20
ROUNDS = 5
EVENTS = 10  # a slice
SLICES = 4  # a round
EVERY = 0.1
P50, P95 = 5.0, 25.0
BARS = {"B3.websockets": ratio_bar(P50, "ms"), "B3.p95": plain_bar(P95, "ms")}
NOTE = (
    f"{EVENTS * SLICES} events a round, one every {EVERY:g} s; ours: the end of the commit -> the last of "
    f"{DISPLAYS} displays, a grid each, at addresses of their own"
)
BARE_NOTE = "p50; baseline: a frame of as many bytes, `websockets.broadcast` fed in process"


def measure(room: Room, engine: Engine) -> list[Row]:
    ours = Product.started(room, engine, displays=DISPLAYS)
    bare = Rival(room, BARE, ours.frame(ours.displays[0]))
    hall = room.hall()
    sides = {
        "ours": Side(hall, ours, ours.displays),
        "bare": Side(hall, bare, bare.sockets(DISPLAYS)),
    }
    interleaved(ROUNDS, sides, tell=tell, slices=SLICES, of_slices=median)
    mine, theirs = (side.rounds(ROUNDS) for side in sides.values())
    tails = [p95(one) for one in mine]
    note = f"{engine.label}; {NOTE}"
    return [
        against(
            f"B3.websockets{engine.suffix}",
            ours=[median(one) for one in mine],
            theirs=[median(one) for one in theirs],
            most=P50,
            note=f"{note}; {BARE_NOTE}",
        ),
        below(
            f"B3.p95{engine.suffix}",
            ours=tails,
            value=median(tails),
            most=P95,
            unit="ms",
            note=note,
        ),
    ]


class Side:
    """An audience and who tells it; called, it plays a slice and answers with its median."""

    def __init__(self, hall: Hall, sender: Sender, addresses: Sequence[str], **pace: float) -> None:
        self._hall = hall
        self._sender = sender
        self._audience = hall.seat(addresses, acknowledges=sender.acknowledged)
        self._events = int(pace.get("events", EVENTS))
        self._every = pace.get("every", EVERY)
        self._slices: list[list[float]] = []
        self._play()  # what comes first imports and compiles

    def __call__(self) -> float:
        self._slices.append(self._play())
        return median(self._slices[-1])

    def _play(self) -> list[float]:
        return self._hall.told(self._audience, self._sender.tell, self._events, self._every)

    def rounds(self, count: int) -> list[list[float]]:
        """What was measured, event by event, in so many equal rounds."""
        each = len(self._slices) // count
        return [
            [one for part in self._slices[n * each : (n + 1) * each] for one in part]
            for n in range(count)
        ]
