"""Search by meaning: within what one may see, with and without an index."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import BoundedSemaphore, Event
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from invocations import takedowns
from invocations.models import Run
from invocations.models.takedown import Replacement
from networks.models import Network
from observatory import model_host, search, search_index, search_index_state
from observatory.models import Embedding, OutputKind
from observatory.models.embedding import TEXT_MODEL
from tests.observatory.embedding_host import Embed, vector_of
from tests.people import Work, html_of


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


def test_a_search_does_not_wait_until_its_model_is_loaded(
    owner: Client, embedded: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, finished = Event(), Event()

    async def embed_words(words: str) -> bytes:
        await asyncio.to_thread(loaded.wait, 60)
        finished.set()
        return vector_of(words).astype("<f2").tobytes()

    with monkeypatch.context() as patched:
        patched.setattr("observatory.search.model_host.embed_words", embed_words)
        patched.setattr(search, "PATIENCE_SECONDS", 0.01)
        page = html_of(owner.get("/observatory/search/", {"q": "red balloon"}))

    assert "Ask again in a moment, or search by words." in page
    loaded.set()
    assert finished.wait(60)  # it went on meanwhile
    assert texts_found(owner, "red balloon")[0] == "the red balloon"


def test_only_so_many_wait_at_once(
    owner: Client, embedded: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_questions", BoundedSemaphore(1))
    search._questions.acquire()

    assert owner.get("/api/v1/search", {"q": "red balloon"}).status_code == 503

    search._questions.release()
    assert texts_found(owner, "red balloon")[0] == "the red balloon"


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


@pytest.fixture
def indexed(embedded: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of an index with everything in it."""
    monkeypatch.setattr(search_index_state, "EXACT", 2)
    monkeypatch.setattr(search_index, "_trained", one_list)
    search_index.build()
    (file,) = folder.glob("*.faiss")
    return file


def damage(file: Path) -> None:
    file.write_bytes(b"\0" * file.stat().st_size)


def cut_short(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


@pytest.mark.parametrize("spoil", [damage, cut_short, Path.unlink])
def test_an_index_that_cannot_be_read_is_built_anew(
    owner: Client, indexed: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(indexed)

    assert texts_found(owner, "red balloon")[0] == "the red balloon"
    assert search.due_index(timezone.now())

    search_index.build()
    assert texts_found(owner, "red balloon")[0] == "the red balloon"
    assert not search.due_index(timezone.now())


def test_what_was_written_late_is_found_although_the_index_lacks_it(
    owner: Client, indexed: Path, embedded: Run, work: Work, embed: Embed
) -> None:
    """By a transaction that had begun before the index was, and ended after it."""
    known = search_index_state.read_description()
    assert known is not None
    step = work(embedded, "a tram in the snow")
    stored = vector_of("a tram in the snow").astype("<f2").tobytes()
    Embedding.objects.create(
        invocation=step,
        kind=OutputKind.TEXT,
        model=TEXT_MODEL,
        vector=stored,
        created_at=known.begun - timedelta(seconds=1),
    )

    assert texts_found(owner, "a tram in the snow")[0] == "a tram in the snow"


def test_while_there_is_no_index_an_answer_says_that_it_is_partial(
    owner: Client, embedded: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not owner.get("/api/v1/search", {"q": "whale"}).json()["partial"]

    monkeypatch.setattr(search_index_state, "EXACT", 1)

    answer = owner.get("/api/v1/search", {"q": "whale"}).json()
    assert answer["partial"]
    assert {one["text"] for one in answer["items"]} == {"the red balloon", "an old clock"}
    page = owner.get("/observatory/search/", {"q": "whale"})
    assert "The newest texts are searched." in html_of(page)


def test_a_build_that_was_ended_is_not_begun_again_at_once(
    embedded: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_index_state, "EXACT", 2)
    assert search.due_index(timezone.now())

    def end(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(search_index, "build", end)
        with pytest.raises(MemoryError):
            call_command("build_search_index")
    assert not search.due_index(timezone.now())

    monkeypatch.setattr(search_index, "_trained", one_list)
    call_command("build_search_index")
    assert search_index_state.read_description() is not None
    assert not search_index_state.was_tried_lately()


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
