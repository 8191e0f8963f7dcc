"""Which measures there are, on which databases, and how one is run."""

from __future__ import annotations

import traceback

from .engines import SQLITE, SQLITE_NORMAL, Engine, postgres
from .environment import Environment, print_progress
from .measures import (
    Measure,
    display_latency,
    display_memory,
    farm_floods,
    farm_steps,
    film_beside_ring,
    films,
    hops,
    hops_beside_backup,
    idle_sockets,
    idle_workers,
    large_database,
    local_models,
    many_sockets,
    memory,
    page_weight,
    pixels,
    reconnects,
    start_latency,
    stop_all,
    stream_encoding,
)
from .rows import NotMeasured, Row, not_measured


def measures() -> list[Measure]:
    everywhere = tuple(engine for engine in (SQLITE, postgres()) if engine)
    of_hops = (*everywhere[:1], SQLITE_NORMAL, *everywhere[1:])
    return [
        *(Measure(hops.bars(one.suffix), hops.measure, (one,)) for one in of_hops),
        Measure(hops_beside_backup.BARS, hops_beside_backup.measure, everywhere),
        Measure(start_latency.BARS, start_latency.measure, everywhere),
        Measure(display_latency.BARS, display_latency.measure, everywhere),
        Measure(many_sockets.BARS, many_sockets.measure, everywhere),
        Measure(reconnects.BARS, reconnects.measure, everywhere),
        Measure(pixels.BARS, pixels.measure, (SQLITE,)),
        Measure(stop_all.BARS, stop_all.measure, everywhere),
        Measure(memory.BARS, memory.measure, (SQLITE,), unit="MB"),
        Measure(display_memory.BARS, display_memory.measure, (SQLITE,), unit="KB"),
        Measure(idle_sockets.BARS, idle_sockets.measure, (SQLITE,), unit="ms/s"),
        Measure(large_database.BARS, large_database.measure, everywhere),
        Measure(page_weight.BARS, page_weight.measure, (SQLITE,), unit="KB"),
        Measure(farm_steps.BARS, farm_steps.measure, everywhere),
        Measure(farm_floods.BARS, farm_floods.measure, (SQLITE,)),
        Measure(films.BARS, films.measure, (SQLITE,), unit="s"),
        Measure(film_beside_ring.BARS, film_beside_ring.measure, (SQLITE,)),
        Measure(idle_workers.BARS, idle_workers.measure, everywhere, unit=""),
        Measure(local_models.EMBEDDING_BARS, local_models.measure_embedding, (SQLITE,)),
        Measure(local_models.STEP_BARS, local_models.measure_step, (SQLITE,)),
        Measure(local_models.SEARCH_BARS, local_models.measure_search, (SQLITE,)),
        Measure(stream_encoding.BARS, stream_encoding.measure, (SQLITE,), unit="s"),
    ]


def run_measure(environment: Environment, measure: Measure) -> list[Row]:
    """The rows of a measure on each of its databases; a row that was not measured says why."""
    return [row for engine in measure.engines for row in _run_on(environment, measure, engine)]


def _run_on(environment: Environment, measure: Measure, engine: Engine) -> list[Row]:
    wanted = {_full_id(row_id, engine): bar for row_id, bar in measure.bars.items()}
    print_progress(f"{', '.join(wanted)} on {engine.label}")
    try:
        with environment.open() as context:
            rows = {row.id: row for row in measure.run(context, engine)}
    except NotMeasured as error:
        rows, why = {}, str(error)
    except Exception as error:  # the other measures go on
        print_progress(traceback.format_exc())
        rows, why = {}, f"{type(error).__name__}: {error}"
    else:
        why = "it was left out"
    missing = {
        row_id: not_measured(row_id, bar, measure.unit, why)
        for row_id, bar in wanted.items()
        if row_id not in rows
    }
    return [*rows.values(), *missing.values()]


def _full_id(row_id: str, engine: Engine) -> str:
    return row_id if row_id.endswith(engine.suffix) else row_id + engine.suffix
