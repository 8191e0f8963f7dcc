"""A short history in which every promise is kept; each test breaks it in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rehearsal.history import Accepted, Attempt, Entry, Event, FarmWork, History, Run, Step, Stopped
from rehearsal.invariants import ALL, check

TOPIC = "network:one"


def valid_history() -> History:
    """Two runs of one network: the first was superseded in a call, the second one stopped.

    Run a: step 0 was lost once and adopted, step 1 failed once and was charged again, step 2 was
    cancelled at the provider. Run b: its step was cancelled before it was claimed.
    """
    return History(
        events=events(),
        runs=[
            Run("a", "one", "stopped", "a moth", "key-a", "superseded"),
            Run("b", "one", "stopped", "a heron", "key-b", "stopped_by_person"),
        ],
        steps=[
            Step("a0", "a", 0, "replicate:x", "completed", "a moth", "first"),
            Step("a1", "a", 1, "replicate:x", "completed", "first", "second", charge=2),
            Step("a2", "a", 2, "replicate:x", "cancelled", "second", ""),
            Step("b0", "b", 0, "replicate:x", "cancelled", "a heron", ""),
        ],
        attempts=[
            Attempt("a0", 1, "lost", "a0-1", "p0", "w:1:x", 10.0, 20.0),
            Attempt("a0", 2, "completed", "a0-1", "p0", "w:2:y", 21.0, 22.0),
            Attempt("a1", 1, "failed", "a1-1", "p1", "w:2:y", 22.1, 23.0),
            Attempt("a1", 2, "completed", "a1-2", "p2", "w:2:y", 24.0, 25.0),
            Attempt("a2", 1, "cancelled", "a2-1", "p3", "w:2:y", 25.1, 30.2),
        ],
        journal=[
            *charged_request("a0-1", "p0", 10.1),
            *charged_request("a1-1", "p1", 22.2),
            *charged_request("a1-2", "p2", 24.1),
            *charged_request("a2-1", "p3", 25.2),
            Entry(30.1, "cancel", id="p3"),
        ],
        farm_work=[FarmWork("a1", 2, "completed", 2, "line 0\nline 1\n", is_handed_in=True)],
        accepted=[Accepted("key-a", "a"), Accepted("key-b", "b")],
        stops=[Stopped("b", 40.1)],
        last_seqs={TOPIC: 19},
    )


def charged_request(key: str, reference: str, at: float) -> list[Entry]:
    return [Entry(at, "create", key), Entry(at, "charge", key, reference)]


EVENTS = (
    ("run.started", "a", 9.9),
    ("invocation.created", "a0", 9.9),
    ("invocation.started", "a0", 10.0),
    ("invocation.retried", "a0", 20.0),
    ("invocation.started", "a0", 21.0),
    ("invocation.completed", "a0", 22.0),
    ("invocation.created", "a1", 22.0),
    ("invocation.started", "a1", 22.1),
    ("invocation.retried", "a1", 23.0),
    ("invocation.started", "a1", 24.0),
    ("invocation.completed", "a1", 25.0),
    ("invocation.created", "a2", 25.0),
    ("invocation.started", "a2", 25.1),
    ("run.stopped", "a", 30.0),
    ("invocation.cancelled", "a2", 30.0),
    ("run.started", "b", 30.0),
    ("invocation.created", "b0", 30.0),
    ("run.stopped", "b", 40.0),
    ("invocation.cancelled", "b0", 40.0),
)


def events() -> list[Event]:
    return [make_event(seq, kind, who, at) for seq, (kind, who, at) in enumerate(EVENTS, 1)]


def make_event(seq: int, kind: str, who: str, at: float) -> Event:
    data = {"run": who[0]} | ({"invocation": who} if kind.startswith("invocation.") else {})
    return Event(TOPIC, seq, kind, data, at)


def violated_invariants(history: History) -> set[str]:
    """The names of the invariants that this history breaks."""
    return {violation.invariant.name for violation in check(history, ALL)}


def history_with(rows: str, which: Callable[[Any], bool], **fields: object) -> History:
    """The valid history with these fields in the rows that `which` picks."""
    history = valid_history()
    new = [replace(row, **fields) if which(row) else row for row in getattr(history, rows)]
    return replace(history, **{rows: new})  # type: ignore[arg-type]


def history_without(rows: str, which: Callable[[Any], bool]) -> History:
    history = valid_history()
    return replace(history, **{rows: [row for row in getattr(history, rows) if not which(row)]})  # type: ignore[arg-type]


def history_plus(rows: str, *more: object) -> History:
    history = valid_history()
    return replace(history, **{rows: [*getattr(history, rows), *more]})  # type: ignore[arg-type]
