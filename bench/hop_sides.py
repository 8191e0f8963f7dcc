"""Sides of B1: the product's queue, other queues and a bare commit, each in a stack of its own."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from functools import partial
from urllib.parse import urlsplit

from tests.stack import MANAGE

from .engines import Engine
from .environment import Context, PreparedStack
from .in_process.client import InProcessClient
from .processor_time import FindProcesses, ProcessorTime, fixed, postgres_backends, tree
from .statistics import mean

HOPS = 25  # a slice
HOPS_OF_DEFAULTS = 5  # 0.2 s each
HOPS_WARM = 20
DBOS_WITH_ROWS = "DBOS with a hop's rows in the transaction of each step"
PGQUEUER = "pgqueuer, jobs that do nothing"
PGQUEUER_WITH_ROWS = "pgqueuer with a hop's rows and the next job in one transaction"


class HopSide:
    """Carries out chains of hops; a call times a slice, in milliseconds per hop."""

    def __init__(
        self,
        run_chain: Callable[[int], float],
        processes: FindProcesses,
        find_backends: FindProcesses,
        *,
        hops: int = HOPS,
    ) -> None:
        self.hops = hops
        self._run_chain = run_chain
        self._run_chain(min(hops, HOPS_WARM))
        self.cpu = ProcessorTime(processes)
        self._cpu_of_slices: list[float] = []
        self._server = ProcessorTime(fixed(find_backends()))  # connections stay
        self._server_of_slices: list[float] = []

    def __call__(self) -> float:
        before, server_before = self.cpu.seconds(), self._server.seconds()
        took = self._run_chain(self.hops)
        self._cpu_of_slices.append((self.cpu.seconds() - before) * 1000 / self.hops)
        self._server_of_slices.append((self._server.seconds() - server_before) * 1000 / self.hops)
        return took

    def cpu_of_rounds(self, rounds: int) -> list[float]:
        """Milliseconds of processor time per hop, all processes of the queue together."""
        each = len(self._cpu_of_slices) // rounds
        return [mean(self._cpu_of_slices[n * each : (n + 1) * each]) for n in range(rounds)]

    def cpu_text(self) -> str:
        text = f"{mean(self._cpu_of_slices):.1f} ms"
        server = mean(self._server_of_slices)
        return f"{text} (+ {server:.1f} in Postgres)" if server else text


Sides = dict[str, HopSide]


def _backends(prepared: PreparedStack) -> FindProcesses:
    """The server's processes for this side's connections."""
    database = urlsplit(prepared.stack.environment.get("DATABASE_URL", "")).path[1:]
    return postgres_backends(database) if database else fixed([])


def _queue(
    prepared: PreparedStack,
    pid: int,
    in_process: InProcessClient,
    start_chain: str,
    *,
    hops: int = HOPS,
) -> HopSide:
    """A queue whose chains are timed from their rows."""

    def run_chain(length: int) -> float:
        run = in_process.call(start_chain, hops=length)
        return float(in_process.call("chains.wait_for_chain", run=run, hops=length))

    return HopSide(run_chain, tree(pid), _backends(prepared), hops=hops)


def start_product(context: Context, engine: Engine) -> Sides:
    prepared = context.prepare_stack(engine)
    process = prepared.start(MANAGE, "qcluster")
    in_process = prepared.in_process()
    return {"ours": _queue(prepared, process.pid, in_process, "chains.start_product_chain")}


def start_celery(context: Context, engine: Engine) -> Sides:
    prepared = context.prepare_stack(engine)
    variables = {"BENCH_REDIS_URL": context.redis(), "BENCH_QUEUE": f"bench-{uuid.uuid4().hex}"}
    quick = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "WARNING"]
    process = prepared.start(
        *("-m", "celery", "-A", "bench.baselines.celery_app", "worker", "-c", "2", *quick),
        DJANGO_SETTINGS_MODULE="panic.settings",
        **variables,
    )
    in_process = prepared.in_process(**variables)
    return {"celery": _queue(prepared, process.pid, in_process, "chains.start_celery_chain")}


def start_django_q_defaults(context: Context, engine: Engine) -> Sides:
    prepared = context.prepare_stack(engine)
    # It warns about its own defaults, which are what is measured.
    settings = {
        "DJANGO_SETTINGS_MODULE": "bench.baselines.django_q_defaults_settings",
        "PYTHONWARNINGS": "ignore::UserWarning",
    }
    process = prepared.start(MANAGE, "qcluster", **settings)
    in_process = prepared.in_process(**settings)
    chain = "chains.start_django_q_chain"
    side = _queue(prepared, process.pid, in_process, chain, hops=HOPS_OF_DEFAULTS)
    return {"defaults": side}


def start_commits(context: Context, engine: Engine) -> Sides:
    return _program(context, engine, {"commit": "commits.time_commits"})


def start_dbos(context: Context, engine: Engine) -> Sides:
    chains = {"dbos": "dbos_chain.time_steps", DBOS_WITH_ROWS: "dbos_chain.time_steps_with_rows"}
    return _program(context, engine, chains)


def start_pgqueuer(context: Context, engine: Engine) -> Sides:
    chains = {
        PGQUEUER: "pgqueuer_chain.time_jobs",
        PGQUEUER_WITH_ROWS: "pgqueuer_chain.time_jobs_with_rows",
    }
    return _program(context, engine, chains)


def _program(context: Context, engine: Engine, functions: Mapping[str, str]) -> Sides:
    """A process that carries out and times chains itself."""
    prepared = context.prepare_stack(engine)
    in_process = prepared.in_process()
    return {
        name: HopSide(
            partial(_timed, in_process, function), tree(in_process.pid), _backends(prepared)
        )
        for name, function in functions.items()
    }


def _timed(in_process: InProcessClient, function: str, hops: int) -> float:
    return float(in_process.call(function, hops=hops))
