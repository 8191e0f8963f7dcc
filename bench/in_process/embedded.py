"""Embeddings of a measured stack: how many there are, a million of them, and searches among them."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

import numpy as np
import psutil
from asgiref.sync import async_to_sync
from django.db import transaction
from django.utils import timezone
from numpy.typing import NDArray

from accounts.models import User
from invocations.models import Invocation
from observatory import model_host, search, search_index, search_index_state
from observatory.models import Embedding, OutputKind
from observatory.models.embedding import TEXT_MODEL
from observatory.outputs import as_vector

from . import chains, timing
from .copying import settle
from .filling import Filler

Array = NDArray[np.float32]
WORDS = (
    *(
        "lighthouse",
        "camel",
        "kitchen",
        "museum",
        "whale",
        "tram",
        "orchard",
        "engine",
        "letter",
        "harbour",
    ),
    *(
        "violin",
        "mountain",
        "clock",
        "garden",
        "soldier",
        "window",
        "bakery",
        "planet",
        "umbrella",
        "choir",
    ),
)
QUALITIES = (
    "red",
    "sleeping",
    "broken",
    "enormous",
    "silent",
    "forgotten",
    "golden",
    "wet",
    "angry",
    "tiny",
)
DEEDS = (
    "waits for",
    "remembers",
    "paints",
    "hides from",
    "counts",
    "sings to",
    "builds",
    "forgives",
)
SENTENCES, STEPS_OF_RUN = 400, 1_000
BATCH = 20_000
NEAREST = 20


def embedded() -> int:
    return Embedding.objects.filter(vector__isnull=False).count()


def sentences(count: int, seed: int) -> list[str]:
    """Always the same ones of the same seed."""
    chance = random.Random(seed)
    pick = chance.choice
    return [
        f"a {pick(QUALITIES)} {pick(WORDS)} {pick(DEEDS)} the {pick(QUALITIES)} {pick(WORDS)}"
        for _ in range(count)
    ]


def fill_with_embeddings(count: int) -> float:
    """So many steps with embeddings, of which an index is built; returns how many seconds that took.

    Each is the mixture of two embedded sentences with noise, as far from its neighbours as texts are.
    """
    known = _embed(sentences(SENTENCES, seed=1))
    with transaction.atomic():
        filler = Filler(chains.create_network(public=True), timezone.now())
        filler.write(count // STEPS_OF_RUN, STEPS_OF_RUN, timezone.now(), busy=True)
        keys = list(Invocation.objects.order_by("pk").values_list("pk", flat=True)[:count])
        chance = np.random.default_rng(2)
        for first in range(0, count, BATCH):
            part = keys[first : first + BATCH]
            _write(part, _simulated(known, len(part), chance))
    settle([Invocation, Embedding])
    began = time.monotonic()
    search_index.build()
    return time.monotonic() - began


def _write(keys: Sequence[int], vectors: Array) -> None:
    stored = vectors.astype("<f2")
    Embedding.objects.bulk_create(
        [
            Embedding(
                invocation_id=key, kind=OutputKind.TEXT, model=TEXT_MODEL, vector=one.tobytes()
            )
            for key, one in zip(keys, stored, strict=True)
        ],
        batch_size=BATCH,
    )


def _simulated(known: Array, count: int, chance: np.random.Generator) -> Array:
    first, second = (known[chance.integers(0, len(known), count)] for _ in range(2))
    noise = chance.standard_normal((count, known.shape[1]), np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    mixed = first + 0.5 * second + 0.6 * noise
    found: Array = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
    return found


def _embed(words: Sequence[str]) -> Array:
    found = [async_to_sync(model_host.embed_words)(one) for one in words]
    return np.array([as_vector(one) for one in found], np.float32)


def time_searches(count: int, seed: int) -> list[float]:
    """Milliseconds of each of so many searches by words of their own, as a page, by the admin."""
    admin = User.objects.first_admin()
    assert admin is not None
    if len(search.search_by_meaning("a red clock", person=admin, count=NEAREST)) < NEAREST:
        raise RuntimeError("a search finds too little")
    paths = [f"/observatory/search/?q={one.replace(' ', '+')}" for one in sentences(count, seed)]
    return [timing.time_page(path, 1)[0] for path in paths]


def recall(count: int, seed: int) -> float:
    """Which part of the nearest of an exact search the index finds, on average."""
    queries = _embed(sentences(count, seed))
    exact = _exact(queries)
    hits = [
        len({pk for pk, _ in search_index.nearest(query, NEAREST)} & set(nearest))
        for query, nearest in zip(queries, exact, strict=True)
    ]
    return float(np.mean(hits)) / NEAREST


def _exact(queries: Array) -> list[list[int]]:
    """The nearest of each, all compared."""
    best: list[list[tuple[float, int]]] = [[] for _ in queries]
    for keys, vectors in search_index._batches(search_index_state.indexed()):
        alike = vectors @ queries.T
        for at, mine in enumerate(best):
            top = np.argpartition(-alike[:, at], NEAREST)[:NEAREST]
            mine += [(float(alike[one, at]), int(keys[one])) for one in top]
            best[at] = sorted(mine, reverse=True)[:NEAREST]
    return [[pk for _, pk in mine] for mine in best]


def memory() -> dict[str, float]:
    """Megabytes: of the index file, and of this process."""
    known = search_index_state.read_description()
    file = 0 if known is None else (search_index_state.folder() / known.file).stat().st_size
    return {"file": file / 1e6, "process": psutil.Process().memory_info().rss / 1e6}
