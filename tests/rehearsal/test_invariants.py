"""Each invariant, made to fail by one wrong row; a valid history violates none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rehearsal.history import Accepted, Attempt, Entry, FarmWork, History, Run, Stopped
from rehearsal.invariants import ALL

from .histories import (
    charged_request,
    history_plus,
    history_with,
    history_without,
    make_event,
    valid_history,
    violated_invariants,
)

GAPS = "events are numbered without a gap or a repeat"
RUNS, STEPS = "runs make allowed transitions only", "steps make allowed transitions only"
WHOLE, CHAIN = (
    "no step is missing, repeated or left open",
    "the input of a step is the output of the one before",
)
LIVE, AFTER = "a step has at most one live attempt", "attempts do not overlap"
FENCE, ONCE = "only the newest attempt completes its step", "no key is charged twice"
KNOWN, FIRST = "no request without an attempt on record", "the claim comes before the call"
SETTLED, MADE = "a second charge follows a confirmed failure", "every output was charged"
STOPPED, UNCLAIMED = "no call begins after a stop", "no step is claimed after a stop"
CANCELLED, HALTED = "cancelled calls were cancelled at the provider", "no run starts while halted"
ACCEPTED, ONE_RUN = "an accepted prompt is exactly one run", "a network has one live run at most"
LOGGED, TAKEN = (
    "the log of a farm worker is complete",
    "what a farm worker has lost is not handed in",
)
THEIRS = "farm workers do what is theirs"


def has_values(**wanted: object) -> Callable[[Any], bool]:
    """Whether a row has these values."""
    return lambda row: all(getattr(row, name) == value for name, value in wanted.items())


LIVING = Attempt("a2", 2, "", "a2-1", "", "w:3:z", 31.0, None)
BREAKS: dict[str, tuple[str, History]] = {
    "the end of a worker's log is missing": (
        LOGGED,
        history_with("farm_work", has_values(step="a1"), log="line 0\n"),
    ),
    "a lost attempt of the farm was handed in": (
        TAKEN,
        history_with("farm_work", has_values(step="a1"), outcome="lost"),
    ),
    "a late attempt of the farm was handed in, and no stop was in the way": (
        TAKEN,
        history_with("farm_work", has_values(step="a1"), outcome="late"),
    ),
    "a lost attempt of a stopped step was handed in": (
        TAKEN,
        history_plus("farm_work", FarmWork("a2", 1, "lost", 0, "", is_handed_in=True)),
    ),
    "an attempt of the farm was completed by nobody": (
        TAKEN,
        history_with("farm_work", has_values(step="a1"), is_handed_in=False),
    ),
    "a step of the farm was made by a queue worker": (
        THEIRS,
        history_with("steps", has_values(id="a1"), model="farm:echo-text"),
    ),
    "an event is missing": (GAPS, history_without("events", has_values(seq=4))),
    "an event is there twice": (
        GAPS,
        history_plus("events", make_event(7, "invocation.created", "a1", 22)),
    ),
    "the newest event is missing": (GAPS, replace(valid_history(), last_seqs={"network:one": 20})),
    "a run's row disagrees with the log": (
        RUNS,
        history_with("runs", has_values(id="b"), state="failed"),
    ),
    "a run goes on after its end": (
        RUNS,
        history_plus("events", make_event(20, "run.resumed", "b", 41)),
    ),
    "a run of the log is lost": (RUNS, history_without("runs", has_values(id="b"))),
    "a run is not in the log": (RUNS, history_plus("runs", Run("c", "two", "stopped", "", "", ""))),
    "a step ends twice": (
        STEPS,
        history_plus("events", make_event(20, "invocation.completed", "a2", 41)),
    ),
    "a step begins after its end": (
        STEPS,
        history_plus("events", make_event(20, "invocation.started", "a1", 41)),
    ),
    "a step is created twice": (
        STEPS,
        history_plus("events", make_event(20, "invocation.created", "a1", 4)),
    ),
    "a step's row disagrees with the log": (
        STEPS,
        history_with("steps", has_values(id="a1"), state="failed"),
    ),
    "a step of the log is lost": (STEPS, history_without("steps", has_values(id="a2"))),
    "a number is left out": (WHOLE, history_with("steps", has_values(id="a2"), sequence=3)),
    "a number is there twice": (WHOLE, history_with("steps", has_values(id="a2"), sequence=1)),
    "an ended run has an open step": (
        WHOLE,
        history_with("steps", has_values(id="a2"), state="ready"),
    ),
    "a live run stands still": (WHOLE, history_with("runs", has_values(id="a"), state="running")),
    "an open step is not the last": (
        WHOLE,
        history_with("steps", has_values(id="a1"), state="ready"),
    ),
    "a step got another's output": (
        CHAIN,
        history_with("steps", has_values(id="a1"), input="elsewhere"),
    ),
    "two attempts live": (LIVE, history_plus("attempts", LIVING, replace(LIVING, number=3))),
    "an ended step has a live attempt": (LIVE, history_plus("attempts", LIVING)),
    "an invoking step has no live attempt": (
        LIVE,
        history_with("steps", has_values(id="a2"), state="invoking"),
    ),
    "an attempt begins too early": (
        AFTER,
        history_with("attempts", has_values(number=2), started_at=15.0),
    ),
    "a number of attempts is missing": (
        AFTER,
        history_with("attempts", has_values(step="a2"), number=3),
    ),
    "a late worker finishes a step": (
        FENCE,
        replace(
            valid_history(),
            attempts=[
                replace(a, outcome={1: "completed", 2: "late"}[a.number]) if a.step == "a0" else a
                for a in valid_history().attempts
            ],
        ),
    ),
    "two attempts complete a step": (
        FENCE,
        history_with("attempts", has_values(step="a0"), outcome="completed"),
    ),
    "no attempt completed a step": (
        FENCE,
        history_with("attempts", has_values(step="a0"), outcome="lost"),
    ),
    "a cancelled step was completed": (
        FENCE,
        history_with("attempts", has_values(step="a2"), outcome="completed"),
    ),
    "a key is charged twice": (ONCE, history_plus("journal", Entry(21.1, "charge", "a0-1", "p9"))),
    "a charge has no key": (ONCE, history_plus("journal", Entry(21.1, "charge", "", "p9"))),
    "a request without an attempt": (
        KNOWN,
        history_plus("journal", *charged_request("z9-1", "p9", 21.1)),
    ),
    "a request before its claim": (FIRST, history_with("journal", has_values(key="a0-1"), at=9.95)),
    "charged again without a reason": (
        SETTLED,
        replace(
            history_with("attempts", has_values(step="a0", number=2), key="a0-2"),
            journal=[*valid_history().journal, *charged_request("a0-2", "p9", 21.1)],
        ),
    ),
    "an output without a charge": (MADE, history_without("journal", has_values(key="a0-1"))),
    "a call after a stop": (STOPPED, history_with("journal", has_values(key="a2-1"), at=30.6)),
    "a call after a stop's answer": (
        STOPPED,
        replace(
            history_with("journal", has_values(key="a2-1"), at=30.3), stops=[Stopped("a", 30.1)]
        ),
    ),
    "a claim after a stop": (
        UNCLAIMED,
        history_plus("events", make_event(20, "invocation.started", "b0", 41)),
    ),
    "a cancel that did not reach the provider": (
        CANCELLED,
        history_without("journal", has_values(event="cancel")),
    ),
    "a start while halted": (
        HALTED,
        replace(
            valid_history(),
            events=[
                *valid_history().events,
                replace(make_event(1, "panic.pressed", "x", 29.0), topic="mission"),
            ],
        ),
    ),
    "a prompt without a run": (ACCEPTED, history_plus("accepted", Accepted("key-c", "c"))),
    "a prompt with two runs": (
        ACCEPTED,
        history_with("runs", has_values(id="b"), client_key="key-a"),
    ),
    "a prompt with another's run": (
        ACCEPTED,
        replace(valid_history(), accepted=[Accepted("key-a", "b")]),
    ),
    "two live runs": (ONE_RUN, history_with("runs", has_values(network="one"), state="running")),
}


def test_a_valid_history_violates_no_invariant() -> None:
    assert violated_invariants(valid_history()) == set()


@pytest.mark.parametrize(("invariant", "history"), BREAKS.values(), ids=BREAKS)
def test_a_violation_is_found(invariant: str, history: History) -> None:
    assert invariant in violated_invariants(history)


def test_every_invariant_is_violated_by_some_history() -> None:
    assert {invariant for invariant, _ in BREAKS.values()} == {rule.name for rule in ALL}


def test_invariants_that_compare_times_are_skipped_where_the_clock_was_changed() -> None:
    history = history_with("journal", has_values(key="a2-1"), at=99.0)

    assert STOPPED in violated_invariants(history)
    assert violated_invariants(replace(history, steady_clock=False)) == set()


def test_a_step_that_was_skipped_after_a_refusal_passes_its_input_on() -> None:
    history = history_with("steps", has_values(id="a1"), state="failed", output="")
    steps = [replace(s, input="first") if s.id == "a2" else s for s in history.steps]

    assert CHAIN not in violated_invariants(replace(history, steps=steps))


def test_a_placeholder_output_needs_no_attempt_that_completed_it() -> None:
    history = history_with("attempts", has_values(step="a0", number=2), outcome="failed")
    steps = [replace(s, substituted=True) if s.id == "a0" else s for s in history.steps]

    assert violated_invariants(replace(history, steps=steps)) == set()


def test_a_stalled_machine_is_not_reported_as_a_broken_stop() -> None:
    history = history_with("journal", has_values(key="a2-1"), at=30.6)

    assert STOPPED in violated_invariants(history)
    assert violated_invariants(replace(history, longest_stall=0.2)) == set()


def test_an_outcome_that_a_stop_has_overtaken_breaks_nothing() -> None:
    late = FarmWork("a2", 1, "late", 0, "", is_handed_in=True)

    assert violated_invariants(history_plus("farm_work", late)) == set()
