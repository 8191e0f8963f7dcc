"""The processor time of other processes, and the load that keeps cores busy."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil

from bench.busy_cores import BusyCores
from bench.hop_sides import HopSide
from bench.processor_time import ProcessorTime, fixed, postgres_backends, processor_seconds, tree

BURN = "import time\nwhile time.process_time() < 0.2: pass\nprint(flush=True); input()"


def burning() -> subprocess.Popen[str]:
    """A process that has used 0.2 s and waits."""
    process = subprocess.Popen(
        [sys.executable, "-c", BURN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def test_it_is_the_time_that_the_process_itself_sees() -> None:
    before = time.process_time()
    seen = processor_seconds(os.getpid())
    after = time.process_time()

    assert before <= seen <= after


def test_a_process_that_has_ended_keeps_its_share() -> None:
    with burning() as process:
        used = ProcessorTime(fixed([process.pid]))
        before = used.seconds()
        process.communicate("\n")

    assert used.seconds() == before >= 0.2


def test_a_tree_has_the_processes_that_were_started() -> None:
    with burning() as process:
        found = tree(os.getpid())()
        process.communicate("\n")

    assert found[0] == os.getpid()
    assert process.pid in found
    assert tree(process.pid)() == []


def test_an_unknown_database_has_no_backends() -> None:
    assert postgres_backends("no_such_database_of_the_bench")() == []


def test_processor_time_of_hops_is_given_by_rounds() -> None:
    used = iter([10.0, 10.5, 20.0, 21.0, 30.0, 30.5, 40.0, 40.5])
    side = HopSide(lambda hops: 7.0, fixed([]), fixed([]), hops=10)
    side.cpu = FakeTime(used)

    assert [side() for _ in range(4)] == [7.0] * 4
    assert side.cpu_of_rounds(2) == [75.0, 50.0]
    assert side.cpu_text() == "62.5 ms"


class FakeTime(ProcessorTime):
    """Says what it is told to."""

    def __init__(self, seconds: Iterator[float]) -> None:
        super().__init__(fixed([]))
        self._said = seconds

    def seconds(self) -> float:
        return next(self._said)


def test_a_local_model_keeps_a_core_busy_until_it_is_ended() -> None:
    with BusyCores(cores=1) as busy:
        (process,) = busy.processes
        command = " ".join(psutil.Process(process.pid).cmdline())
        used = busy.cores

    assert "-m local_models" in command
    assert used >= 0
    assert process.poll() is not None
    assert not busy.folder.exists()
