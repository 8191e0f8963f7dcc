"""The index of embeddings: a file in the data folder, mapped and not read, rebuilt when it is missing or old.

Inverted lists with one byte a number (faiss): a million texts are 394 MB of file, indexed in 16 s on one core, of which a
search reads a few lists. What was embedded after it was built is compared exactly, so that an index is never wrong,
only slower, when it is old. One that cannot be read is forgotten and built anew; until then the newest are compared.
"""

from __future__ import annotations

import logging
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from . import search_index_state as state
from .models.embedding import EmbeddingQuerySet

logger = logging.getLogger(__name__)

SIZE = 384
LISTS_PER_ROOT = 1.0  # lists: the square root of the number of vectors
TRAINING = 40  # vectors a list
PROBED = 16  # lists that a search reads
BATCH = 20_000


def build() -> int:
    """Write a new file, then have it used. Returns how many vectors are in it."""
    import faiss

    begun = timezone.now()
    rows = state.indexed().filter(created_at__lt=begun)
    count = rows.count()
    if count <= state.EXACT:
        return 0
    state.folder().mkdir(mode=0o700, exist_ok=True)
    faiss.omp_set_num_threads(1)
    index = _trained(rows, count)
    for pks, vectors in _batches(rows):
        index.add_with_ids(vectors, pks)
    path = state.folder() / f"texts-{begun:%Y%m%d%H%M%S%f}.faiss"
    faiss.write_index(index, str(path))
    _flush(path)
    known = state.IndexDescription(path.name, path.stat().st_size, int(index.ntotal), begun)
    fresh = state.folder() / f"{state.DESCRIPTION}.new"
    fresh.write_text(known.as_json())
    _flush(fresh)
    fresh.replace(state.folder() / state.DESCRIPTION)
    for other in state.folder().glob("*.faiss"):  # of before, and of builds that were ended
        if other != path:
            other.unlink()
    return known.count


def _flush(path: Path) -> None:
    """To the disk: a description that survives a power cut must not describe what has not."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _trained(rows: EmbeddingQuerySet, count: int) -> Any:
    import faiss

    lists = max(16, int(LISTS_PER_ROOT * count**0.5))
    step = max(1, count // (lists * TRAINING))
    sample = []
    for pks, vectors in _batches(rows):
        sample.append(vectors[:: step if len(pks) > step else 1])
    quantizer: Any = faiss.IndexFlatIP(SIZE)
    kind = faiss.ScalarQuantizer.QT_8bit
    index = faiss.IndexIVFScalarQuantizer(quantizer, SIZE, lists, kind, faiss.METRIC_INNER_PRODUCT)
    quantizer.this.disown()
    index.own_fields = True
    index.train(np.concatenate(sample))
    return index


def _batches(rows: EmbeddingQuerySet) -> Any:
    """Primary keys and vectors, some thousands at a time."""
    last = 0
    while found := list(
        rows.filter(pk__gt=last).order_by("pk").values_list("pk", "vector")[:BATCH]
    ):
        last = found[-1][0]
        yield np.array([pk for pk, _ in found], np.int64), stacked([vector for _, vector in found])


def stacked(stored: list[bytes | memoryview | None]) -> NDArray[np.float32]:
    joined = b"".join(bytes(one) for one in stored if one is not None)
    return np.frombuffer(joined, "<f2").reshape(-1, SIZE).astype(np.float32)


def nearest(vector: NDArray[np.float32], count: int) -> list[tuple[int, float]]:
    """Steps and their cosine distances, the nearest first; of the index and of what came after it."""
    opened = _open_index()
    known, found = None, {}
    if opened is not None:
        known, index = opened
        found = _nearest_in_index(index, vector, count)
    newer = list(
        state.newer_than(known)
        .order_by("-created_at")
        .values_list("pk", "vector")[: 2 * state.EXACT]
    )
    if newer:
        alike = stacked([stored for _, stored in newer]) @ vector
        found |= {pk: float(1 - one) for (pk, _), one in zip(newer, alike, strict=True)}
    return sorted(found.items(), key=lambda pair: pair[1])[:count]


def _nearest_in_index(index: Any, vector: NDArray[np.float32], count: int) -> dict[int, float]:
    alike, pks = index.search(vector[None, :], count)
    pairs = zip(pks[0].tolist(), alike[0].tolist(), strict=True)
    return {pk: 1 - one for pk, one in pairs if pk >= 0}


def _open_index() -> tuple[state.IndexDescription, Any] | None:
    """None where there is none, or none that can be read."""
    known = state.read_description()
    while known is not None:
        try:
            return known, _opened(str(state.folder() / known.file))
        except RuntimeError as error:  # what faiss raises for a file it cannot read
            newest = state.read_description()
            if newest == known:
                logger.warning("the index for search is built anew, it cannot be read: %s", error)
                state.forget()
                return None
            known = newest  # it was built anew in this very moment
    return None


@lru_cache(maxsize=1)
def _opened(path: str) -> Any:
    """Mapped: what a search does not read takes no memory."""
    import faiss

    faiss.omp_set_num_threads(1)
    index: Any = faiss.read_index(path, faiss.IO_FLAG_MMAP)
    index.nprobe = PROBED
    return index
