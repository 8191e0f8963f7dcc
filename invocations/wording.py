"""What the engine's states and errors are called when a person reads them."""

from __future__ import annotations

from collections.abc import Mapping

from .models import Run
from .states import InvocationState, Reason, RunState

STEP_STATES: Mapping[str, str] = {
    InvocationState.READY: "waiting for its turn",
    InvocationState.INVOKING: "at work",
    InvocationState.COMPLETED: "done",
    InvocationState.FAILED: "did not work out",
    InvocationState.CANCELLED: "stopped",
}

ENDINGS: Mapping[str, str] = {
    Reason.PERSON: "Somebody stopped it.",
    Reason.SUPERSEDED: "Newer words took its place.",
    Reason.PANIC: "The red button stopped everything.",
    Reason.ERROR: "A step failed more often than it may be tried.",
    Reason.REFUSED: "A model declined to go on.",
    Reason.POISON: "A step took its worker down, again and again, and was set aside.",
    Reason.LAPS: "It has gone round as often as it may.",
    Reason.TIME: "It has lasted as long as it may.",
    Reason.MONEY: "The network has spent what it may.",
    Reason.CALLS: "The network has made the calls it may.",
    Reason.WITHDRAWN: "Its visitor took the words back.",
}

# For those who can do something about it
ADVICE: Mapping[str, str] = {
    "not_configured": "Something the model needs is missing. Add it, or put another model into the ring.",
    "refused": "The model will not do this. Other words, or another model, may get through.",
    "rate_limited": "The provider asks for patience. It is tried again by itself; a longer pace helps.",
    "unavailable": "The provider is not well. It is tried again by itself; a fallback model helps.",
    "timed_out": "No answer came in time. It is tried again by itself.",
    "poison": "Whatever this step is given kills its worker. Change the model or its parameters.",
    "bad_output": "What came back could not be read as what the model promises.",
}


# The same once it is not tried again any more
LAST_ADVICE: Mapping[str, str] = {
    "rate_limited": "It was tried as often as it may be. Start again with a longer pace, or later.",
    "unavailable": "It was tried as often as it may be. Start again when the provider is well, or give the slot a fallback model.",
    "timed_out": "It was tried as often as it may be. Start again, or give the slot a fallback model.",
}


def advice(error_code: str, *, over: bool = False) -> str:
    """What somebody can do about it; `over`: it is not tried again by itself."""
    return (LAST_ADVICE.get(error_code) if over else None) or ADVICE.get(error_code, "")


def ending(run: Run) -> str:
    """Why a run has ended, in a sentence; empty while it lives."""
    return ENDINGS.get(run.reason, "") if run.state not in _ALIVE else ""


_ALIVE = (RunState.RUNNING, RunState.PAUSED)
