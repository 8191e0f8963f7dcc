"""What can happen in a run, as events of its network's topic.

Events carry ids and states, never markup: whoever shows them renders from the rows. The types are
listed in docs/events.md, which a test compares with this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from realtime import log

if TYPE_CHECKING:
    from networks.models import Network

    from .models import Invocation, Run, StopAll

Entry = tuple[str, Mapping[str, object]]

MISSION_CONTROL = "mission-control"

TYPES = frozenset(
    {
        "run.started",
        "run.stopped",
        "run.paused",
        "run.resumed",
        "run.failed",
        "run.completed",
        "run.withdrawn",
        "invocation.created",
        "invocation.started",
        "invocation.retried",
        "invocation.completed",
        "invocation.failed",
        "invocation.cancelled",
        "panic.pressed",
        "panic.lifted",
        "platform.rested",
        "platform.recovered",
    }
)


def of_run(run: Run, kind: str) -> Entry:
    return kind, {"run": run.public_id, "state": run.state, "reason": run.reason or None}


def of_invocation(run: Run, invocation: Invocation, kind: str) -> Entry:
    return kind, {
        "run": run.public_id,
        "invocation": invocation.public_id,
        "sequence": invocation.sequence,
        "slot": invocation.slot,
        "state": invocation.state,
        "model": invocation.model,
    }


def run_moved(run: Run, kind: str) -> None:
    publish(run.network, of_run(run, kind))


def publish(network: Network, *entries: Entry) -> None:
    """Append to the network's topic, within the transaction that changed what is reported."""
    if entries:
        log.append_many(network.topic, entries)


def panic_pressed(press: StopAll, *, runs: int) -> None:
    log.append(MISSION_CONTROL, "panic.pressed", {"stop_all": press.public_id, "runs": runs})


def panic_lifted(press: StopAll) -> None:
    log.append(MISSION_CONTROL, "panic.lifted", {"stop_all": press.public_id})


def platform_moved(platform: str, kind: str) -> None:
    log.append(MISSION_CONTROL, kind, {"platform": platform})
