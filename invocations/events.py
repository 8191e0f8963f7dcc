"""What can happen to runs and steps, to platforms, and to everything at once (stop-all).

Whenever a run starts or ends, or a step ends, `publish` also writes one line with all ids to the log, so
that `grep <id> panic.log` says why it ended: `error=` is the `code` of the class in `platforms/errors.py`,
`kind=` what a refusal was about, and the line of a failed run names the step that failed.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Self

from django.db import transaction

from realtime.events import INTERNAL, DomainEvent, LiveUpdate
from realtime.events import publish as publish_to_topic

if TYPE_CHECKING:
    from networks.models import Network

    from .models import Invocation, Run, StopAll

logger = logging.getLogger(__name__)

NETWORK_TOPIC = "network:<id>"  # of every event about a network or its runs
MISSION_CONTROL = "mission-control"
MAX_DETAIL = 300  # characters of it in the log


def publish(network: Network, *events: DomainEvent) -> None:
    """Append to the network's topic, within the transaction that changed what is reported."""
    publish_to_topic(network.topic, *events)
    for event in events:
        if isinstance(event, RunEvent | InvocationEvent) and event.logged_as:
            transaction.on_commit(partial(_write_to_log, network.slug, event))


def publish_to_mission_control(*events: DomainEvent) -> None:
    publish_to_topic(MISSION_CONTROL, *events)


def _write_to_log(network: str, event: RunEvent | InvocationEvent) -> None:
    found = {**event.data, "network": network, **event.why}
    facts = {name: value for name, value in found.items() if value not in (None, "")}
    words = (f"{name}={_quoted(value)}" for name, value in facts.items())
    logger.info("%s: %s", event.logged_as, " ".join(words), extra={"facts": facts})


def _quoted(value: object) -> str:
    """On one line, whatever a provider has said."""
    text = str(value)
    plain = text.isprintable() and " " not in text and '"' not in text
    return text if plain else json.dumps(text[:MAX_DETAIL], ensure_ascii=False)


# Runs


@dataclass(frozen=True, slots=True)
class RunEvent(DomainEvent):
    topic = NETWORK_TOPIC
    run: str
    state: str
    reason: str | None
    why: Mapping[str, object] = field(default_factory=dict, metadata=INTERNAL)  # for the log
    logged_as: ClassVar[str] = ""

    @classmethod
    def from_run(cls, run: Run, **why: str) -> Self:
        """`why`, for the log: `by` (the public id of who did it, or "visitor"), the step that failed
        with its `error` and `kind`, or the sentence of the limit as `detail`."""
        facts = {**why, "detail": why.get("detail", run.detail)}
        return cls(run.public_id, run.state, run.reason or None, facts)


class RunStarted(RunEvent):
    """A prompt became a run, or a step was branched from."""

    type, logged_as = "run.started", "run started"


class RunPaused(RunEvent):
    """The next step is held; the running call finishes."""

    type = "run.paused"


class RunResumed(RunEvent):
    """A paused run goes on."""

    type = "run.resumed"


class RunStopped(RunEvent):
    """Somebody stopped the run, or a newer one took its place."""

    type, logged_as = "run.stopped", "run ended"


class RunFailed(RunEvent):
    """A step could not be completed."""

    type, logged_as = "run.failed", "run ended"


class RunCompleted(RunEvent):
    """The run reached one of its limits: laps, hours, calls or money."""

    type, logged_as = "run.completed", "run ended"


class RunWithdrawn(RunEvent):
    """Its visitor took the prompt back."""

    type = "run.withdrawn"


# Steps


@dataclass(frozen=True, slots=True)
class InvocationEvent(DomainEvent):
    topic = NETWORK_TOPIC
    run: str
    invocation: str
    sequence: int
    slot: int
    state: str
    model: str
    why: Mapping[str, object] = field(default_factory=dict, metadata=INTERNAL)  # for the log
    logged_as: ClassVar[str] = ""

    @classmethod
    def from_step(cls, run: Run, step: Invocation, *, kind: str = "") -> Self:
        """`kind`: what a refusal was about, for the log; no row has it."""
        error = {"error": step.error_code, "kind": kind, "detail": step.error_detail}
        return cls(
            run=run.public_id,
            invocation=step.public_id,
            sequence=step.sequence,
            slot=step.slot,
            state=step.state,
            model=step.model,
            why={"attempts": step.attempts_made, **error},
        )


class InvocationCreated(InvocationEvent):
    """The next step of a run was written; it may not be due yet."""

    type = "invocation.created"


class InvocationStarted(InvocationEvent):
    """A worker claimed the step."""

    type = "invocation.started"


class InvocationRetried(InvocationEvent):
    """An attempt ended without an output; there will be another one."""

    type = "invocation.retried"


class InvocationCompleted(InvocationEvent):
    """The step has its output."""

    type, logged_as = "invocation.completed", "invocation ended"


class InvocationFailed(InvocationEvent):
    """The step ended without an output."""

    type, logged_as = "invocation.failed", "invocation ended"


class InvocationCancelled(InvocationEvent):
    """The step ended because its run did."""

    type, logged_as = "invocation.cancelled", "invocation ended"


class InvocationTakenDown(InvocationEvent):
    """The output of the step was taken off every screen; another one is shown in its place."""

    type = "invocation.taken_down"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationPerturbed(InvocationEvent):
    """The run was frozen or flat: the step takes a few words more than the step before it gave."""

    type = "invocation.perturbed"
    reason: str = ""

    @classmethod
    def of_step(cls, run: Run, step: Invocation, reason: str) -> Self:
        return replace(cls.from_step(run, step), reason=str(reason))


@dataclass(frozen=True, slots=True)
class InvocationProgressed(LiveUpdate):
    """What the provider says of a step while it works on it."""

    topic, type = NETWORK_TOPIC, "invocation.progressed"
    run: str
    invocation: str
    status: str


@dataclass(frozen=True, slots=True)
class WarmthChanged(LiveUpdate):
    """A model of the network was loaded, or could not be."""

    topic, type = NETWORK_TOPIC, "warmth.changed"


# Everything at once


@dataclass(frozen=True, slots=True)
class PanicPressed(DomainEvent):
    """Everything was stopped; starts are refused until `panic.lifted`."""

    topic, type = MISSION_CONTROL, "panic.pressed"
    stop_all: str
    runs: int

    @classmethod
    def from_stop_all(cls, stop_all: StopAll, *, runs: int) -> Self:
        return cls(stop_all=stop_all.public_id, runs=runs)


@dataclass(frozen=True, slots=True)
class PanicLifted(DomainEvent):
    """An admin allowed starts again."""

    topic, type = MISSION_CONTROL, "panic.lifted"
    stop_all: str


# Platforms


@dataclass(frozen=True, slots=True)
class PlatformRested(DomainEvent):
    """A platform, or one model of it, failed several times in a row: its circuit breaker is open."""

    topic, type = MISSION_CONTROL, "platform.rested"
    platform: str
    model: str | None = None


@dataclass(frozen=True, slots=True)
class PlatformRecovered(DomainEvent):
    """A platform, or one model of it, answered again after a rest."""

    topic, type = MISSION_CONTROL, "platform.recovered"
    platform: str
    model: str | None = None
