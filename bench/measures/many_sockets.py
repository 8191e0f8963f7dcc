"""B4: ten events a second, and the last of a hundred and of five hundred sockets."""

from __future__ import annotations

from collections.abc import Sequence

from bench.engines import Engine
from bench.environment import Context, print_progress
from bench.publishers import CHANNELS, WEBSOCKETS, BaselineServer, ProductPublisher, Publisher
from bench.rows import Row, judge_ratio, ratio_bar
from bench.sockets import SocketLoop
from bench.statistics import interleaved, median, p95

from .display_latency import Side

ROUNDS = 5
SLICES = 2  # a round
EVENTS = 10  # a slice
BASELINES = {100: ("websockets",), 500: ("websockets", "channels")}
COMMANDS = {"websockets": WEBSOCKETS, "channels": CHANNELS}
MAX_RATIO = {"websockets": 3.0, "channels": 0.2}
BARS = {
    f"B4.{sockets}.{baseline}": ratio_bar(MAX_RATIO[baseline], "ms")
    for sockets, baselines in BASELINES.items()
    for baseline in baselines
}
TEN_A_SECOND = {"events": EVENTS, "every": 0.1}
PACE = {"channels": {"events": 5, "every": 0.5}}
NOTES = {
    "websockets": "`websockets.broadcast` fed in process, frames of as many bytes, no acks",
    "channels": "Channels `group_send` in memory on Daphne, fed in process, the same frames, no "
    "acks, and two events a second: with ten it falls behind without end",
}
Rounds = Sequence[Sequence[float]]


def measure(context: Context, engine: Engine) -> list[Row]:
    ours = ProductPublisher.start(context, engine)
    frame = ours.frame(ours.sockets(1)[0])
    baselines = {
        name: BaselineServer(context, command, frame) for name, command in COMMANDS.items()
    }
    rows = []
    for sockets, names in BASELINES.items():
        publishers: dict[str, Publisher] = {
            "ours": ours,
            **{name: baselines[name] for name in names},
        }
        with SocketLoop() as loop:
            sides = {
                name: Side(
                    loop, publisher, publisher.sockets(sockets), **PACE.get(name, TEN_A_SECOND)
                )
                for name, publisher in publishers.items()
            }
            interleaved(
                ROUNDS, sides, print_progress=print_progress, slices=SLICES, of_slices=median
            )
        rounds = {name: side.rounds(ROUNDS) for name, side in sides.items()}
        rows += [_row(engine, sockets, name, rounds["ours"], rounds[name]) for name in names]
    return rows


def _row(engine: Engine, sockets: int, baseline: str, ours: Rounds, theirs: Rounds) -> Row:
    tail = f"p95 {median([p95(one) for one in ours]):.1f} ms"
    note = (
        f"{engine.label}; the end of the commit -> the last of {sockets} sockets, p50 of "
        f"{SLICES * EVENTS} events a round at 10 a second, {tail}; baseline: {NOTES[baseline]}"
    )
    return judge_ratio(
        f"B4.{sockets}.{baseline}{engine.suffix}",
        ours=[median(one) for one in ours],
        theirs=[median(one) for one in theirs],
        maximum=MAX_RATIO[baseline],
        note=note,
    )
