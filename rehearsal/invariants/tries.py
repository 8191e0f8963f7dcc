"""Attempts: one at a time, and only the newest may finish its step."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from rehearsal.history import Attempt, History

from .base import Invariant


def one_live(history: History) -> Iterator[str]:
    states = {step.id: step.state for step in history.steps}
    for step, attempts in history.attempts_of_steps.items():
        live = [a for a in attempts if not a.outcome]
        if len(live) > 1:
            yield f"step {step} has {len(live)} live attempts"
        if live and live[-1] is not attempts[-1]:
            yield f"step {step}: attempt {live[-1].number} lives beside a newer one"
        if live and history.settled and states[step] != "invoking":
            yield f"step {step} is {states[step]}, but attempt {live[-1].number} still lives"
    for step, state in states.items():
        tries = history.attempts_of_steps.get(step, [])
        if state == "invoking" and all(a.outcome for a in tries):
            yield f"step {step} is invoking and nobody is at it"


def one_after_the_other(history: History) -> Iterator[str]:
    for step, attempts in history.attempts_of_steps.items():
        if [a.number for a in attempts] != list(range(1, len(attempts) + 1)):
            yield f"step {step} has the attempts {[a.number for a in attempts]}"
        for before, after in itertools.pairwise(attempts):
            if before.ended_at is None or before.ended_at > after.started_at:
                yield f"step {step}: attempt {after.number} began before {before.number} had ended"


def fenced(history: History) -> Iterator[str]:
    """What comes from a worker whose step was given to another one must not count."""
    for step in history.steps:
        attempts = history.attempts_of_steps.get(step.id, [])
        for attempt in attempts:
            if attempt.outcome == "late" and step.state != "cancelled":
                yield f"step {step.id}: attempt {attempt.number} was late, yet nobody had stopped it"
        finishers = [a for a in attempts if a.outcome == "completed"]
        if step.state == "completed" and not step.substituted:
            yield from _finished_wrongly(step.id, attempts, finishers)
        elif finishers:
            yield f"step {step.id} is {step.state}, but attempt {finishers[0].number} completed it"


def _finished_wrongly(step: str, attempts: list[Attempt], done: list[Attempt]) -> Iterator[str]:
    if len(done) != 1:
        yield f"step {step} was completed by {len(done)} attempts"
    elif done[0] is not attempts[-1]:
        yield f"step {step} was completed by attempt {done[0].number} of {len(attempts)}"


TRIES = (
    Invariant("a step has at most one live attempt", 2, one_live),
    Invariant("attempts follow one another", 2, one_after_the_other, needs_steady_clock=True),
    Invariant("only the newest attempt finishes its step", 2, fenced),
)
