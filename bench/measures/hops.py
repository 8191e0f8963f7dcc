"""B1: wall time per hop, against Celery with Redis and against django-q2 with its defaults."""

from __future__ import annotations

import subprocess
import uuid

import psutil

from bench.engines import SQLITE_NORMAL, Engine
from bench.environment import Context, print_progress
from bench.in_process.client import InProcessClient
from bench.rows import Row, judge_ratio, ratio_bar
from bench.statistics import interleaved
from tests.stack import MANAGE

ROUNDS = 5
SLICES = 4  # of a round; the sides alternate, so that a disturbance meets both
HOPS = 25  # a slice, so 500 in all
HOPS_WARM = 20
CELERY = 1.5
DEFAULTS = 0.2
BARS = {"B1.celery": ratio_bar(CELERY, "ms"), "B1.defaults": ratio_bar(DEFAULTS, "ms")}
BARS_NORMAL = {"B1.celery.normal": ratio_bar(CELERY, "ms")}
CELERY_NOTE = (
    "two workers each; the same rows by hand in two commits and a message a hop (ours claims the "
    "next step in the commit that finishes one, and goes on without a message), but Celery "
    "acknowledges before it works and its Redis keeps nothing on disk: a killed worker loses its "
    "hop, ours does not"
)
DEFAULTS_NOTE = "the same rows by hand on django-q2's ORM broker, every setting its default"
BASELINES = {"celery": (CELERY, CELERY_NOTE), "defaults": (DEFAULTS, DEFAULTS_NOTE)}


class Side:
    """A running queue in a stack of its own; a call times a slice."""

    def __init__(
        self, process: subprocess.Popen[bytes], in_process: InProcessClient, start_chain: str
    ) -> None:
        self._tree = psutil.Process(process.pid)
        self._in_process = in_process
        self._start_chain = start_chain
        self._hops = 0
        self._chain(HOPS_WARM)
        self._cpu_before = self._cpu()

    def __call__(self) -> float:
        self._hops += HOPS
        return self._chain(HOPS)

    @property
    def cpu(self) -> float:
        """Milliseconds of processor time a hop, all processes of the queue together."""
        return (self._cpu() - self._cpu_before) * 1000 / self._hops

    def _chain(self, hops: int) -> float:
        run = self._in_process.call(self._start_chain, hops=hops)
        return float(self._in_process.call("chains.wait_for_chain", run=run, hops=hops))

    def _cpu(self) -> float:
        tree = [self._tree, *self._tree.children(recursive=True)]
        return sum(sum(process.cpu_times()[:2]) for process in tree)


def measure(context: Context, engine: Engine) -> list[Row]:
    sides = {"ours": _product(context, engine), "celery": _celery(context, engine)}
    if engine is not SQLITE_NORMAL:
        sides["defaults"] = _defaults(context, engine)
    found = interleaved(ROUNDS, sides, print_progress=print_progress, slices=SLICES)
    rows = []
    for name, (maximum, note) in BASELINES.items():
        if name in sides:
            cpu = f"processor time a hop: {sides['ours'].cpu:.1f} ms, theirs {sides[name].cpu:.1f}"
            row = judge_ratio(
                f"B1.{name}{engine.suffix}",
                ours=found["ours"],
                theirs=found[name],
                maximum=maximum,
                note=f"{engine.label}; {ROUNDS * SLICES * HOPS} hops a side; {note}; {cpu}",
            )
            rows.append(row)
    return rows


def _product(context: Context, engine: Engine) -> Side:
    prepared = context.prepare_stack(engine)
    return Side(
        prepared.start(MANAGE, "qcluster"), prepared.in_process(), "chains.start_product_chain"
    )


def _celery(context: Context, engine: Engine) -> Side:
    prepared = context.prepare_stack(engine)
    variables = {"BENCH_REDIS_URL": context.redis(), "BENCH_QUEUE": f"bench-{uuid.uuid4().hex}"}
    quick = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "WARNING"]
    process = prepared.start(
        *("-m", "celery", "-A", "bench.baselines.celery_app", "worker", "-c", "2", *quick),
        DJANGO_SETTINGS_MODULE="panic.settings",
        **variables,
    )
    return Side(process, prepared.in_process(**variables), "chains.start_celery_chain")


def _defaults(context: Context, engine: Engine) -> Side:
    prepared = context.prepare_stack(engine)
    # It warns about its own defaults, which are what is measured.
    settings = {
        "DJANGO_SETTINGS_MODULE": "bench.baselines.django_q_defaults_settings",
        "PYTHONWARNINGS": "ignore::UserWarning",
    }
    return Side(
        prepared.start(MANAGE, "qcluster", **settings),
        prepared.in_process(**settings),
        "chains.start_django_q_chain",
    )
