"""How far the draws of one step lie apart: the noise of its model, for this input."""

from __future__ import annotations

from itertools import combinations
from statistics import fmean

from .models import Embedding, Redraw
from .models.embedding import IMAGE_MODEL, TEXT_MODEL
from .vectors import cosine_distance, unpack

MIN_DRAWS = 2


def spread(redraw: Redraw) -> float | None:
    """The mean cosine distance of each two draws; None until two of them are embedded."""
    rows = Embedding.objects.filter(
        invocation__run__redraws=redraw,
        invocation__sequence=0,
        vector__isnull=False,
        model__in=(TEXT_MODEL, IMAGE_MODEL),
    )
    stored = rows.values_list("vector", flat=True)
    vectors = [unpack(one) for one in stored if one is not None]
    if len(vectors) < MIN_DRAWS:
        return None
    return fmean(cosine_distance(first, second) for first, second in combinations(vectors, 2))
