"""What people do with runs: start, stop, pause, resume, branch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from lib import disk_space
from lib.compiled_statements import CompiledInsert, CompiledSelect
from networks import rings
from networks.models import Network
from networks.rings import Slot
from realtime import wakeup
from realtime.events import DomainEvent

from . import budgets, closing, events, leases, lockout, prompts
from .hooks import hooks
from .models import Attempt, Halt, Invocation, Run
from .refusals import BudgetSpent, Closed, DiskFull, Halted, KeyReused, Lockout, NotRunnable
from .states import RUN_MOVES, IllegalMove, InvocationState, Reason, RunState
from .wakeups import wake_worker

if TYPE_CHECKING:
    from accounts.models import User
    from assets.models import Asset

    from .models import StopAll


_RUNS = CompiledInsert(Run)
_NOT_ARCHIVED: CompiledSelect[Network] = CompiledSelect(
    lambda *, pk: Network.objects.not_archived().filter(pk=pk).only("pk")
)


class WhenClosed(StrEnum):
    """What a start does outside opening hours."""

    REFUSE = "refuse"
    WAIT = "wait"  # the run is there, and begins at the opening
    RUN = (
        "run"  # somebody who runs the network wants it now: hours hold it from the next opening on
    )


@dataclass(frozen=True, slots=True)
class Ended:
    """The tokens of the attempts that were asked to stop, and what is still to be published."""

    tokens: list[str]
    unpublished: list[DomainEvent]


@dataclass(frozen=True, slots=True)
class Started:
    """The run, and whether this call made it (False: the same client_key came again)."""

    run: Run
    created: bool


def start_run(
    *,
    network: Network,
    prompt: str,
    at: datetime,
    started_by: User | None = None,
    client_key: str = "",
    waive_lockout: bool = False,
    when_closed: WhenClosed = WhenClosed.REFUSE,
    seed: int | None = None,
) -> Started:
    """Turn an accepted prompt into exactly one run, superseding the network's older one. `seed`: what its
    steps draw their chance from, where their models let them.

    Raises BadPrompt or a StartRefused; then nothing has changed.
    """
    text = prompts.clean(prompt, network.prompt_max)
    with transaction.atomic():
        halt = Halt.lock()  # also keeps two starts of one network apart
        if client_key and (known := _of_key(network, client_key, text)):
            return Started(known, created=False)
        prompts.check_words(text, network.banned_words)
        _check_start(network, halt, at, waive_lockout=waive_lockout, when_closed=when_closed)
        unpublished = _supersede(network, at, by=started_by)
        run = _RUNS.create(
            network=network,
            prompt=text,
            ring=[slot.as_json() for slot in network.ring],
            started_by=started_by,
            client_key=client_key or None,
            created_at=at,
            lockout_until=lockout.lockout_after_start(network, at),
            hours_waived_until=_waived_until(network, at, when_closed),
            seed=seed,
        )
        hold = hooks.show_prompt(run, at) if network.has_boards else 0.0
        _first_step(run, text=text, asset=None, at=at, unpublished=unpublished, hold=hold)
    return Started(run, created=True)


def branch_run(
    *,
    source: Invocation,
    at: datetime,
    started_by: User | None = None,
    network: Network | None = None,
) -> Run:
    """A new run that goes on after a completed step, on its own ring or on another network's.

    Raises IllegalMove where the step has no output, NotRunnable, Halted, BudgetSpent.
    """
    if source.state != InvocationState.COMPLETED:
        raise IllegalMove("step", source.state, "branched", frozenset({"completed"}))
    target = network or source.network
    # What was imported ran on a ring that nobody here has made; nobody's money is spent on it.
    elsewhere = target.pk != source.network_id or source.run.imported
    ring = [slot.as_json() for slot in target.ring] if elsewhere else source.run.ring
    with transaction.atomic():
        halt = Halt.lock()
        _check_start(target, halt, at, waive_lockout=True, when_closed=WhenClosed.WAIT)
        unpublished = _supersede(target, at, by=started_by)
        run = _RUNS.create(
            network=target,
            prompt=source.run.prompt,
            ring=ring,
            first_slot=_fitting_slot(ring, source, after=None if elsewhere else source.slot),
            started_by=started_by,
            branched_from=source,
            created_at=at,
            lockout_until=lockout.lockout_after_start(target, at),
        )
        text, asset = source.output_text, source.output_asset
        _first_step(run, text=text, asset=asset, at=at, unpublished=unpublished)
    return run


def stop_run(*, run: Run, reason: Reason, at: datetime, by: User | None = None) -> Run:
    """End a live run and everything it has under way. Raises IllegalMove for an ended one.

    `by`: who stopped it, for the log.
    """
    with transaction.atomic():
        locked = Run.lock(run.pk)
        ended = end(locked, reason, at=at, by=by)
        events.publish(locked.network, *ended.unpublished)
    return locked


def pause_run(*, run: Run) -> Run:
    """Let the running call finish and hold the next step. Raises IllegalMove."""
    with transaction.atomic():
        locked = Run.lock(run.pk)
        locked.pause()
        Invocation.objects.filter(run=locked, state=InvocationState.READY).update(due_at=None)
    return locked


def resume_run(*, run: Run, at: datetime) -> Run:
    """Go on where the pause held it. Raises IllegalMove."""
    with transaction.atomic():
        locked = Run.lock(run.pk)
        if locked.state != RunState.PAUSED:
            raise IllegalMove("run", locked.state, RunState.RUNNING, _allowed(locked))
        locked.resume()
        Invocation.objects.filter(run=locked, state=InvocationState.READY).update(due_at=at)
        wake_worker()
    return locked


def end(
    run: Run,
    reason: Reason,
    *,
    at: datetime,
    by: User | None = None,
    stop_all: StopAll | None = None,
) -> Ended:
    """Stop a run that is held, close its open steps and ask their workers to stop.

    What a step that waits has asked for at its provider is left to the sweep to be cancelled there.
    """
    unpublished: list[DomainEvent] = [
        run.stop(reason, at=at, by=_who_stopped(reason, by), stop_all=stop_all)
    ]
    steps = Invocation.open_of_run(run)
    for step in steps:
        _close_step(step, at)
        unpublished.append(events.InvocationCancelled.from_step(run, step))
    live = Attempt.live_of_steps(steps)
    tokens = [attempt.token for attempt in live]
    if tokens:
        asked = Attempt.objects.filter(pk__in=[attempt.pk for attempt in live])
        leases.request_stop(asked.filter(cancel_requested_at=None), at=at)
        transaction.on_commit(lambda: wakeup.notify("cancel"))
    return Ended(tokens, unpublished)


def _close_step(step: Invocation, at: datetime) -> None:
    if step.state != InvocationState.READY or not step.reference:
        step.move(InvocationState.CANCELLED, ended_at=at)
        return
    tries = step.attempts_made + 1
    step.move(InvocationState.CANCELLED, ended_at=at, attempts_made=tries)
    Attempt.write_cancellation(step, at=at)


def _who_stopped(reason: Reason, by: User | None) -> str:
    if by is not None:
        return by.public_id
    return "visitor" if reason in {Reason.WITHDRAWN, Reason.SUPERSEDED} else ""


def _of_key(network: Network, client_key: str, prompt: str) -> Run | None:
    run = Run.objects.filter(network=network, client_key=client_key).first()
    if run and run.prompt != prompt:
        raise KeyReused
    return run


def _check_start(
    network: Network, halt: Halt, at: datetime, *, waive_lockout: bool, when_closed: WhenClosed
) -> None:
    if halt.stop_all_id:
        raise Halted
    # Where it may wait for the doors to open it may also wait for room: no step begins before there is some.
    if when_closed is not WhenClosed.WAIT and disk_space.is_below_floor():
        raise DiskFull
    if not _NOT_ARCHIVED.rows(pk=network.pk):
        raise NotRunnable([_("It was put into the archive, or deleted.")])
    if problems := network.problems():
        raise NotRunnable(problems)
    if when_closed is WhenClosed.REFUSE and (
        until := closing.held_until(network, network.ring[0].model, at)
    ):
        raise Closed(network, until, at)
    if not waive_lockout and (ready_at := lockout.lockout_until(network, at)):
        raise Lockout(ready_at)
    if spent := budgets.reached_limit(network, at):
        raise BudgetSpent(spent.sentence)


def _waived_until(network: Network, at: datetime, when_closed: WhenClosed) -> datetime | None:
    """Until when a run that starts now is not held by hours; None: it is held by them."""
    closed = when_closed is WhenClosed.RUN and not network.hours.is_open(at)
    return (network.hours.opens_at(at) or at + closing.LOOK_AGAIN) if closed else None


def _supersede(network: Network, at: datetime, *, by: User | None) -> list[DomainEvent]:
    unpublished: list[DomainEvent] = []
    for pk in Run.live_of_network(network):
        older = Run.lock(pk)
        if older.live:  # it may have ended while we waited for it
            unpublished += end(older, Reason.SUPERSEDED, at=at, by=by).unpublished
    return unpublished


def _first_step(
    run: Run,
    *,
    text: str,
    asset: Asset | None,
    at: datetime,
    unpublished: list[DomainEvent],
    hold: float = 0.0,
) -> None:
    """`hold`: seconds until it may begin, while the prompt is read on a board."""
    slot = run.slot_of(0)
    step = Invocation.write(
        run=run,
        network=run.network,
        sequence=0,
        slot=slot,
        model=run.slots[slot].model,
        input_text=text,
        input_asset=asset,
        created_at=at,
        due_at=at + timedelta(seconds=hold),
    )
    wake_worker(None if hold else step)  # before the displays, which have more to do then
    events.publish(
        run.network,
        *unpublished,
        events.RunStarted.from_run(run),
        events.InvocationCreated.from_step(run, step),
    )


def _fitting_slot(ring: list[dict[str, object]], source: Invocation, *, after: int | None) -> int:
    """The slot that takes what `source` gave: the next one of its ring, or the first that fits."""
    if after is not None:
        return (after + 1) % len(ring)
    place = rings.first_slot_taking(map(Slot.from_json, ring), source.output_modality)
    if place is None:
        raise NotRunnable(
            [
                _("No model of this network takes %(modality)s.")
                % {"modality": _(source.output_modality)}
            ]
        )
    return place


def _allowed(run: Run) -> frozenset[str]:
    return frozenset(str(state) for state in RUN_MOVES[RunState(run.state)])
