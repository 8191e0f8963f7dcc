"""Redraw tests: the same input given to the same model again, some times, side by side.

Each time is a run of one step on a private copy of the network, whose ring is that model and dummies which lead
back: so it is claimed, charged, limited and stopped like every other step.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from invocations.models import Halt, Invocation
from invocations.prompts import BadPrompt
from invocations.refusals import StartRefused
from invocations.runs import WhenClosed, branch_run, start_run
from invocations.states import IllegalMove, InvocationState
from networks.rings import Slot
from platforms.base import Modality

from .models import Companion, Purpose, Redraw

if TYPE_CHECKING:
    from accounts.models import User
    from invocations.models import Run
    from networks.models import Network

MAX_TIMES = 9
MAX_LOOK_BACK = 24  # steps before it, of which some may have been skipped


class RedrawRefused(Exception):
    """It was not begun; `str(error)` says why."""


def begin(*, step: Invocation, times: int, at: datetime, by: User | None) -> Redraw:
    """The first time is begun by the next `go_on`. Raises RedrawRefused."""
    if step.state != InvocationState.COMPLETED:
        raise RedrawRefused(_("Only a completed step can be drawn again."))
    with transaction.atomic():
        Halt.lock()
        if Redraw.objects.under_way().filter(invocation__network=step.network_id).exists():
            raise RedrawRefused(_("Another step of this network is being drawn again just now."))
        return Redraw.objects.create(invocation=step, times=times, started_by=by, created_at=at)


def due_redraws(at: datetime) -> Sequence[int]:
    return list(Redraw.objects.under_way().values_list("pk", flat=True)[:16])


def go_on(pk: int, *, at: datetime) -> None:
    """Begin the next time once the last one is over; end it after the last, or where it cannot go on."""
    with transaction.atomic():
        Halt.lock()  # two of these, or a start, come one after the other
        redraw = Redraw.objects.under_way().select_related("invocation__run__network").filter(pk=pk)
        found = redraw.first()
        if found is None or found.runs.live().exists():
            return
        if found.runs.count() >= found.times:
            found.end(at)
            return
        try:
            with transaction.atomic():
                found.runs.add(_draw(found, at))
        except (StartRefused, BadPrompt, IllegalMove) as error:
            found.end(at, str(error))


def _draw(redraw: Redraw, at: datetime) -> Run:
    step = redraw.invocation
    slot = Slot(step.model, step.run.ring_slot(step.slot).parameters)
    companion = Companion.get_or_make(step.network, Purpose.REDRAW)
    budgets = {**step.network.budgets, "laps_per_run": 1}
    copy = companion.set_up(
        ring_around(slot, takes=step.input_modality, gives=step.output_modality), budgets=budgets
    )
    return _start(redraw, step, copy, at)


def ring_around(slot: Slot, *, takes: str, gives: str) -> list[Slot]:
    """A ring of this slot and of dummies that lead back to it. One that takes no text is the second: a ring
    begins with text, and a branch with the first slot that takes what it goes on from."""
    before = [] if takes == Modality.TEXT else [Slot(f"dummy:text-to-{takes}")]
    needs_way_back = gives != Modality.TEXT or not before
    after = [Slot(f"dummy:{gives}-to-text")] if needs_way_back else []
    return [*before, slot, *after]


def _start(redraw: Redraw, step: Invocation, copy: Network, at: datetime) -> Run:
    source = _source_of(step)
    if source is not None:
        return branch_run(source=source, at=at, started_by=redraw.started_by, network=copy)
    if step.input_asset is not None:
        raise IllegalMove("step", step.state, "redrawn", frozenset())
    started = start_run(
        network=copy,
        prompt=step.input_text,
        at=at,
        started_by=redraw.started_by,
        waive_lockout=True,
        when_closed=WhenClosed.REFUSE,
    )
    return started.run


def _source_of(step: Invocation) -> Invocation | None:
    """The step whose output it took; None for one that took the prompt."""
    before = Invocation.objects.filter(
        run=step.run_id,
        sequence__lt=step.sequence,
        sequence__gte=step.sequence - MAX_LOOK_BACK,
        state=InvocationState.COMPLETED,
    ).order_by("-sequence")
    found = before.first()
    if found is None and step.sequence == 0:
        return step.run.branched_from
    return found


def drawn_steps(redraw: Redraw) -> list[Invocation]:
    """The first step of each time, in their order."""
    steps = Invocation.objects.filter(run__redraws=redraw, sequence=0).select_related(
        "output_asset"
    )
    return list(steps.order_by("run"))
