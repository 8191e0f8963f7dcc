"""By which method pictures of a clip are made: by learned weights, or without any."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings

from operations.errors import BadInput
from operations.sentences import NO_WEIGHTS_BETWEEN, NO_WEIGHTS_LARGER

from .pace import NEEDS, Paces, likely_backend, total
from .plans import Amount, TaskWay

AUTOMATIC, MOTION, LEARNED = "automatic", "motion", "learned"
Works = Sequence[tuple[str, Amount]]  # operations, and how much of each
_MISSING = {"interpolate": NO_WEIGHTS_BETWEEN, "upscale": NO_WEIGHTS_LARGER}


def chosen_method(wanted: str, works: Works) -> str:
    """What is done where this is asked for. Raises BadInput with a sentence where learned weights are wanted and
    are not here."""
    missing = [name for name, _ in works if likely_backend(name, LEARNED) not in NEEDS]
    if wanted == LEARNED and missing:
        raise BadInput(_MISSING[missing[0]])
    if wanted != AUTOMATIC:
        return wanted
    return LEARNED if not missing and _fits(works) else MOTION


def _fits(works: Works) -> bool:
    """Whether learned weights would be done within the time that they may take without being asked for."""
    paces = Paces()
    guess = total(
        paces.guess(TaskWay(name, amount.size_class, LEARNED), amount.work)
        for name, amount in works
    )
    return guess.seconds <= settings.FILM_LEARNED_MINUTES * 60
