"""Stops: no call begins after one, and running calls are cancelled at the provider."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.history import History

from .base import Invariant

# A request sent before the commit can be journalled after it when the machine delays the provider or
# the worker; and a run.stopped event has the time at which its transaction began.
GRACE_SECONDS = 0.5
GRACE_AFTER_ANSWER_SECONDS = 0.1
DELAYED_PROCESSES = 2  # that the machine may delay one after the other


def no_call_after_stop(history: History) -> Iterator[str]:
    limits: dict[str, float] = {}
    for event in history.events:
        if event.type == "run.stopped":
            limits[event.data["run"]] = event.at + GRACE_SECONDS
    for stop in history.stops:
        limits[stop.run] = min(
            stop.at + GRACE_AFTER_ANSWER_SECONDS, limits.get(stop.run, stop.at + GRACE_SECONDS)
        )
    slack = DELAYED_PROCESSES * history.longest_stall
    for entry in history.journal:
        step = history.step_of_key.get(entry.key)
        if entry.event != "create" or step is None or step.run not in limits:
            continue
        if (late := entry.at - limits[step.run] - slack) > 0:
            yield f"run {step.run}: a call began {late * 1000:.0f} ms too late after its stop"


def no_claim_after_stop(history: History) -> Iterator[str]:
    """By the order of events in the log, which is commit order and needs no clock."""
    stopped: dict[str, int] = {}
    for event in sorted(history.events, key=lambda event: (event.topic, event.seq)):
        run = event.data.get("run", "")
        if event.type == "run.stopped":
            stopped[run] = event.seq
        elif event.type in {"invocation.started", "invocation.created"} and run in stopped:
            yield f"run {run}: {event.type} after it was stopped"


def cancelled_at_the_provider(history: History) -> Iterator[str]:
    cancelled = {entry.id for entry in history.journal if entry.event == "cancel"}
    for attempt in history.attempts:
        if (
            attempt.outcome == "cancelled"
            and attempt.reference
            and attempt.reference not in cancelled
        ):
            yield f"step {attempt.step}: shown as cancelled, but the provider was never asked to"


def no_start_while_halted(history: History) -> Iterator[str]:
    stopped = _times(history, "panic.pressed")
    lifted = [*_times(history, "panic.lifted"), float("inf")]
    for began, ended in zip(stopped, lifted, strict=False):
        for event in history.events:
            if (
                event.type == "run.started"
                and began + GRACE_SECONDS < event.at < ended - GRACE_SECONDS
            ):
                yield f"run {event.data['run']} started while halted"


def _times(history: History, kind: str) -> list[float]:
    return sorted(event.at for event in history.events if event.type == kind)


STOP_RULES = (
    Invariant("no call begins after a stop", 4, no_call_after_stop, needs_steady_clock=True),
    Invariant("no step is claimed after a stop", 4, no_claim_after_stop),
    Invariant("cancelled calls were cancelled at the provider", 4, cancelled_at_the_provider),
    Invariant("no run starts while halted", 4, no_start_while_halted, True),
)
