"""B1: wall time per hop, beside Celery and Redis and beside django-q2 as it comes."""

from __future__ import annotations

import subprocess
import uuid

import psutil

from bench.engines import SQLITE_NORMAL, Engine
from bench.figures import interleaved
from bench.inside.client import Inside
from bench.rows import Row, against, ratio_bar
from bench.workshop import Room, tell
from tests.stack import MANAGE

ROUNDS = 5
SLICES = 4  # a round is made of: the sides take turns so often that a disturbance meets them all
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
RIVALS = {"celery": (CELERY, CELERY_NOTE), "defaults": (DEFAULTS, DEFAULTS_NOTE)}


class Side:
    """A queue at work in a place of its own; called, it times a slice."""

    def __init__(self, process: subprocess.Popen[bytes], inside: Inside, begin: str) -> None:
        self._tree = psutil.Process(process.pid)
        self._inside = inside
        self._begin = begin
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
        run = self._inside.ask(self._begin, hops=hops)
        return float(self._inside.ask("chains.wait", run=run, hops=hops))

    def _cpu(self) -> float:
        tree = [self._tree, *self._tree.children(recursive=True)]
        return sum(sum(process.cpu_times()[:2]) for process in tree)


def measure(room: Room, engine: Engine) -> list[Row]:
    sides = {"ours": _ours(room, engine), "celery": _celery(room, engine)}
    if engine is not SQLITE_NORMAL:
        sides["defaults"] = _defaults(room, engine)
    found = interleaved(ROUNDS, sides, tell=tell, slices=SLICES)
    rows = []
    for name, (most, note) in RIVALS.items():
        if name in sides:
            cpu = f"processor time a hop: {sides['ours'].cpu:.1f} ms, theirs {sides[name].cpu:.1f}"
            row = against(
                f"B1.{name}{engine.suffix}",
                ours=found["ours"],
                theirs=found[name],
                most=most,
                note=f"{engine.label}; {ROUNDS * SLICES * HOPS} hops a side; {note}; {cpu}",
            )
            rows.append(row)
    return rows


def _ours(room: Room, engine: Engine) -> Side:
    place = room.place(engine)
    return Side(place.start(MANAGE, "qcluster"), place.inside(), "chains.ours")


def _celery(room: Room, engine: Engine) -> Side:
    place = room.place(engine)
    variables = {"BENCH_REDIS_URL": room.redis(), "BENCH_QUEUE": f"bench-{uuid.uuid4().hex}"}
    quick = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "WARNING"]
    process = place.start(
        *("-m", "celery", "-A", "bench.rivals.celery_app", "worker", "-c", "2", *quick),
        DJANGO_SETTINGS_MODULE="panic.settings",
        **variables,
    )
    return Side(process, place.inside(**variables), "chains.celery")


def _defaults(room: Room, engine: Engine) -> Side:
    place = room.place(engine)
    # Its own defaults make it warn; that is what is being measured.
    settings = {
        "DJANGO_SETTINGS_MODULE": "bench.rivals.stock_settings",
        "PYTHONWARNINGS": "ignore::UserWarning",
    }
    return Side(
        place.start(MANAGE, "qcluster", **settings), place.inside(**settings), "chains.stock"
    )
