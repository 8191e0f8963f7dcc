"""B9: the claim and every page, with a million steps in the database and with a thousand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bench.engines import Engine
from bench.environment import Context, print_progress
from bench.in_process.client import InProcessClient
from bench.processor_time import ProcessorTime, fixed
from bench.rows import NotMeasured, Row, judge_ratio, not_measured, ratio_bar
from bench.statistics import interleaved_slices, median

ROUNDS = 5
MAX_RATIO = 1.2
# [runs, steps a run, 1 = of the busy network]: in both, every list has more than a page to show, and a
# run more steps than a list of runs shows of it (three).
THOUSAND = [[100, 4, 0], [100, 4, 1], [1, 200, 1]]
MILLION = [[1000, 500, 0], [800, 500, 1], [1, 100_000, 1]]
ENGINE = ("claim", "finish", "start", "stop", "sweep")
PAGES = {
    "home": "/",
    "about": "/about/",
    "account": "/account/",
    "networks": "/networks/",
    "new": "/networks/new/",
    "network": "/n/{slug}/",
    "qr": "/n/{slug}/qr/",
    "terminal": "/n/{slug}/terminal/",
    "wall": "/n/{slug}/wall/",
    "display": "/i/{installation}/{display}/",
    "kiosk": "/kiosk/",
    "editor": "/n/{slug}/edit/",
    "settings": "/n/{slug}/settings/",
    "runs": "/n/{slug}/runs/",
    "runs-search": "/n/{slug}/runs/?q=lighthouse&state=completed",
    "all-runs": "/runs/",
    "run": "/runs/{run}/",
    "run-middle": "/runs/{run}/?after={middle}",
    "run-before": "/runs/{run}/?before={middle}",
    "compare": "/runs/{run}/compare/",
    "step": "/invocations/{step}/",
    "models": "/models/",
    "model": "/models/{model}/",
    "mission-control": "/mission-control/",
    "mission-figures": "/mission-control/figures/",
    "stop-all": "/mission-control/stop-all/",
    "admin": "/admin/",
    "api-models": "/api/v1/models",
    "api-networks": "/api/v1/networks",
    "api-network": "/api/v1/networks/{slug}",
    "api-costs": "/api/v1/networks/{slug}/costs",
    "api-network-runs": "/api/v1/networks/{slug}/runs",
    "api-runs": "/api/v1/runs",
    "api-runs-search": "/api/v1/runs?q=lighthouse",
    "api-runs-nothing": "/api/v1/runs?q=unheard",
    "api-runs-rated": "/api/v1/runs?rating=4",
    "api-runs-since": "/api/v1/runs?since=2020-01-01T00:00:00Z&until=2020-01-02T00:00:00Z",
    "api-runs-state": "/api/v1/runs?state=paused",
    "api-run": "/api/v1/runs/{run}",
    "api-steps": "/api/v1/runs/{run}/invocations",
    "api-steps-middle": "/api/v1/runs/{run}/invocations?after={middle}",
    "api-step": "/api/v1/invocations/{step}",
    "api-events": "/api/v1/events?topic={topic}",
    "api-installations": "/api/v1/installations",
    "api-installation": "/api/v1/installations/{installation}",
    "readyz": "/readyz",
    "metrics": "/metrics",
}
SLICES = 15  # a round is made of
TIMES = 1  # a slice
BARS = {f"B9.{name}": ratio_bar(MAX_RATIO, "ms") for name in (*ENGINE, *PAGES)}
NOTE = "1,000,000 steps against 1,000; in process, without a server"


def measure(context: Context, engine: Engine) -> list[Row]:
    large, small = (_filled(context, engine, parts) for parts in (MILLION, THOUSAND))
    rows = []
    for name, path in PAGES.items():
        rows.append(
            _row(name, engine, *(DatabaseSide(_page, *side, path) for side in (large, small)))
        )
    for name in ENGINE:
        rows.append(
            _row(name, engine, *(DatabaseSide(_engine, *side, name) for side in (large, small)))
        )
    return rows


class DatabaseSide:
    """A database and what is timed in it; a call gives the median of `TIMES` milliseconds."""

    def __init__(
        self,
        measure_times: Callable[[InProcessClient, dict[str, str], str], list[float]],
        in_process: InProcessClient,
        where: dict[str, str],
        what: str,
    ) -> None:
        self._measure = partial(measure_times, in_process, where, what)
        self._cpu = ProcessorTime(fixed([in_process.pid]))
        self._before, self._calls = 0.0, 0

    def warm_up(self) -> None:
        """Imports, compiled templates, database caches."""
        self._measure()
        self._before = self._cpu.seconds()

    def __call__(self) -> float:
        self._calls += TIMES
        return median(self._measure())

    def cpu(self) -> float:
        """Milliseconds of processor time per call."""
        return (self._cpu.seconds() - self._before) * 1000 / self._calls


def _filled(
    context: Context, engine: Engine, parts: list[list[int]]
) -> tuple[InProcessClient, dict[str, str]]:
    in_process = context.prepare_stack(engine).in_process()
    where = in_process.call("filling.fill_database", parts=parts)
    print_progress(f"filled {sum(runs * steps for runs, steps, _ in parts):,} steps")
    return in_process, where


def _engine(in_process: InProcessClient, where: dict[str, str], name: str) -> list[float]:
    found = in_process.call("timing.time_engine", what=name, slug=where["slug"], times=TIMES)
    return [float(one) for one in found]


def _page(in_process: InProcessClient, where: dict[str, str], path: str) -> list[float]:
    found = in_process.call("timing.time_page", path=path.format(**where), times=TIMES)
    return [float(one) for one in found]


def _row(name: str, engine: Engine, large: DatabaseSide, small: DatabaseSide) -> Row:
    row_id = f"B9.{name}{engine.suffix}"
    try:
        large.warm_up()
        small.warm_up()
        sides = {"million": large, "thousand": small}
        found = interleaved_slices(ROUNDS, sides, slices=SLICES)
    except NotMeasured as error:
        return not_measured(row_id, BARS[f"B9.{name}"], "ms", str(error))
    ours, theirs = found["million"], found["thousand"]
    cpu = f"processor time {large.cpu():.1f} ms, with a thousand {small.cpu():.1f} ms"
    note = f"{engine.label}; {NOTE}; {cpu}"
    row = judge_ratio(row_id, ours=ours, theirs=theirs, maximum=MAX_RATIO, note=note)
    print_progress(f"{row_id}: {row.value:.2f} ms, {row.baseline:.2f} ms with a thousand")
    return row
