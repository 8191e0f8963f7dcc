"""B11.flood: a ring of the farm beside somebody who calls as often as they can, against the same ring alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial

from bench.engines import Engine
from bench.environment import Context, print_progress, terminate
from bench.floods import CONNECTIONS, KINDS
from bench.measures.farm_steps import SMALL, FarmSides, started_sides
from bench.rows import Row, judge_ratio, ratio_bar
from bench.statistics import interleaved
from tests.stack import ROOT

ROUNDS, STEPS, STEPS_WARM = 5, 200, 200
MAX_RATIO = 1.25
BARS = {f"B11.flood.{kind}": ratio_bar(MAX_RATIO, "ms") for kind in KINDS}
NOTE = (
    f"{ROUNDS} rounds of {STEPS} steps of the oblique cards at pacing 0 through `panic-worker`; beside it "
    f"{CONNECTIONS} connections that call again as soon as they are answered; baseline: the ring alone"
)


class Beside:
    """The ring's milliseconds a step, with and without a flood of each kind."""

    def __init__(self, sides: FarmSides, port: int, secret: str) -> None:
        self._sides, self._port, self._secret = sides, port, secret

    def alone(self) -> float:
        return self._sides.through_the_farm(SMALL, STEPS)

    def beside(self, kind: str) -> float:
        command = [sys.executable, "-m", "bench.floods", str(self._port), kind, self._secret]
        flood = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        try:
            assert flood.stdout is not None
            assert flood.stdout.readline() == b"begun\n"
            self._sides.through_the_farm(SMALL, STEPS_WARM)  # what is allowed at once is over
            return self.alone()
        finally:
            terminate(flood)


def measure(context: Context, engine: Engine) -> list[Row]:
    prepared = context.prepare_stack(engine)
    (secret,) = prepared.in_process().call("farm.enrol_workers", count=1)
    sides = Beside(started_sides(context, prepared), prepared.stack.port, secret)
    sides.alone()
    measured: dict[str, Callable[[], float]] = {"alone": sides.alone}
    measured |= {kind: partial(sides.beside, kind) for kind in KINDS}
    found = interleaved(ROUNDS, measured, print_progress=print_progress)
    return [
        judge_ratio(
            f"B11.flood.{kind}",
            ours=found[kind],
            theirs=found["alone"],
            maximum=MAX_RATIO,
            note=f"{engine.label}; {NOTE}",
        )
        for kind in KINDS
    ]
