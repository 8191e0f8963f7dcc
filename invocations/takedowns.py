"""Taking one output off every screen: its step shows something else from then on.

The row of the step is changed, and with it the inputs that were made of its output, so that whatever reads
a step shows the replacement: displays, history, visitor pages, bundles and the API. `Takedown` keeps what the
step had. A call that has the output already goes on with it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models, transaction

from accounts.models import AuditEntry
from platforms.base import Modality

from . import events
from .engine import placeholders
from .hooks import hooks
from .models import Invocation, Run, Takedown
from .models.takedown import Replacement
from .perturbations import with_words
from .states import IllegalMove, InvocationState

if TYPE_CHECKING:
    from accounts.models import User
    from assets.models import Asset

MAX_FOLLOWERS = 24  # steps that may have taken the output: more than one where some were skipped
MAX_LOOK_BACK = 200  # steps that are searched for an output to show instead

Output = tuple[str, "Asset | None"]


def take_down(
    *, step: Invocation, replacement: Replacement, by: User | None, at: datetime
) -> Takedown:
    """Show something else in the place of the output of `step`. Taken down before: the same takedown.

    Without an earlier output of its modality a placeholder takes the place of `PREVIOUS`. Raises
    IllegalMove where the step has no output.
    """
    # Drawn and stored before the transaction: it takes a while the first time.
    placeholder = _placeholder(step.output_modality)
    with transaction.atomic():
        run = Run.lock(step.run_id)
        held = Invocation.objects.select_related("output_asset", "takedown").get(pk=step.pk)
        if (known := Takedown.objects.filter(invocation=held).first()) is not None:
            return known
        if held.state != InvocationState.COMPLETED:
            raise IllegalMove("step", held.state, "taken down", frozenset({"completed"}))
        previous = _previous(held) if replacement is Replacement.PREVIOUS else None
        made = Takedown.objects.create(
            invocation=held,
            output_text=held.output_text,
            output_asset=held.output_asset,
            replacement=Replacement.PREVIOUS if previous else Replacement.PLACEHOLDER,
            taken_down_by=by,
            at=at,
        )
        changed = [held, *_stand_ins(held, made.replacement)]
        for one in changed:
            _replace(one, previous or placeholder)
        hooks.forget_outputs(changed)
        events.publish(
            run.network, *(events.InvocationTakenDown.from_step(run, one) for one in changed)
        )
        about = f"step {held.number} of run {run.public_id} on {run.network}: {made.replacement}"
        AuditEntry.record(by, "output.taken_down", about)
    return made


def _placeholder(modality: Modality) -> Output:
    if modality is Modality.TEXT:
        return placeholders.TEXT, None
    return "", placeholders.asset(modality)


def _previous(step: Invocation) -> Output | None:
    """The newest output of the same modality before it in its run that is none of those that were taken
    down, and not the same once more."""
    first = step.sequence - MAX_LOOK_BACK
    earlier = Invocation.objects.filter(
        run=step.run_id,
        sequence__gte=first,
        sequence__lt=step.sequence,
        state=InvocationState.COMPLETED,
        takedown__isnull=True,
    )
    kind = step.output_asset.kind if step.output_asset else None
    alike = earlier.filter(output_asset__kind=kind) if kind else earlier.filter(output_asset=None)
    taken_down = set(_taken_down_in(step).values_list("output_text", "output_asset"))
    for found in alike.select_related("output_asset").order_by("-sequence"):
        shown = found.output_text, found.output_asset_id
        if shown not in taken_down and shown != (step.output_text, step.output_asset_id):
            return found.output_text, found.output_asset
    return None


def _stand_ins(step: Invocation, replacement: str) -> list[Invocation]:
    """Steps that were taken down before and show this output in the place of their own; what replaces it
    replaces it there, too."""
    shown = _taken_down_in(step).filter(
        replacement=Replacement.PREVIOUS,
        invocation__output_text=step.output_text,
        invocation__output_asset=step.output_asset,
    )
    found = list(Invocation.objects.filter(takedown__in=shown).order_by("sequence"))
    Takedown.objects.filter(invocation__in=found).update(replacement=replacement)
    return found


def _taken_down_in(step: Invocation) -> models.QuerySet[Takedown]:
    """Those of the same run, but for its own."""
    return Takedown.objects.filter(invocation__run=step.run_id).exclude(invocation=step)


def _replace(step: Invocation, shown: Output) -> None:
    """In the step, in those that took its output, and in runs that were branched from it."""
    text, asset = shown
    followers = Invocation.objects.filter(
        run=step.run_id,
        sequence__gt=step.sequence,
        sequence__lte=step.sequence + MAX_FOLLOWERS,
    )
    branched = Invocation.objects.filter(run__branched_from=step, sequence__lt=MAX_FOLLOWERS)
    for taken in (followers, branched):
        same = taken.filter(input_text=step.output_text, input_asset=step.output_asset)
        same.update(input_text=text, input_asset=asset)
    if step.output_asset is None:
        _replace_in_perturbed(step, followers, text)
    step.replace_output(text, asset)


def _replace_in_perturbed(
    step: Invocation, followers: models.QuerySet[Invocation], text: str
) -> None:
    """In the one that took its text with words besides, and in those that took the same after that."""
    perturbed = followers.filter(perturbation__isnull=False).select_related("perturbation")
    for one in perturbed.order_by("sequence")[:1]:
        words = one.perturbation.words
        if one.input_text == with_words(step.output_text, words):
            same = followers.filter(input_text=one.input_text)
            same.update(input_text=with_words(text, words))
