"""Two hundred kills of workers, spread over five thousand steps."""

from __future__ import annotations

import logging
import random
import statistics
import time
from collections.abc import Callable

from rehearsal.stage import CAPTION, IMAGE, TEXT, Stage

from .base import Act
from .kills import one_worker, recovered

logger = logging.getLogger(__name__)

KILLS, STEPS = 200, 5_000
RINGS = ((TEXT,),) * 6 + ((IMAGE, CAPTION),) * 2
WHOLE_QUEUE_EVERY = 10  # every tenth kill takes the whole queue at once, its head included
HOUR = 3_600.0


def play(stage: Stage, kills: int = KILLS, steps: int = STEPS) -> str:
    """A kill after every so many further steps, at any moment of one."""
    began = time.monotonic()
    runs = [stage.start(stage.network(f"Marathon {n}", *ring)) for n, ring in enumerate(RINGS)]
    recoveries = []
    for number in range(1, kills + 1):
        goal = steps * number // kills
        stage.until(lambda n=goal: stage.records.done(*runs) >= n, 120, f"{goal} steps are done")  # type: ignore[misc]
        time.sleep(random.uniform(0, 0.6))
        recoveries.append(recovered(stage, _strike(stage, runs, number), *runs))
        done, seconds = stage.records.done(*runs), time.monotonic() - began
        logger.info(
            "kill %s after %.0f s: %s steps, on after %.1f s", number, seconds, done, recoveries[-1]
        )
    stage.until(lambda: stage.records.done(*runs) >= steps, 300, f"{steps} steps are done")
    done, seconds = stage.records.done(*runs), time.monotonic() - began
    for run in runs:
        stage.stop(run)
    return (
        f"{kills} kills over {done} steps in {seconds / 60:.0f} min; every run went on, the slowest "
        f"after {max(recoveries):.1f} s, the median after {statistics.median(recoveries):.1f} s"
    )


def _strike(stage: Stage, runs: list[str], number: int) -> Callable[[], None]:
    if number % WHOLE_QUEUE_EVERY == 0:
        return stage.kill_queue
    return lambda: one_worker(stage, runs)


ACTS = (Act("marathon", "200 kills over 5,000 steps", (2, 5), HOUR, play),)
