"""Search by meaning: within what one may see, with and without an index."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from invocations import takedowns
from invocations.models import Run
from invocations.models.takedown import Replacement
from networks.models import Network
from observatory import model_host, search_index, search_index_state
from tests.observatory.embedding_host import Embed, vector_of
from tests.people import Work


@pytest.fixture(autouse=True)
def words_are_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the same stand-in as the outputs."""

    async def embed_words(words: str) -> bytes:
        await asyncio.sleep(0)
        return vector_of(words).astype("<f2").tobytes()

    monkeypatch.setattr(model_host, "has_weights", lambda: True)
    monkeypatch.setattr("observatory.search.model_host.embed_words", embed_words)


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    settings.DATA_DIR = tmp_path
    yield tmp_path / "search"
    search_index._opened.cache_clear()


@pytest.fixture
def embedded(run: Run, work: Work, embed: Embed, monkeypatch: pytest.MonkeyPatch) -> Run:
    for text in ("a grey whale", "the red balloon", "an old clock"):
        work(run, text)
    with monkeypatch.context() as patched:
        patched.undo()
        embed()
    return run


def texts_found(client: Client, words: str) -> list[str]:
    answer = client.get("/api/v1/search", {"q": words})
    assert answer.status_code == 200
    return [str(one["text"]) for one in answer.json()["items"]]


def test_the_nearest_comes_first(owner: Client, embedded: Run, folder: Path) -> None:
    answer = owner.get("/api/v1/search", {"q": "red balloon"}).json()

    first = answer["items"][0]
    assert first["text"] == "the red balloon"
    assert (first["run"], first["sequence"]) == (embedded.public_id, 1)
    assert first["distance"] < answer["items"][1]["distance"]


def test_nobody_finds_what_they_may_not_see(other: Client, embedded: Run, folder: Path) -> None:
    assert texts_found(other, "red balloon") == []

    Network.objects.update(public=True)

    assert "the red balloon" in texts_found(other, "red balloon")


def test_what_was_taken_down_is_no_answer(owner: Client, embedded: Run, folder: Path) -> None:
    step = embedded.invocations.get(sequence=1)
    takedowns.take_down(step=step, replacement=Replacement.PLACEHOLDER, by=None, at=timezone.now())

    assert "the red balloon" not in texts_found(owner, "red balloon")


def test_the_index_and_what_came_after_it_are_one(
    owner: Client,
    embedded: Run,
    work: Work,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search_index_state, "EXACT", 2)
    monkeypatch.setattr(search_index, "_trained", one_list)
    assert search_index_state.is_old()

    assert search_index.build() == 3
    assert not search_index_state.is_old()
    assert texts_found(owner, "red balloon")[0] == "the red balloon"
    assert len(list(folder.glob("*.faiss"))) == 1

    search_index.build()  # again: the file of before is gone
    assert len(list(folder.glob("*.faiss"))) == 1


def one_list(rows: object, count: int) -> Any:
    """Three texts cannot train lists."""
    import faiss

    quantizer: Any = faiss.IndexFlatIP(search_index.SIZE)
    kind = faiss.ScalarQuantizer.QT_8bit
    index = faiss.IndexIVFScalarQuantizer(
        quantizer, search_index.SIZE, 1, kind, faiss.METRIC_INNER_PRODUCT
    )
    quantizer.this.disown()
    index.own_fields = True
    index.train(np.random.default_rng(1).uniform(-0.3, 0.3, (64, search_index.SIZE)))
    return index


def test_lists_find_what_comparing_everything_does(folder: Path) -> None:
    import faiss

    faiss.omp_set_num_threads(1)
    random = np.random.default_rng(1)
    centres = random.standard_normal((60, 384)).astype(np.float32)
    vectors = centres[np.arange(6_000) % 60] + 0.4 * random.standard_normal((6_000, 384))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    lists = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(384), 384, 77, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    lists.train(vectors)
    lists.add(vectors)
    lists.nprobe = search_index.PROBED

    _, found = lists.search(vectors[:50], 20)
    exact = np.argsort(-(vectors[:50] @ vectors.T), axis=1)[:, :20]

    hits = sum(len(set(a) & set(b)) for a, b in zip(found.tolist(), exact.tolist(), strict=True))
    assert hits / exact.size >= 0.95


def test_without_weights_it_says_so(
    owner: Client, embedded: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_host, "has_weights", lambda: False)

    answer = owner.get("/api/v1/search", {"q": "red balloon"})

    assert (answer.status_code, answer.json()["code"]) == (503, "search_unavailable")
