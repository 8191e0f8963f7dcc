"""B4: ten events a second, and the last of a hundred and of five hundred sockets."""

from __future__ import annotations

from collections.abc import Sequence

from bench.audience import Hall
from bench.engines import Engine
from bench.figures import interleaved, median, p95
from bench.rows import Row, against, ratio_bar
from bench.senders import BARE, GROUPS, Product, Rival, Sender
from bench.workshop import Room, tell

from .walls import Side

ROUNDS = 5
SLICES = 2  # a round
EVENTS = 10  # a slice
RIVALS = {100: ("websockets",), 500: ("websockets", "channels")}
COMMANDS = {"websockets": BARE, "channels": GROUPS}
MOST = {"websockets": 3.0, "channels": 0.2}
BARS = {
    f"B4.{sockets}.{rival}": ratio_bar(MOST[rival], "ms")
    for sockets, rivals in RIVALS.items()
    for rival in rivals
}
TEN_A_SECOND = {"events": EVENTS, "every": 0.1}
PACE = {"channels": {"events": 5, "every": 0.5}}
NOTES = {
    "websockets": "`websockets.broadcast` fed in process, frames of as many bytes, no acks",
    "channels": "Channels `group_send` in memory on Daphne, fed in process, the same frames, no "
    "acks, and two events a second: with ten it falls behind without end",
}
Rounds = Sequence[Sequence[float]]


def measure(room: Room, engine: Engine) -> list[Row]:
    ours = Product.started(room, engine)
    frame = ours.frame(ours.sockets(1)[0])
    rivals = {name: Rival(room, command, frame) for name, command in COMMANDS.items()}
    rows = []
    for sockets, names in RIVALS.items():
        senders: dict[str, Sender] = {"ours": ours, **{name: rivals[name] for name in names}}
        with Hall() as hall:
            sides = {
                name: Side(hall, sender, sender.sockets(sockets), **PACE.get(name, TEN_A_SECOND))
                for name, sender in senders.items()
            }
            interleaved(ROUNDS, sides, tell=tell, slices=SLICES, of_slices=median)
        rounds = {name: side.rounds(ROUNDS) for name, side in sides.items()}
        rows += [_row(engine, sockets, name, rounds["ours"], rounds[name]) for name in names]
    return rows


def _row(engine: Engine, sockets: int, rival: str, ours: Rounds, theirs: Rounds) -> Row:
    tail = f"p95 {median([p95(one) for one in ours]):.1f} ms"
    note = (
        f"{engine.label}; the end of the commit -> the last of {sockets} sockets, p50 of "
        f"{SLICES * EVENTS} events a round at 10 a second, {tail}; baseline: {NOTES[rival]}"
    )
    return against(
        f"B4.{sockets}.{rival}{engine.suffix}",
        ours=[median(one) for one in ours],
        theirs=[median(one) for one in theirs],
        most=MOST[rival],
        note=note,
    )
