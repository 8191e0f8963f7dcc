"""Why a step waits: the first condition that keeps it from being taken up, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from lib import disk_space
from platforms.registry import UnknownModel, get_platform

from . import budgets, closing
from .hooks import hooks
from .models import Halt, Invocation
from .states import InvocationState, RunState


@dataclass(frozen=True, slots=True)
class Waiting:
    """`code` is for programs: `paused`, `halted`, `storage`, `closed`, `not_due`, `queue`, `budget`, `workers` or
    `queue_worker`; where the step does not wait, `at_work` or `ended`."""

    code: str
    sentence: str
    waits: bool = True

    @property
    def for_farm(self) -> bool:
        return self.code == "workers"


def why_waiting(step: Invocation, at: datetime) -> Waiting:
    """Eight queries at most. In the reader's language."""
    if step.state == InvocationState.INVOKING:
        return Waiting("at_work", _("It does not wait: it is being worked on."), waits=False)
    if step.state != InvocationState.READY:
        return Waiting("ended", _("It does not wait: it has ended."), waits=False)
    return _held_by_people(step, at) or _held_by_time(step, at) or _held_by_others(step, at)


def _held_by_people(step: Invocation, at: datetime) -> Waiting | None:
    if Halt.current() is not None:
        return Waiting("halted", _("Everything is stopped until an admin lifts it."))
    if step.run.state == RunState.PAUSED or step.due_at is None:
        return Waiting("paused", _("The run is paused: somebody has to resume it."))
    if not step.reference and disk_space.is_below_floor():
        return Waiting("storage", _("The disk is full: it goes on as soon as there is room again."))
    if later := closing.step_held_until(step.run, step, at):
        words = _("Its installations are closed: it goes on at %(time)s.")
        return Waiting("closed", words % {"time": _moment(later)})
    return None


def _held_by_time(step: Invocation, at: datetime) -> Waiting | None:
    if step.due_at is None or step.due_at <= at:
        return None
    words = {"time": _moment(step.due_at), "platform": step.model.partition(":")[0]}
    if step.queueing_since is not None:
        said = _("%(platform)s takes no more calls just now: it is asked again at %(time)s.")
        return Waiting("queue", said % words)
    if step.error_detail:
        said = _("It did not work out, and is tried again at %(time)s.")
        return Waiting("not_due", said % words)
    return Waiting("not_due", _("It is not due until %(time)s.") % words)


def _held_by_others(step: Invocation, at: datetime) -> Waiting:
    if not step.reference and (spent := budgets.reached_limit(step.run.network, at)):
        return Waiting("budget", spent.sentence)
    if is_remote(step.model):
        return Waiting("workers", hooks.why_no_worker(step, at))
    return Waiting("queue_worker", _("It is due, and the next worker of the queue takes it up."))


def is_remote(model_id: str) -> bool:
    """Whether machines elsewhere come and take its steps."""
    try:
        return get_platform(model_id.partition(":")[0]).remote
    except UnknownModel:
        return False


def _moment(at: datetime) -> str:
    return formats.date_format(timezone.localtime(at), "j M, H:i:s")
