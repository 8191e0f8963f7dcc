"""Each invariant, made to fail by one wrong row; a history that is right breaks none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rehearsal.history import Accepted, Attempt, Entry, History, Run, Stopped
from rehearsal.invariants import ALL

from .histories import asked, broken, changed, kept, told, with_more, without

GAPS = "events are numbered without a gap or a repeat"
RUNS, STEPS = "runs move lawfully and stay ended", "steps move lawfully and stay ended"
WHOLE, CHAIN = (
    "no step is missing, none is repeated, none hangs",
    "each step is given what the one before it gave",
)
LIVE, AFTER = "a step has at most one live attempt", "attempts follow one another"
FENCE, ONCE = "only the newest attempt finishes its step", "no key is charged twice"
KNOWN, FIRST = "no request without an attempt on record", "the claim comes before the call"
SETTLED, MADE = "a second charge follows a settled failure", "every output was made"
STOPPED, UNCLAIMED = "no call begins after a stop", "no step is claimed after a stop"
TOLD, HALTED = "what is shown as cancelled was cancelled", "nothing starts while halted"
ACCEPTED, ONE_RUN = "an accepted prompt is exactly one run", "a network has one live run at most"


def is_(**wanted: object) -> Callable[[Any], bool]:
    """Whether a row has these values."""
    return lambda row: all(getattr(row, name) == value for name, value in wanted.items())


LIVING = Attempt("a2", 2, "", "a2-1", "", "w:3:z", 31.0, None)
BREAKS: dict[str, tuple[str, History]] = {
    "an event is missing": (GAPS, without("events", is_(seq=4))),
    "an event is there twice": (GAPS, with_more("events", told(7, "invocation.created", "a1", 22))),
    "the newest event is missing": (GAPS, replace(kept(), last_seqs={"network:one": 20})),
    "a run's row disagrees with the log": (RUNS, changed("runs", is_(id="b"), state="failed")),
    "a run goes on after its end": (RUNS, with_more("events", told(20, "run.resumed", "b", 41))),
    "a run of the log is lost": (RUNS, without("runs", is_(id="b"))),
    "a run is not in the log": (RUNS, with_more("runs", Run("c", "two", "stopped", "", "", ""))),
    "a step ends twice": (STEPS, with_more("events", told(20, "invocation.completed", "a2", 41))),
    "a step begins after its end": (
        STEPS,
        with_more("events", told(20, "invocation.started", "a1", 41)),
    ),
    "a step is created twice": (
        STEPS,
        with_more("events", told(20, "invocation.created", "a1", 4)),
    ),
    "a step's row disagrees with the log": (STEPS, changed("steps", is_(id="a1"), state="failed")),
    "a step of the log is lost": (STEPS, without("steps", is_(id="a2"))),
    "a number is left out": (WHOLE, changed("steps", is_(id="a2"), sequence=3)),
    "a number is there twice": (WHOLE, changed("steps", is_(id="a2"), sequence=1)),
    "an ended run has an open step": (WHOLE, changed("steps", is_(id="a2"), state="ready")),
    "a live run stands still": (WHOLE, changed("runs", is_(id="a"), state="running")),
    "an open step is not the last": (WHOLE, changed("steps", is_(id="a1"), state="ready")),
    "a step got another's output": (CHAIN, changed("steps", is_(id="a1"), input="elsewhere")),
    "two attempts live": (LIVE, with_more("attempts", LIVING, replace(LIVING, number=3))),
    "an ended step has a live attempt": (LIVE, with_more("attempts", LIVING)),
    "nobody is at a step": (LIVE, changed("steps", is_(id="a2"), state="invoking")),
    "an attempt begins too early": (AFTER, changed("attempts", is_(number=2), started_at=15.0)),
    "a number of attempts is missing": (AFTER, changed("attempts", is_(step="a2"), number=3)),
    "a late worker finishes a step": (
        FENCE,
        replace(
            kept(),
            attempts=[
                replace(a, outcome={1: "completed", 2: "late"}[a.number]) if a.step == "a0" else a
                for a in kept().attempts
            ],
        ),
    ),
    "two attempts complete a step": (
        FENCE,
        changed("attempts", is_(step="a0"), outcome="completed"),
    ),
    "nobody completed a step": (FENCE, changed("attempts", is_(step="a0"), outcome="lost")),
    "a cancelled step was completed": (
        FENCE,
        changed("attempts", is_(step="a2"), outcome="completed"),
    ),
    "a key is charged twice": (ONCE, with_more("journal", Entry(21.1, "charge", "a0-1", "p9"))),
    "a charge has no key": (ONCE, with_more("journal", Entry(21.1, "charge", "", "p9"))),
    "a request nobody made": (KNOWN, with_more("journal", *asked("z9-1", "p9", 21.1))),
    "a request before its claim": (FIRST, changed("journal", is_(key="a0-1"), at=9.95)),
    "paid again without a reason": (
        SETTLED,
        replace(
            changed("attempts", is_(step="a0", number=2), key="a0-2"),
            journal=[*kept().journal, *asked("a0-2", "p9", 21.1)],
        ),
    ),
    "an output nobody paid for": (MADE, without("journal", is_(key="a0-1"))),
    "a call after a stop": (STOPPED, changed("journal", is_(key="a2-1"), at=30.6)),
    "a call after a stop's answer": (
        STOPPED,
        replace(changed("journal", is_(key="a2-1"), at=30.3), stops=[Stopped("a", 30.1)]),
    ),
    "a claim after a stop": (
        UNCLAIMED,
        with_more("events", told(20, "invocation.started", "b0", 41)),
    ),
    "a cancel that was not told": (TOLD, without("journal", is_(event="cancel"))),
    "a start while halted": (
        HALTED,
        replace(
            kept(),
            events=[*kept().events, replace(told(1, "panic.pressed", "x", 29.0), topic="mission")],
        ),
    ),
    "a prompt without a run": (ACCEPTED, with_more("accepted", Accepted("key-c", "c"))),
    "a prompt with two runs": (ACCEPTED, changed("runs", is_(id="b"), client_key="key-a")),
    "a prompt with another's run": (
        ACCEPTED,
        replace(kept(), accepted=[Accepted("key-a", "b")]),
    ),
    "two live runs": (ONE_RUN, changed("runs", is_(network="one"), state="running")),
}


def test_a_history_in_which_every_promise_was_kept_breaks_none() -> None:
    assert broken(kept()) == set()


@pytest.mark.parametrize(("invariant", "history"), BREAKS.values(), ids=BREAKS)
def test_a_broken_promise_is_found(invariant: str, history: History) -> None:
    assert invariant in broken(history)


def test_every_invariant_is_made_to_fail_by_some_history() -> None:
    assert {invariant for invariant, _ in BREAKS.values()} == {rule.name for rule in ALL}


def test_what_compares_times_is_not_judged_where_the_clock_jumped() -> None:
    history = changed("journal", is_(key="a2-1"), at=99.0)

    assert STOPPED in broken(history)
    assert broken(replace(history, steady_clock=False)) == set()


def test_a_step_that_a_refusal_left_out_hands_its_input_on() -> None:
    history = changed("steps", is_(id="a1"), state="failed", output="")
    steps = [replace(s, input="first") if s.id == "a2" else s for s in history.steps]

    assert CHAIN not in broken(replace(history, steps=steps))


def test_a_stand_in_needs_nobody_who_completed_it() -> None:
    history = changed("attempts", is_(step="a0", number=2), outcome="failed")
    steps = [replace(s, substituted=True) if s.id == "a0" else s for s in history.steps]

    assert broken(replace(history, steps=steps)) == set()


def test_a_machine_that_hiccups_is_not_taken_for_a_broken_stop() -> None:
    history = changed("journal", is_(key="a2-1"), at=30.6)

    assert STOPPED in broken(history)
    assert broken(replace(history, hiccup=0.2)) == set()
