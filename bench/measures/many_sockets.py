"""B4: ten events a second, and the last of a hundred and of five hundred sockets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.busy_cores import BusyCores
from bench.engines import Engine
from bench.environment import Context, print_progress
from bench.nchan import NchanServer
from bench.publishers import CHANNELS, WEBSOCKETS, BaselineServer, ProductPublisher, Publisher
from bench.rows import NotMeasured, Row, judge_pairs, judge_ratio, not_measured, ratio_bar
from bench.sockets import SocketLoop
from bench.statistics import interleaved, median, p95

from .display_latency import Side

ROUNDS = 5
SLICES = 2  # a round
SLICES_BUSY = 4
EVENTS = 10  # a slice
BASELINES = {100: ("websockets",), 500: ("websockets", "nchan", "channels")}
MAX_RATIO = {
    "B4.100.websockets": 1.5,
    "B4.500.websockets": 1.1,
    "B4.500.nchan": 1.6,
    "B4.500.channels": 1 / 12,
}
MAX_CPU = {"B4.500.cpu": ("websockets", 2.0), "B4.500.nchan.cpu": ("nchan", 2.5)}
BUSY, MAX_BUSY = "B4.500.busy", 3.0
BARS = {
    **{row_id: ratio_bar(maximum, "ms") for row_id, maximum in MAX_RATIO.items()},
    **{row_id: ratio_bar(maximum, "ms") for row_id, (_, maximum) in MAX_CPU.items()},
    BUSY: ratio_bar(MAX_BUSY, "ms"),
}
TEN_A_SECOND = {"events": EVENTS, "every": 0.1}
PACE = {"channels": {"events": 5, "every": 0.5}}
NOTES = {
    "websockets": "`websockets.broadcast` fed in process, frames of as many bytes, no acks",
    "nchan": "nchan in nginx with one worker, the same frames published by HTTP over a connection "
    "that stays open, no acks; its clock starts before the request",
    "channels": "Channels `group_send` in memory on Daphne, fed in process, the same frames, no "
    "acks, and two events a second: with ten it falls behind without end",
}
CPU_NOTE = (
    "processor time per event of the process that holds the 500 sockets, while it sends ten events a "
    "second; ours reads, renders and encodes each event and hears acknowledgements"
)
Found = Mapping[str, "Delays"]


@dataclass(frozen=True, slots=True)
class Delays:
    """What was measured of one side: delays and processor time per event, by rounds."""

    delays: Sequence[Sequence[float]]
    cpu: Sequence[float]

    @classmethod
    def take(cls, side: Side) -> Delays:
        """What it has measured since it was asked last."""
        found = cls(side.rounds(ROUNDS), side.cpu_of_rounds(ROUNDS))
        side.clear()
        return found

    @property
    def medians(self) -> list[float]:
        return [median(one) for one in self.delays]

    @property
    def tail(self) -> float:
        return median([p95(one) for one in self.delays])


def measure(context: Context, engine: Engine) -> list[Row]:
    ours = ProductPublisher.start(context, engine)
    publishers, missing = _baselines(context, ours.frame(ours.sockets(1)[0]))
    publishers["ours"] = ours
    rows = []
    for sockets, names in BASELINES.items():
        with SocketLoop() as loop:
            sides = {
                name: Side(
                    loop,
                    publishers[name],
                    publishers[name].sockets(sockets),
                    **PACE.get(name, TEN_A_SECOND),
                )
                for name in ("ours", *names)
                if name in publishers
            }
            _alternate(sides, SLICES)
            found = {name: Delays.take(side) for name, side in sides.items()}
            rows += [_row(engine, sockets, name, found, missing) for name in names]
            if sockets == max(BASELINES):
                rows += [_cpu_row(engine, row_id, found, missing) for row_id in MAX_CPU]
                rows.append(_busy(engine, {name: sides[name] for name in ("ours", "websockets")}))
    return rows


def _baselines(context: Context, frame: str) -> tuple[dict[str, Publisher], dict[str, str]]:
    """The servers by name, and why one is missing."""
    found: dict[str, Publisher] = {
        "websockets": BaselineServer(context, WEBSOCKETS, frame),
        "channels": BaselineServer(context, CHANNELS, frame),
    }
    try:
        found["nchan"] = NchanServer(context, frame)
    except NotMeasured as error:
        return found, {"nchan": str(error)}
    return found, {}


def _alternate(sides: Mapping[str, Side], slices: int) -> None:
    interleaved(ROUNDS, sides, print_progress=print_progress, slices=slices, of_slices=median)


def _row(
    engine: Engine, sockets: int, baseline: str, found: Found, missing: Mapping[str, str]
) -> Row:
    row_id = f"B4.{sockets}.{baseline}"
    if baseline in missing:
        return not_measured(row_id + engine.suffix, BARS[row_id], "ms", missing[baseline])
    ours, theirs = found["ours"], found[baseline]
    note = (
        f"{engine.label}; the end of the commit -> the last of {sockets} sockets, p50 of "
        f"{SLICES * EVENTS} events a round at 10 a second, p95 {ours.tail:.1f} ms; "
        f"{_cpu(ours, theirs)}; baseline: {NOTES[baseline]}"
    )
    return judge_ratio(
        row_id + engine.suffix,
        ours=ours.medians,
        theirs=theirs.medians,
        maximum=MAX_RATIO[row_id],
        note=note,
    )


def _cpu_row(engine: Engine, row_id: str, found: Found, missing: Mapping[str, str]) -> Row:
    baseline, maximum = MAX_CPU[row_id]
    if baseline in missing:
        return not_measured(row_id + engine.suffix, BARS[row_id], "ms", missing[baseline])
    return judge_ratio(
        row_id + engine.suffix,
        ours=found["ours"].cpu,
        theirs=found[baseline].cpu,
        maximum=maximum,
        note=f"{engine.label}; {CPU_NOTE}; baseline: {NOTES[baseline]}",
    )


def _busy(engine: Engine, sides: Mapping[str, Side]) -> Row:
    with BusyCores() as busy:
        _alternate(sides, SLICES_BUSY)
        cores = busy.cores
    ours, theirs = (Delays.take(side) for side in sides.values())
    note = (
        f"{engine.label}; as B4.500.websockets, p50 of {SLICES_BUSY * EVENTS} events a round, while "
        "a local model paints without pause in a process for each core, at the product's niceness "
        f"(it had {cores:.1f} cores); judged by the median of the ratios of pairs of rounds; "
        f"p95 {ours.tail:.1f} ms, theirs {theirs.tail:.1f}; {_cpu(ours, theirs)}"
    )
    return judge_pairs(
        BUSY + engine.suffix,
        ours=ours.medians,
        theirs=theirs.medians,
        maximum=MAX_BUSY,
        note=note,
    )


def _cpu(ours: Delays, theirs: Delays) -> str:
    return f"processor time per event {median(ours.cpu):.1f} ms, theirs {median(theirs.cpu):.1f} ms"
