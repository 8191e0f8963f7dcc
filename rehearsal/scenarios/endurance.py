"""Two hundred kills of workers, spread over five thousand steps."""

from __future__ import annotations

import logging
import random
import statistics
import time
from collections.abc import Callable

from rehearsal.stack import CAPTION, IMAGE, TEXT, RehearsalStack

from .base import Scenario
from .kills import kill_one_worker, measure_recovery

logger = logging.getLogger(__name__)

KILLS, STEPS = 200, 5_000
SLOTS = ((TEXT,),) * 6 + ((IMAGE, CAPTION),) * 2
WHOLE_QUEUE_EVERY = 10  # every tenth kill takes the whole queue, its head included
LIMIT_SECONDS = 3_600.0


def kill_many_times(stack: RehearsalStack, kills: int = KILLS, steps: int = STEPS) -> str:
    """Kill at regular step counts, at a random moment of a step."""
    began = time.monotonic()
    runs = [
        stack.start_run(stack.create_network(f"Endurance {n}", *slots))
        for n, slots in enumerate(SLOTS)
    ]
    recoveries = []
    for number in range(1, kills + 1):
        goal = steps * number // kills
        _await_steps(stack, runs, goal, 120)
        time.sleep(random.uniform(0, 0.6))
        recoveries.append(measure_recovery(stack, _kill_function(stack, runs, number), *runs))
        done, seconds = stack.records.count_completed_steps(*runs), time.monotonic() - began
        logger.info(
            "kill %s after %.0f s: %s steps, on after %.1f s", number, seconds, done, recoveries[-1]
        )
    _await_steps(stack, runs, steps, 300)
    done, seconds = stack.records.count_completed_steps(*runs), time.monotonic() - began
    for run in runs:
        stack.stop_run(run)
    return (
        f"{kills} kills over {done} steps in {seconds / 60:.0f} min; every run went on, the slowest "
        f"after {max(recoveries):.1f} s, the median after {statistics.median(recoveries):.1f} s"
    )


def _await_steps(stack: RehearsalStack, runs: list[str], goal: int, seconds: float) -> None:
    stack.await_condition(
        lambda: stack.records.count_completed_steps(*runs) >= goal,
        seconds,
        f"{goal} steps are done",
    )


def _kill_function(stack: RehearsalStack, runs: list[str], number: int) -> Callable[[], None]:
    if number % WHOLE_QUEUE_EVERY == 0:
        return stack.kill_queue
    return lambda: kill_one_worker(stack, runs)


SCENARIOS = (
    Scenario("endurance", "200 kills over 5,000 steps", (2, 5), LIMIT_SECONDS, kill_many_times),
)
