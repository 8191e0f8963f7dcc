"""Which measures there are, on which databases, and how one is taken."""

from __future__ import annotations

import traceback

from .engines import SQLITE, SQLITE_NORMAL, Engine, postgres
from .measures import (
    Measure,
    crowds,
    enter,
    hops,
    idle,
    memory,
    pixels,
    size,
    stop,
    storms,
    walls,
    weight,
)
from .rows import NotMeasured, Row, not_measured
from .workshop import Workshop, tell


def measures() -> list[Measure]:
    everywhere = tuple(engine for engine in (SQLITE, postgres()) if engine)
    return [
        Measure(hops.BARS, hops.measure, everywhere),
        Measure(hops.BARS_NORMAL, hops.measure, (SQLITE_NORMAL,)),
        Measure(enter.BARS, enter.measure, everywhere),
        Measure(walls.BARS, walls.measure, everywhere),
        Measure(crowds.BARS, crowds.measure, everywhere),
        Measure(storms.BARS, storms.measure, everywhere),
        Measure(pixels.BARS, pixels.measure, (SQLITE,)),
        Measure(stop.BARS, stop.measure, everywhere),
        Measure(memory.BARS, memory.measure, (SQLITE,), unit="MB"),
        Measure(idle.BARS, idle.measure, (SQLITE,), unit="KB"),
        Measure(size.BARS, size.measure, everywhere),
        Measure(weight.BARS, weight.measure, (SQLITE,), unit="KB"),
    ]


def take(workshop: Workshop, measure: Measure) -> list[Row]:
    """Its rows on each of its databases; a row that could not be measured says why."""
    return [row for engine in measure.engines for row in _on(workshop, measure, engine)]


def _on(workshop: Workshop, measure: Measure, engine: Engine) -> list[Row]:
    wanted = {_named(row_id, engine): bar for row_id, bar in measure.bars.items()}
    tell(f"{', '.join(wanted)} on {engine.label}")
    try:
        with workshop.open() as room:
            rows = {row.id: row for row in measure.run(room, engine)}
    except NotMeasured as error:
        rows, why = {}, str(error)
    except Exception as error:  # a border: the other measures go on
        tell(traceback.format_exc())
        rows, why = {}, f"{type(error).__name__}: {error}"
    else:
        why = "it was left out"
    missing = {
        row_id: not_measured(row_id, bar, measure.unit, why)
        for row_id, bar in wanted.items()
        if row_id not in rows
    }
    return [*rows.values(), *missing.values()]


def _named(row_id: str, engine: Engine) -> str:
    return row_id if row_id.endswith(engine.suffix) else row_id + engine.suffix
