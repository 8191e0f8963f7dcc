"""B3: from the end of a commit to the last of twenty displays that has received the event."""

from __future__ import annotations

from collections.abc import Sequence

from bench.engines import Engine
from bench.environment import Context, print_progress
from bench.publishers import WEBSOCKETS, BaselineServer, ProductPublisher, Publisher
from bench.rows import Row, judge_maximum, judge_ratio, plain_bar, ratio_bar
from bench.sockets import SocketLoop
from bench.statistics import interleaved, mean, median, p95

DISPLAYS = 20
ROUNDS = 5
EVENTS = 10  # a slice
SLICES = 4  # a round
INTERVAL_SECONDS = 0.1
P50, P95 = 2.5, 10.0
BARS = {"B3.websockets": ratio_bar(P50, "ms"), "B3.p95": plain_bar(P95, "ms")}
NOTE = (
    f"{EVENTS * SLICES} events a round, one every {INTERVAL_SECONDS:g} s; ours: the end of the commit -> the last of "
    f"{DISPLAYS} displays, a grid each, at addresses of their own"
)
BARE_NOTE = "p50; baseline: a frame of as many bytes, `websockets.broadcast` fed in process"


def measure(context: Context, engine: Engine) -> list[Row]:
    ours = ProductPublisher.start(context, engine, displays=DISPLAYS)
    bare = BaselineServer(context, WEBSOCKETS, ours.frame(ours.displays[0]))
    loop = context.socket_loop()
    sides = {
        "ours": Side(loop, ours, ours.displays),
        "bare": Side(loop, bare, bare.sockets(DISPLAYS)),
    }
    interleaved(ROUNDS, sides, print_progress=print_progress, slices=SLICES, of_slices=median)
    mine, theirs = (side.rounds(ROUNDS) for side in sides.values())
    tails = [p95(one) for one in mine]
    cpu = {name: median(side.cpu_of_rounds(ROUNDS)) for name, side in sides.items()}
    note = f"{engine.label}; {NOTE}; processor time per event {cpu['ours']:.1f} ms"
    return [
        judge_ratio(
            f"B3.websockets{engine.suffix}",
            ours=[median(one) for one in mine],
            theirs=[median(one) for one in theirs],
            maximum=P50,
            note=f"{note}, theirs {cpu['bare']:.1f} ms; {BARE_NOTE}",
        ),
        judge_maximum(
            f"B3.p95{engine.suffix}",
            ours=tails,
            value=median(tails),
            maximum=P95,
            unit="ms",
            note=note,
        ),
    ]


class Side:
    """A group of sockets and its publisher; a call measures a slice and returns its median."""

    def __init__(
        self, loop: SocketLoop, publisher: Publisher, addresses: Sequence[str], **pace: float
    ) -> None:
        self._loop = loop
        self._publisher = publisher
        self._group = loop.connect(addresses, acknowledges=publisher.acknowledges)
        self._events = int(pace.get("events", EVENTS))
        self._every = pace.get("every", INTERVAL_SECONDS)
        self._slices: list[list[float]] = []
        self._cpu_of_slices: list[float] = []
        self._measure_slice()  # the first slice imports and compiles

    def __call__(self) -> float:
        before = self._publisher.cpu.seconds()
        self._slices.append(self._measure_slice())
        used = self._publisher.cpu.seconds() - before
        self._cpu_of_slices.append(used * 1000 / self._events)
        return median(self._slices[-1])

    def _measure_slice(self) -> list[float]:
        return self._loop.measure_delays(
            self._group, self._publisher.publish, self._events, self._every
        )

    def rounds(self, count: int) -> list[list[float]]:
        """The delays of all events, in `count` equal rounds."""
        each = len(self._slices) // count
        return [
            [one for part in self._slices[n * each : (n + 1) * each] for one in part]
            for n in range(count)
        ]

    def cpu_of_rounds(self, count: int) -> list[float]:
        """Milliseconds of processor time per event, of the process that holds the sockets."""
        each = len(self._cpu_of_slices) // count
        return [mean(self._cpu_of_slices[n * each : (n + 1) * each]) for n in range(count)]

    def clear(self) -> None:
        """Forget what was measured so far."""
        self._slices, self._cpu_of_slices = [], []
