"""Whether a run is stuck after its newest text, and which words may get it going again.

The same words for the same run each time: a run with a seed can be had again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assets.kinds import MediaKind
from invocations.models import Invocation, Perturbation, Run, StuckReason
from invocations.perturbations import MAX_PERTURBATIONS, Addition
from networks.models import PerturbationPolicy

from .models.embedding import embeddable
from .patterns import frozen_at, things_of
from .slot_patterns import WeighedPicture, flat_since

if TYPE_CHECKING:
    from django.db.models import QuerySet

TEXTS = 12  # of one slot, the newest, that are compared
PICTURES = 400
MAX_WORDS = 200  # characters


def find_addition(run: Run, step: Invocation) -> Addition | None:
    """Three queries at most. A perturbation is given time: only what came after the last one counts."""
    earlier = list(Perturbation.objects.filter(run=run).values_list("sequence", flat=True))
    if len(earlier) >= MAX_PERTURBATIONS:
        return None
    reason = _stuck_reason(run, step, since=max(earlier, default=0))
    return None if reason is None else Addition(reason, _words(run, len(earlier)))


def _stuck_reason(run: Run, step: Invocation, *, since: int) -> StuckReason | None:
    own = Invocation.objects.filter(embeddable(), run=run)
    if frozen_at(_newest_texts(own, step, since)) is not None:
        return StuckReason.FROZEN
    pictures = own.filter(output_asset__kind=MediaKind.IMAGE).order_by("-sequence")
    rows = pictures.values_list("sequence", "slot", "output_asset__bytes")[:PICTURES]
    newest = [WeighedPicture(*row) for row in reversed(list(rows))]
    if flat_since(newest, fresh_since=since) is not None:
        return StuckReason.FLAT
    return None


def _newest_texts(own: QuerySet[Invocation], step: Invocation, since: int) -> list[str]:
    """Of the slot of the step, in their order: where several slots write, each has its own words."""
    texts = own.filter(output_asset=None, slot=step.slot, sequence__gte=since)
    newest = texts.order_by("-sequence").values_list("output_text", flat=True)[:TEXTS]
    return list(reversed(newest))


def _words(run: Run, number: int) -> str:
    """The one whose turn it is."""
    if run.network.perturbation == PerturbationPolicy.SENTENCES:
        choice = run.network.perturbation_sentences
    else:
        choice = things_of(run.prompt)
    choice = choice or [run.prompt]
    return " ".join(str(choice[number % len(choice)]).split())[:MAX_WORDS]
