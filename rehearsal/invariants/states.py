"""Runs and steps: allowed transitions only, none after the end, sequences without gaps."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from rehearsal.history import ENDED_RUN, ENDED_STEP, Event, History, Step, grouped

from .base import Invariant

RUN_TRANSITIONS: Mapping[str, frozenset[str]] = {
    "": frozenset({"started"}),
    "started": frozenset({"paused", *ENDED_RUN}),
    "paused": frozenset({"resumed", *ENDED_RUN}),
    "resumed": frozenset({"paused", *ENDED_RUN}),
    **{state: frozenset() for state in ENDED_RUN},
}
STEP_TRANSITIONS: Mapping[str, frozenset[str]] = {
    "": frozenset({"created"}),
    "created": frozenset({"started", "failed", "cancelled"}),
    "started": frozenset({"retried", *ENDED_STEP}),
    "retried": frozenset({"started", "failed", "cancelled"}),
    **{state: frozenset() for state in ENDED_STEP},
}
STATE_OF_RUN_EVENT = {"started": "running", "resumed": "running"}
STATE_OF_STEP_EVENT = {"created": "ready", "retried": "ready", "started": "invoking"}


def runs_make_allowed_transitions(history: History) -> Iterator[str]:
    by_id = grouped(_events_of("run.", history), lambda event: event.data["run"])
    for run in history.runs:
        verbs = _verbs(by_id.pop(run.id, []))
        yield from _wrong_transitions(f"run {run.id}", verbs, RUN_TRANSITIONS)
        if verbs and STATE_OF_RUN_EVENT.get(verbs[-1], verbs[-1]) != run.state:
            yield f"run {run.id} is {run.state}, but the log ends with {verbs[-1]}"
    for unknown in by_id:
        yield f"the log has run {unknown}, which has no row"


def steps_make_allowed_transitions(history: History) -> Iterator[str]:
    by_id = grouped(_events_of("invocation.", history), lambda event: event.data["invocation"])
    for step in history.steps:
        verbs = _verbs(by_id.pop(step.id, []))
        yield from _wrong_transitions(f"step {step.id}", verbs, STEP_TRANSITIONS)
        if verbs and STATE_OF_STEP_EVENT.get(verbs[-1], verbs[-1]) != step.state:
            yield f"step {step.id} is {step.state}, but the log ends with {verbs[-1]}"
    for unknown in by_id:
        yield f"the log has step {unknown}, which has no row"


def _events_of(kind: str, history: History) -> list[Event]:
    return [event for event in history.events if event.type.startswith(kind)]


def _verbs(events: list[Event]) -> list[str]:
    ordered = sorted(events, key=lambda event: event.seq)
    return [event.type.partition(".")[2] for event in ordered]


def _wrong_transitions(
    who: str, verbs: list[str], transitions: Mapping[str, frozenset[str]]
) -> Iterator[str]:
    if not verbs:
        yield f"{who} is not in the log"
    for before, after in itertools.pairwise(["", *verbs]):
        if after not in transitions.get(before, frozenset()):
            yield f"{who} was {after} after it was {before or 'nothing'}"


def steps_are_complete(history: History) -> Iterator[str]:
    for run in history.runs:
        steps = history.steps_of_runs.get(run.id, [])
        if [step.sequence for step in steps] != list(range(len(steps))) or not steps:
            yield f"run {run.id} has the steps {[step.sequence for step in steps][:20]}"
        open_steps = [step for step in steps if step.state not in ENDED_STEP]
        if len(open_steps) != (0 if run.state in ENDED_RUN else 1):
            yield f"run {run.id} is {run.state} and has {len(open_steps)} open steps"
        if any(step.sequence != len(steps) - 1 for step in open_steps):
            yield f"run {run.id} has an open step that is not its last one"


def inputs_are_outputs(history: History) -> Iterator[str]:
    for run, steps in history.steps_of_runs.items():
        for before, after in itertools.pairwise(steps):
            if after.input != _output_of(before):
                yield f"run {run}: step {after.sequence} did not get the output of step {before.sequence}"


def _output_of(step: Step) -> str:
    """The output of a step; a refused step that was skipped passes its input on."""
    return step.input if step.state == "failed" else step.output


STATE_RULES = (
    Invariant("runs make allowed transitions only", 5, runs_make_allowed_transitions),
    Invariant("steps make allowed transitions only", 5, steps_make_allowed_transitions),
    Invariant("no step is missing, repeated or left open", 5, steps_are_complete),
    Invariant("the input of a step is the output of the one before", 5, inputs_are_outputs),
)
