"""B1: wall time and processor time per hop, against other queues and against one bare commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bench.engines import SQLITE, SQLITE_NORMAL, Engine
from bench.environment import Context, print_progress
from bench.hop_sides import (
    DBOS_WITH_ROWS,
    HOPS,
    PGQUEUER,
    PGQUEUER_WITH_ROWS,
    HopSide,
    Sides,
    start_celery,
    start_commits,
    start_dbos,
    start_django_q_defaults,
    start_pgqueuer,
    start_product,
)
from bench.rows import NotMeasured, Row, judge_ratio, not_measured, ratio_bar
from bench.statistics import interleaved, median

ROUNDS = 5
SLICES = 4  # of a round; the sides alternate, so that a disturbance meets both
MAX_CPU = 0.4
MAX_RATIO: Mapping[str, Mapping[str, float]] = {
    SQLITE.suffix: {"celery": 0.4, "defaults": 0.02, "commit": 3.0},
    SQLITE_NORMAL.suffix: {"celery": 0.4},
    ".postgres": {"celery": 1.5, "defaults": 0.02, "commit": 4.0, "dbos": 1.2},
}
STARTERS: Mapping[str, Callable[[Context, Engine], Sides]] = {
    "celery": start_celery,
    "defaults": start_django_q_defaults,
    "commit": start_commits,
    "dbos": start_dbos,
}
FLOORS = (DBOS_WITH_ROWS, PGQUEUER, PGQUEUER_WITH_ROWS)  # in a note, without a bar
NOTES = {
    "celery": (
        "two workers each; the same rows by hand in two commits and a message a hop (ours claims "
        "the next step in the commit that finishes one, and goes on without a message), but Celery "
        "acknowledges before it works and its Redis keeps nothing on disk: a killed worker loses "
        "its hop, ours does not"
    ),
    "defaults": "the same rows by hand on django-q2's ORM broker, every setting its default",
    "commit": (
        "the same rows in one commit, as ready SQL on a connection of the same settings (Postgres: "
        "in a pipeline): no queue, no model, nothing is read"
    ),
    "dbos": (
        "a step of a DBOS workflow that does nothing: DBOS commits its output, no row of the "
        "product is written, nothing can be paused or stopped within the step"
    ),
}
CPU_NOTE = (
    "processor time of a hop in all processes of each queue, without database server and Redis"
)


def bars(suffix: str) -> dict[str, str]:
    """The rows of a kind of database."""
    rows = {
        f"B1.{name}{suffix}": ratio_bar(maximum, "ms")
        for name, maximum in MAX_RATIO[suffix].items()
    }
    if suffix != SQLITE_NORMAL.suffix:
        rows[f"B1.cpu{suffix}"] = ratio_bar(MAX_CPU, "ms")
    return rows


def measure(context: Context, engine: Engine) -> list[Row]:
    sides, missing = _started(context, engine)
    found = interleaved(ROUNDS, sides, print_progress=print_progress, slices=SLICES)
    rows = []
    for name, maximum in MAX_RATIO[engine.suffix].items():
        row_id = f"B1.{name}{engine.suffix}"
        if name in missing:
            rows.append(not_measured(row_id, ratio_bar(maximum, "ms"), "ms", missing[name]))
            continue
        note = f"{engine.label}; {_hops(sides[name])}; {NOTES[name]}; {_cpu(sides, name)}"
        if name == "dbos":
            note += "".join(f"; {one}" for one in _floors(sides, found))
        rows.append(
            judge_ratio(row_id, ours=found["ours"], theirs=found[name], maximum=maximum, note=note)
        )
    if f"B1.cpu{engine.suffix}" in bars(engine.suffix):
        rows.append(_cpu_row(engine, sides, missing))
    return rows


def _started(context: Context, engine: Engine) -> tuple[Sides, dict[str, str]]:
    """All sides, and why one is missing."""
    sides, missing = start_product(context, engine), {}
    starters = {name: STARTERS[name] for name in MAX_RATIO[engine.suffix]}
    for name, start in {
        **starters,
        **({"pgqueuer": start_pgqueuer} if engine.server else {}),
    }.items():
        try:
            sides |= start(context, engine)
        except NotMeasured as error:
            missing[name] = str(error)
            print_progress(f"{name} is not measured: {error}")
    return sides, missing


def _cpu_row(engine: Engine, sides: Sides, missing: Mapping[str, str]) -> Row:
    row_id = f"B1.cpu{engine.suffix}"
    if "celery" in missing:
        return not_measured(row_id, ratio_bar(MAX_CPU, "ms"), "ms", missing["celery"])
    ours, theirs = (sides[name].cpu_of_rounds(ROUNDS) for name in ("ours", "celery"))
    note = f"{engine.label}; {CPU_NOTE}; baseline: Celery's two workers"
    return judge_ratio(row_id, ours=ours, theirs=theirs, maximum=MAX_CPU, note=note)


def _hops(side: HopSide) -> str:
    return f"{ROUNDS * SLICES * HOPS} hops, theirs {ROUNDS * SLICES * side.hops}"


def _cpu(sides: Sides, name: str) -> str:
    ours, theirs = sides["ours"], sides[name]
    return f"processor time of a hop: {ours.cpu_text()}, theirs {theirs.cpu_text()}"


def _floors(sides: Sides, found: Mapping[str, list[float]]) -> list[str]:
    return [
        f"{name}: {median(found[name]):.2f} ms, processor time {sides[name].cpu_text()}"
        for name in FLOORS
        if name in sides
    ]
