"""Runs and steps: lawful moves only, nothing after the end, a chain without a gap or a repeat."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from rehearsal.history import ENDED_RUN, ENDED_STEP, Event, History, Step, grouped

from .base import Invariant

RUN_LAW: Mapping[str, frozenset[str]] = {
    "": frozenset({"started"}),
    "started": frozenset({"paused", *ENDED_RUN}),
    "paused": frozenset({"resumed", *ENDED_RUN}),
    "resumed": frozenset({"paused", *ENDED_RUN}),
    **{state: frozenset() for state in ENDED_RUN},
}
STEP_LAW: Mapping[str, frozenset[str]] = {
    "": frozenset({"created"}),
    "created": frozenset({"started", "failed", "cancelled"}),
    "started": frozenset({"retried", *ENDED_STEP}),
    "retried": frozenset({"started", "failed", "cancelled"}),
    **{state: frozenset() for state in ENDED_STEP},
}
SHOWN_AS = {"started": "running", "resumed": "running"}
STEP_SHOWN_AS = {"created": "ready", "retried": "ready", "started": "invoking"}


def lawful_runs(history: History) -> Iterator[str]:
    told = grouped(_of("run.", history), lambda event: event.data["run"])
    for run in history.runs:
        words = _words(told.pop(run.id, []))
        yield from _unlawful(f"run {run.id}", words, RUN_LAW)
        if words and SHOWN_AS.get(words[-1], words[-1]) != run.state:
            yield f"run {run.id} is {run.state}, but the log ends with {words[-1]}"
    for unknown in told:
        yield f"the log tells of run {unknown}, which is lost"


def lawful_steps(history: History) -> Iterator[str]:
    told = grouped(_of("invocation.", history), lambda event: event.data["invocation"])
    for step in history.steps:
        words = _words(told.pop(step.id, []))
        yield from _unlawful(f"step {step.id}", words, STEP_LAW)
        if words and STEP_SHOWN_AS.get(words[-1], words[-1]) != step.state:
            yield f"step {step.id} is {step.state}, but the log ends with {words[-1]}"
    for unknown in told:
        yield f"the log tells of step {unknown}, which is lost"


def _of(kind: str, history: History) -> list[Event]:
    return [event for event in history.events if event.type.startswith(kind)]


def _words(events: list[Event]) -> list[str]:
    ordered = sorted(events, key=lambda event: event.seq)
    return [event.type.partition(".")[2] for event in ordered]


def _unlawful(who: str, words: list[str], law: Mapping[str, frozenset[str]]) -> Iterator[str]:
    if not words:
        yield f"{who} is not in the log"
    for before, after in itertools.pairwise(["", *words]):
        if after not in law.get(before, frozenset()):
            yield f"{who} was {after} after it was {before or 'nothing'}"


def in_sequence(history: History) -> Iterator[str]:
    for run in history.runs:
        steps = history.steps_of_runs.get(run.id, [])
        if [step.sequence for step in steps] != list(range(len(steps))) or not steps:
            yield f"run {run.id} has the steps {[step.sequence for step in steps][:20]}"
        open_steps = [step for step in steps if step.state not in ENDED_STEP]
        if len(open_steps) != (0 if run.state in ENDED_RUN else 1):
            yield f"run {run.id} is {run.state} and has {len(open_steps)} open steps"
        if any(step.sequence != len(steps) - 1 for step in open_steps):
            yield f"run {run.id} has an open step that is not its last one"


def chained(history: History) -> Iterator[str]:
    for run, steps in history.steps_of_runs.items():
        for before, after in itertools.pairwise(steps):
            if after.input != _handed_on(before):
                yield f"run {run}: step {after.sequence} was not given what step {before.sequence} gave"


def _handed_on(step: Step) -> str:
    """A refused step that was left out hands its input on."""
    return step.input if step.state == "failed" else step.output


STATES = (
    Invariant("runs move lawfully and stay ended", 5, lawful_runs),
    Invariant("steps move lawfully and stay ended", 5, lawful_steps),
    Invariant("no step is missing, none is repeated, none hangs", 5, in_sequence),
    Invariant("each step is given what the one before it gave", 5, chained),
)
