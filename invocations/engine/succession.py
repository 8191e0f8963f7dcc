"""The step that follows another one: which slot, with what input, due when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from invocations.models import Invocation, Run
from invocations.states import RunState
from networks import pacing
from platforms.registry import UnknownModel, get_model

if TYPE_CHECKING:
    from assets.models import Asset


def follow(
    run: Run, step: Invocation, *, text: str, asset: Asset | None, at: datetime
) -> Invocation:
    """Write the step that takes what `step` gave."""
    # After a step that was left out, sequence and slot are no longer in step with each other.
    slot = (step.slot + 1) % len(run.ring)
    return _write(run, step, slot, text=text, asset=asset, at=at)


def leave_out(run: Run, step: Invocation, *, at: datetime) -> Invocation:
    """Write the step that takes what `step` should have taken: at the next slot that can."""
    slot = _next_taker(run, step)
    return _write(run, step, slot, text=step.input_text, asset=step.input_asset, at=at)


def _write(
    run: Run, step: Invocation, slot: int, *, text: str, asset: Asset | None, at: datetime
) -> Invocation:
    model = run.slots[slot].model
    return Invocation.objects.create(
        run=run,
        network=run.network,
        sequence=step.sequence + 1,
        slot=slot,
        model=model,
        input_text=text,
        input_asset=asset,
        created_at=at,
        due_at=_due(run, step.model, model, at),
    )


def _due(run: Run, done: str, following: str, at: datetime) -> datetime | None:
    """When the next step may begin; None while the run is paused."""
    if run.state == RunState.PAUSED:
        return None
    wait = pacing.delay(run.network.pacing, run.age(at).total_seconds())
    try:
        own = get_model(done).post_wait_seconds + get_model(following).pre_wait_seconds
    except UnknownModel:  # the claim will say so to the owner
        own = 0.0
    return at + timedelta(seconds=max(wait, own))


def _next_taker(run: Run, step: Invocation) -> int:
    wanted = step.input_modality
    for ahead in range(1, len(run.ring) + 1):
        slot = (step.slot + ahead) % len(run.ring)
        try:
            if get_model(run.slots[slot].model).input is wanted:
                return slot
        except UnknownModel:
            continue
    return step.slot
