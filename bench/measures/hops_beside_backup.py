"""B1.backup: a hop of a live ring while backups are made one after the other, against the same ring alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.engines import Engine
from bench.environment import Context, print_progress
from bench.in_process.client import InProcessClient
from bench.rows import NotMeasured, Row, judge_ratio, ratio_bar
from bench.statistics import interleaved
from tests.stack import MANAGE, ROOT, Stack

MODELS = ("dummy:text-to-image", "dummy:image-to-text")
KEPT_STEPS, STEPS, ROUNDS = 1_000, 400, 7
NICENESS = 19  # as the schedule makes them (backups/schedule.py)
MAX_RATIO = 1.3
BARS = {"B1.backup": ratio_bar(MAX_RATIO, "ms")}
NOTE = (
    f"95th percentile of {STEPS} hops of pretend models at pacing 0, pictures made and stored, {ROUNDS} rounds; beside them "
    f"the product's own backups with media, niced as the schedule makes them, one after the other; {KEPT_STEPS} steps are in "
    "the database before; baseline: no backup"
)


class RingBesideBackups:
    """The same ring with and without backups beside it; the 95th percentile of a hop in milliseconds."""

    def __init__(self, stack: Stack, in_process: InProcessClient, keep: int, steps: int) -> None:
        self._stack, self._in_process, self._steps = stack, in_process, steps
        self.backups = 0
        self._ring(keep)

    def alone(self) -> float:
        return self._ring(self._steps)

    def beside(self) -> float:
        with self._backups_one_after_the_other():
            return self._ring(self._steps)

    def _ring(self, steps: int) -> float:
        run = self._in_process.call("farm.start_chain", models=list(MODELS), hops=steps)
        self._in_process.call("chains.wait_for_chain", run=run, hops=steps)
        return float(self._in_process.call("chains.percentile_of_hops", run=run, percent=95))

    @contextmanager
    def _backups_one_after_the_other(self) -> Iterator[None]:
        ended, problems = threading.Event(), list[str]()
        folder = Path(self._stack.data_dir) / "bench-backups"

        def make_backups() -> None:
            while not ended.is_set() and not problems:
                command = [sys.executable, MANAGE, "backup", "--to", str(folder)]
                done = subprocess.run(
                    ["nice", "-n", str(NICENESS), *command],
                    cwd=ROOT,
                    env=self._stack.environment,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                if done.returncode:
                    problems.append(done.stderr[-500:])
                self.backups += 1
                shutil.rmtree(folder, ignore_errors=True)

        thread = threading.Thread(target=make_backups, name="backups")
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
        if problems:
            raise NotMeasured(f"a backup failed: {problems[0]}")


def measure(
    context: Context,
    engine: Engine,
    *,
    rounds: int = ROUNDS,
    steps: int = STEPS,
    keep: int = KEPT_STEPS,
) -> list[Row]:
    prepared = context.prepare_stack(engine)
    prepared.stack.start()
    sides = RingBesideBackups(prepared.stack, prepared.in_process(), keep, steps)
    sides.alone()  # whatever is loaded once
    found = interleaved(
        rounds, {"alone": sides.alone, "beside": sides.beside}, print_progress=print_progress
    )
    note = f"{engine.label}; {NOTE}; {sides.backups} backups"
    row_id = f"B1.backup{engine.suffix}"
    return [
        judge_ratio(
            row_id, ours=found["beside"], theirs=found["alone"], maximum=MAX_RATIO, note=note
        )
    ]
