"""Work of the farm: handed in by who held it, with its whole log."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.history import History

from .base import Invariant


def logs_are_complete(history: History) -> Iterator[str]:
    """A worker that was told to log so many lines has, in each attempt that counts; one that was killed
    in between may have begun anew."""
    for work in history.farm_work:
        wanted = [f"line {number}" for number in range(work.lines)]
        lines = [line for line in work.log.splitlines() if line.startswith("line ")]
        if work.outcome == "completed" and lines[-len(wanted) :] != wanted:
            yield f"step {work.step}: the log of attempt {work.number} ends with {lines[-3:]}"


def what_was_taken_away_is_not_handed_in(history: History) -> Iterator[str]:
    """What a stop has overtaken may be: its holder has not heard of it yet, and it changes nothing."""
    stopped = {step.id for step in history.steps if step.state == "cancelled"}
    for work in history.farm_work:
        overtaken = work.outcome == "late" and work.step in stopped
        if work.outcome in {"lost", "late"} and work.is_handed_in and not overtaken:
            yield f"step {work.step}: attempt {work.number} was {work.outcome}, yet handed in"
        if work.outcome == "completed" and not work.is_handed_in:
            yield f"step {work.step}: attempt {work.number} was completed, but nobody handed it in"


def steps_of_the_farm_are_done_by_its_workers(history: History) -> Iterator[str]:
    models = {step.id: step.model for step in history.steps}
    for attempt in history.attempts:
        if models.get(attempt.step, "").startswith("farm:") and not attempt.worker.startswith(
            "farm"
        ):
            yield f"step {attempt.step}: attempt {attempt.number} was made by {attempt.worker}"


FARM_RULES = (
    Invariant("the log of a farm worker is complete", 5, logs_are_complete),
    Invariant(
        "what a farm worker has lost is not handed in", 2, what_was_taken_away_is_not_handed_in
    ),
    Invariant("farm workers do what is theirs", 6, steps_of_the_farm_are_done_by_its_workers),
)
