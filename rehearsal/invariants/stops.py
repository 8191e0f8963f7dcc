"""Stops: nothing begins after them, and what was under way is cancelled at the provider."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.history import History

from .base import Invariant

# A request that left before the commit is written down after it where the provider, or the worker,
# is left without a turn; and a run.stopped event is dated at the beginning of its transaction.
GRACE = 0.5
GRACE_AFTER_ANSWER = 0.1
TURNS = 2  # processes that may be kept waiting one after the other


def nothing_after_a_stop(history: History) -> Iterator[str]:
    limits: dict[str, float] = {}
    for event in history.events:
        if event.type == "run.stopped":
            limits[event.data["run"]] = event.at + GRACE
    for stop in history.stops:
        limits[stop.run] = min(stop.at + GRACE_AFTER_ANSWER, limits.get(stop.run, stop.at + GRACE))
    slack = TURNS * history.hiccup
    for entry in history.journal:
        step = history.step_of_key.get(entry.key)
        if entry.event != "create" or step is None or step.run not in limits:
            continue
        if (late := entry.at - limits[step.run] - slack) > 0:
            yield f"run {step.run}: a call began {late * 1000:.0f} ms too late after its stop"


def nothing_claimed_after_a_stop(history: History) -> Iterator[str]:
    """In the log, where order is commit order and needs no clock."""
    stopped: dict[str, int] = {}
    for event in sorted(history.events, key=lambda event: (event.topic, event.seq)):
        run = event.data.get("run", "")
        if event.type == "run.stopped":
            stopped[run] = event.seq
        elif event.type in {"invocation.started", "invocation.created"} and run in stopped:
            yield f"run {run}: {event.type} after it was stopped"


def cancelled_at_the_provider(history: History) -> Iterator[str]:
    told = {entry.id for entry in history.journal if entry.event == "cancel"}
    for attempt in history.attempts:
        if attempt.outcome == "cancelled" and attempt.reference and attempt.reference not in told:
            yield f"step {attempt.step}: shown as cancelled, but the provider was never told"


def nothing_starts_while_halted(history: History) -> Iterator[str]:
    pressed = _times(history, "panic.pressed")
    lifted = [*_times(history, "panic.lifted"), float("inf")]
    for began, ended in zip(pressed, lifted, strict=False):
        for event in history.events:
            if event.type == "run.started" and began + GRACE < event.at < ended - GRACE:
                yield f"run {event.data['run']} began while everything was stopped"


def _times(history: History, kind: str) -> list[float]:
    return sorted(event.at for event in history.events if event.type == kind)


STOPS = (
    Invariant("no call begins after a stop", 4, nothing_after_a_stop, needs_steady_clock=True),
    Invariant("no step is claimed after a stop", 4, nothing_claimed_after_a_stop),
    Invariant("what is shown as cancelled was cancelled", 4, cancelled_at_the_provider),
    Invariant("nothing starts while halted", 4, nothing_starts_while_halted, True),
)
