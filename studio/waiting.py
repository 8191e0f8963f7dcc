"""What pages say of a step that is due and that nobody has taken up."""

from __future__ import annotations

from datetime import datetime, timedelta

from invocations.models import Invocation
from invocations.states import InvocationState
from invocations.waiting import why_waiting

from .status import NetworkStatus

UNREMARKABLE = timedelta(seconds=3)  # for so long a step is due before a page says why


def waiting_of_step(step: Invocation, at: datetime) -> dict[str, object]:
    """For `studio/_waiting.html`; empty where there is nothing to say. No query where it is not due."""
    waits = step.state == InvocationState.READY and step.due_at is not None
    if not waits or step.due_at is None or at - step.due_at < UNREMARKABLE:
        return {}
    return {"waiting": why_waiting(step, at), "step": step}


def waiting_context(status: NetworkStatus) -> dict[str, object]:
    """The same for a network's newest step."""
    if status.step is None or status.run is None or not status.running:
        return {}
    return waiting_of_step(status.step, status.at)
