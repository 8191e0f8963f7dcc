"""How far the draws of one step lie apart: the noise of its model, for this input."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from .models import Embedding, Redraw
from .models.embedding import IMAGE_MODEL, TEXT_MODEL
from .outputs import as_vector

MIN_DRAWS = 2


def spread(redraw: Redraw) -> float | None:
    """The mean cosine distance of each two draws; None until two of them are embedded."""
    rows = Embedding.objects.filter(
        invocation__run__redraws=redraw,
        invocation__sequence=0,
        vector__isnull=False,
        model__in=(TEXT_MODEL, IMAGE_MODEL),
    )
    vectors = [as_vector(stored) for stored in rows.values_list("vector", flat=True)]
    known = [vector for vector in vectors if vector is not None]
    if len(known) < MIN_DRAWS:
        return None
    return float(np.mean([1 - first @ second for first, second in combinations(known, 2)]))
