"""B8, as far as the engine goes: what the whole tree takes when idle, and with 200 calls under way."""

from __future__ import annotations

import time
from pathlib import Path

from bench.engines import Engine
from bench.figures import median
from bench.inside.client import Inside
from bench.rows import NotMeasured, Row, below, plain_bar
from bench.workshop import Place, Room, tell

OVERLAY = Path(__file__).parent.parent / "overlay"  # without what only developers have installed
SAMPLES = 5
IDLE_MOST = 250.0
CALLS = 200
CALLS_MOST = 50.0
MB = 1_000_000
BARS = {"B8.idle": plain_bar(IDLE_MOST, "MB"), "B8.calls": plain_bar(CALLS_MOST, "MB")}
IDLE_NOTE = (
    "PSS of every process of `manage.py up` with two workers, after pages were asked for and steps "
    "were done; no local model was used, nothing that only developers have installed was loaded"
)
CALLS_NOTE = (
    f"PSS of the whole tree with {CALLS} calls under way on one worker process, less the PSS of the "
    "same tree before, after a few steps"
)


def measure(room: Room, engine: Engine) -> list[Row]:
    return [_idle(room, engine), _calls(room, engine)]


def _idle(room: Room, engine: Engine) -> Row:
    place = _started(room, engine, workers=2)
    samples = _samples(place)
    return below(
        f"B8.idle{engine.suffix}",
        ours=samples,
        value=median(samples),
        most=IDLE_MOST,
        unit="MB",
        note=IDLE_NOTE,
    )


def _calls(room: Room, engine: Engine) -> Row:
    place = _started(room, engine, workers=1)
    before = median(_samples(place))
    _use(place, "calls.begin", calls=CALLS)
    added = [sample - before for sample in _samples(place)]
    return below(
        f"B8.calls{engine.suffix}",
        ours=added,
        value=median(added),
        most=CALLS_MOST,
        unit="MB",
        note=f"{CALLS_NOTE}; {before:.0f} MB before",
    )


def _started(room: Room, engine: Engine, *, workers: int) -> Place:
    place = room.place(engine, workers=workers)
    place.stack.environment["PYTHONPATH"] = str(OVERLAY)
    token = place.stack.token(admin=True)
    place.stack.start()
    with place.stack.client(token) as client:
        for path in ("/", "/networks/", "/models/", "/api/v1/networks"):
            client.get(path)
    _use(place, "calls.warm", hops=20)
    return place


def _use(place: Place, what: str, **arguments: object) -> None:
    """From a process that is gone again before memory is counted."""
    variables = {**place.stack.environment, "DJANGO_SETTINGS_MODULE": "panic.settings"}
    with Inside(variables) as inside:
        inside.ask(what, **arguments)


def _samples(place: Place) -> list[float]:
    found = []
    for _ in range(SAMPLES):
        time.sleep(1)
        found.append(place.stack.memory() / MB)
    tell(f"PSS: {', '.join(f'{one:.0f}' for one in found)} MB")
    if not found[0]:
        raise NotMeasured("there is nothing to weigh")
    return found
