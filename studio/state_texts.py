"""What the engine's states and errors are called when a person reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from invocations.models import Run
from invocations.states import InvocationState, Outcome, Reason, RunState

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

# Of networks, runs, steps and the models of a ring: their own words on badges
STATE_NAMES: Mapping[str, StrPromise] = {
    "idle": pgettext_lazy("state", "idle"),
    "halted": pgettext_lazy("state", "halted"),
    "running": pgettext_lazy("state", "running"),
    "paused": pgettext_lazy("state", "paused"),
    "stopped": pgettext_lazy("state", "stopped"),
    "failed": pgettext_lazy("state", "failed"),
    "completed": pgettext_lazy("state", "completed"),
    "ready": pgettext_lazy("state", "ready"),
    "invoking": pgettext_lazy("state", "invoking"),
    "cancelled": pgettext_lazy("state", "cancelled"),
    "warming": pgettext_lazy("state", "warming"),
    "warm": pgettext_lazy("state", "warm"),
    "unknown": pgettext_lazy("state", "unknown"),
}

STEP_STATES: Mapping[str, StrPromise] = {
    InvocationState.READY: _("waiting for its turn"),
    InvocationState.INVOKING: _("at work"),
    InvocationState.COMPLETED: _("done"),
    InvocationState.FAILED: _("did not work out"),
    InvocationState.CANCELLED: _("stopped"),
}

# How an attempt ended
OUTCOMES: Mapping[str, StrPromise] = {
    Outcome.COMPLETED: pgettext_lazy("outcome", "completed"),
    Outcome.FAILED: pgettext_lazy("outcome", "failed"),
    Outcome.CANCELLED: pgettext_lazy("outcome", "cancelled"),
    Outcome.UNCERTAIN: pgettext_lazy("outcome", "uncertain"),
    Outcome.LOST: pgettext_lazy("outcome", "lost"),
    Outcome.HANDED_OVER: pgettext_lazy("outcome", "handed over"),
    Outcome.LATE: pgettext_lazy("outcome", "late"),
}

ENDINGS: Mapping[str, StrPromise] = {
    Reason.PERSON: _("Somebody stopped it."),
    Reason.SUPERSEDED: _("Newer words took its place."),
    Reason.PANIC: _("Stop-all stopped everything."),
    Reason.ERROR: _("A step failed more often than it may be tried."),
    Reason.REFUSED: _("A model declined to go on."),
    Reason.POISON: _("A step took its worker down, again and again, and was set aside."),
    Reason.LAPS: _("It has gone round as often as it may."),
    Reason.TIME: _("It has lasted as long as it may."),
    Reason.MONEY: _("The network has spent what it may."),
    Reason.CALLS: _("The network has made the calls it may."),
    Reason.WITHDRAWN: _("Its visitor took the words back."),
}

# To the visitor who began it
YOURS: Mapping[str, StrPromise] = {
    RunState.RUNNING: _("Yours is going round"),
    RunState.PAUSED: _("Yours is held for a moment"),
    Reason.PERSON: _("Yours was stopped"),
    Reason.PANIC: _("Yours was stopped"),
    Reason.SUPERSEDED: _("Newer words took the place of yours"),
    Reason.ERROR: _("Yours broke off: a machine did not manage its part"),
    Reason.POISON: _("Yours broke off: a machine did not manage its part"),
    Reason.REFUSED: _("Yours broke off: a machine declined to go on"),
}

_UNUSABLE = _(
    "What came back could not be read as what the model promises. Give the slot a fallback model, or another one."
)

# For those who can do something about it
ADVICE: Mapping[str, StrPromise] = {
    "not_configured": _(
        "Something the model needs is missing. Add it, or put another model into the ring."
    ),
    "refused": _("The model will not do this. Other words, or another model, may get through."),
    "rate_limited": _(
        "The provider asks for patience. It is tried again by itself; a longer pace helps."
    ),
    "unavailable": _(
        "The provider is not well. It is tried again by itself; a fallback model helps."
    ),
    "timed_out": _("No answer came in time. It is tried again by itself."),
    "poison": _(
        "Whatever this step is given kills its worker. Change the model or its parameters."
    ),
    "unusable": _UNUSABLE,
    "damaged_media": _UNUSABLE,
    "wrong_media": _UNUSABLE,
    "unsupported_media": _UNUSABLE,
    "fetch_failed": _("What the model made could not be fetched. It is tried again by itself."),
    "too_large": _("What the model made is larger than is taken. Change its parameters."),
    "declined": _("A check of the operator's refuses what the model made. Try other words."),
    "storage_full": _(
        "There is no room for what was made. Make room on the disk, or in the bucket."
    ),
    "storage_unavailable": _(
        "The disk or the bucket does not take what was made. See that it can be written to."
    ),
}


# The same once it is not tried again any more
LAST_ADVICE: Mapping[str, StrPromise] = {
    "rate_limited": _(
        "It was tried as often as it may be. Start again with a longer pace, or later."
    ),
    "unavailable": _(
        "It was tried as often as it may be. Start again when the provider is well, or give the slot a fallback model."
    ),
    "timed_out": _(
        "It was tried as often as it may be. Start again, or give the slot a fallback model."
    ),
}


def advice(error_code: str, *, over: bool = False) -> str:
    """What somebody can do about it; `over`: it is not tried again by itself."""
    return str((LAST_ADVICE.get(error_code) if over else None) or ADVICE.get(error_code) or "")


def ending(run: Run) -> str:
    """Why a run has ended, in a sentence; empty while it lives."""
    return str(ENDINGS.get(run.reason) or "") if run.state not in _ALIVE else ""


def visitor_headline(run: Run) -> str:
    """How it stands with a run, to the visitor who began it."""
    key = run.state if run.state in _ALIVE else run.reason
    return str(YOURS.get(key) or _("Yours has come to its end"))


_ALIVE = (RunState.RUNNING, RunState.PAUSED)
