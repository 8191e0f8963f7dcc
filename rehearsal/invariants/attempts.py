"""Attempts: one at a time, and only the newest may finish its step."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from rehearsal.history import Attempt, History

from .base import Invariant


def one_live_attempt(history: History) -> Iterator[str]:
    states = {step.id: step.state for step in history.steps}
    for step, attempts in history.attempts_of_steps.items():
        live = [a for a in attempts if not a.outcome]
        if len(live) > 1:
            yield f"step {step} has {len(live)} live attempts"
        if live and live[-1] is not attempts[-1]:
            yield f"step {step}: attempt {live[-1].number} is live beside a newer one"
        if live and history.settled and states[step] != "invoking":
            yield f"step {step} is {states[step]}, but attempt {live[-1].number} is still live"
    for step, state in states.items():
        attempts = history.attempts_of_steps.get(step, [])
        if state == "invoking" and all(a.outcome for a in attempts):
            yield f"step {step} is invoking without a live attempt"


def attempts_do_not_overlap(history: History) -> Iterator[str]:
    for step, attempts in history.attempts_of_steps.items():
        if [a.number for a in attempts] != list(range(1, len(attempts) + 1)):
            yield f"step {step} has the attempts {[a.number for a in attempts]}"
        for before, after in itertools.pairwise(attempts):
            if before.ended_at is None or before.ended_at > after.started_at:
                yield f"step {step}: attempt {after.number} began before {before.number} had ended"


def only_newest_attempt_completes(history: History) -> Iterator[str]:
    """A result of a worker that had lost the step must not count."""
    for step in history.steps:
        attempts = history.attempts_of_steps.get(step.id, [])
        for attempt in attempts:
            if attempt.outcome == "late" and step.state != "cancelled":
                yield f"step {step.id}: attempt {attempt.number} was late, yet its step was not cancelled"
        finishers = [a for a in attempts if a.outcome == "completed"]
        if step.state == "completed" and not step.substituted:
            yield from _wrong_completions(step.id, attempts, finishers)
        elif finishers:
            yield f"step {step.id} is {step.state}, but attempt {finishers[0].number} completed it"


def _wrong_completions(step: str, attempts: list[Attempt], done: list[Attempt]) -> Iterator[str]:
    if len(done) != 1:
        yield f"step {step} was completed by {len(done)} attempts"
    elif done[0] is not attempts[-1]:
        yield f"step {step} was completed by attempt {done[0].number} of {len(attempts)}"


ATTEMPT_RULES = (
    Invariant("a step has at most one live attempt", 2, one_live_attempt),
    Invariant("attempts do not overlap", 2, attempts_do_not_overlap, needs_steady_clock=True),
    Invariant("only the newest attempt completes its step", 2, only_newest_attempt_completes),
)
