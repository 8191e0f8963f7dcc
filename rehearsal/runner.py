"""Runs scenarios: starts the stacks, runs the scenarios on them, has the histories checked."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx

from . import invariants
from .plan import Group
from .report import Report, Verdict
from .scenarios.base import Scenario, Skipped
from .stack import Broken, RehearsalStack
from .stalls import StallMonitor
from .startup import Workspace, running_stack

logger = logging.getLogger(__name__)

# Between the starts of a batch's scenarios: failures in a burst would open the circuit breaker.
STAGGER_SECONDS = 0.7


def run_groups(workspace: Workspace, groups: Sequence[Group], report: Report) -> None:
    """Run every group at the same time, of several machines one after the other, and add the outcomes to
    the report."""
    at_once = 1 if workspace.services else max(1, len(groups))
    with ThreadPoolExecutor(at_once, "group") as pool:
        list(pool.map(lambda group: _run_group(workspace, group, report), groups))


def _run_group(workspace: Workspace, group: Group, report: Report) -> None:
    for plan in group:
        try:
            with running_stack(workspace, plan) as stack, StallMonitor() as stalls:
                for batch in plan.batches:
                    _run_batch(stack, batch, report)
                stack.settle()
                report.check(plan.name, stack.history(stalls.longest), invariants.ALL)
        except (AssertionError, Broken, httpx.HTTPError, OSError) as error:
            report.add(Verdict.of_stack(plan.name, f"the stack did not hold: {error}"))


def _run_batch(stack: RehearsalStack, batch: Sequence[Scenario], report: Report) -> None:
    def run_one(numbered: tuple[int, Scenario]) -> None:
        number, scenario = numbered
        time.sleep(number * STAGGER_SECONDS)
        report.add(_run_scenario(stack, scenario))

    with ThreadPoolExecutor(len(batch)) as pool:
        list(pool.map(run_one, enumerate(batch)))


def _run_scenario(stack: RehearsalStack, scenario: Scenario) -> Verdict:
    began = time.monotonic()
    name, title, promises = scenario.name, scenario.title, scenario.promises
    try:
        sentence, passed = scenario.run(stack), True
    except Skipped as error:
        return Verdict(name, title, promises, None, str(error), 0.0)
    except Broken as error:
        sentence, passed = str(error), False
    except Exception as error:  # one scenario's mistake must not end the others
        logger.exception("scenario %s", name)
        sentence, passed = f"{type(error).__name__}: {error}", False
    seconds = time.monotonic() - began
    if passed and seconds > scenario.limit_seconds:
        limit = scenario.limit_seconds
        sentence, passed = f"took {seconds:.0f} s, over {limit:.0f} s: {sentence}", False
    return Verdict(name, title, promises, passed, sentence, seconds)
