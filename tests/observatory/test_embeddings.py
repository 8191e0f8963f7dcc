"""Which outputs are embedded, when, and what becomes of the embeddings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from invocations import removal, runs, takedowns, visitor_access
from invocations.engine import placeholders
from invocations.models import Run
from invocations.models.takedown import Replacement
from local_models.weights import WEIGHTS
from networks.models import Network
from observatory import embeddings, model_host
from observatory.models import Embedding, EmbeddingQueue, LateStep, PromptEmbedding
from platforms.base import Modality
from tests.displays.board_sending import Threads
from tests.observatory.embedding_host import Embed, EmbeddingHost, vector_of
from tests.people import Work

T = TypeVar("T")


def begin() -> None:
    """The queue is there before the run: what comes now is not from before."""
    EmbeddingQueue.current()


def embedded_texts() -> list[str]:
    rows = Embedding.objects.filter(vector__isnull=False).order_by("invocation")
    return [row.invocation.output_text for row in rows]


def test_each_text_gets_a_vector_of_length_one(run: Run, work: Work, embed: Embed) -> None:
    begin()
    step = work(run, "a red balloon")

    embed()

    row = Embedding.objects.get(invocation=step)
    vector = np.frombuffer(bytes(row.vector or b""), "<f2").astype(np.float32)
    assert (row.kind, row.model) == ("text", "all-minilm-l6-v2/1")
    assert np.allclose(vector, vector_of("a red balloon"), atol=1e-3)
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-2)


def test_the_prompt_is_embedded_once(
    run: Run, work: Work, embed: Embed, embedding_host: EmbeddingHost
) -> None:
    begin()
    work(run, "a kite")
    embed()
    work(run, "a moth")
    embed()

    assert embedding_host.texts.count(run.prompt) == 1
    assert PromptEmbedding.objects.get().run == run


def test_a_picture_gets_a_vector_of_its_own_kind(run: Run, work: Work, embed: Embed) -> None:
    begin()
    step = work(run, "", asset=placeholders.asset(Modality.IMAGE))

    embed()

    row = Embedding.objects.get(invocation=step)
    assert (row.kind, row.model, len(row.vector or b"")) == (
        "image",
        "efficientnet-lite0/1",
        2 * 1280,
    )


def test_steps_of_before_are_embedded_once_nothing_new_waits(
    run: Run, work: Work, embed: Embed
) -> None:
    for number in range(5):
        work(run, f"text {number}")

    begin()
    embed()

    assert embedded_texts() == [f"text {number}" for number in range(5)]
    assert not EmbeddingQueue.current().has_work()


def test_a_step_that_was_under_way_when_its_row_was_passed_is_embedded_when_it_ends(
    run: Run, work: Work, embed: Embed
) -> None:
    begin()
    work(run, "a kite")
    embed()
    queue = EmbeddingQueue.current()
    queue.end_turn(
        timezone.now() + timedelta(minutes=2), free_at=timezone.now()
    )  # past the open step
    assert LateStep.objects.count() == 1

    work(run, "a moth")
    embed()

    assert embedded_texts() == ["a kite", "a moth"]


def test_a_placeholder_is_nobodys_output(run: Run, work: Work, embed: Embed) -> None:
    begin()
    step = work(run, "something rude")
    takedowns.take_down(step=step, replacement=Replacement.PLACEHOLDER, by=None, at=timezone.now())

    embed()

    assert embedded_texts() == []


def test_a_takedown_takes_the_embedding_along(run: Run, work: Work, embed: Embed) -> None:
    begin()
    work(run, "a kite")
    step = work(run, "something rude")
    embed()

    takedowns.take_down(step=step, replacement=Replacement.PREVIOUS, by=None, at=timezone.now())
    embed()

    assert embedded_texts() == ["a kite"]


def test_a_withdrawn_run_has_no_embeddings_and_gets_none(
    run: Run, work: Work, embed: Embed
) -> None:
    begin()
    work(run, "a kite")
    embed()
    work(run, "a moth")

    token = visitor_access.withdrawal_token(run)
    visitor_access.withdraw(run=run, shown=token, at=timezone.now())
    embed()

    assert not Embedding.objects.exists()
    assert not PromptEmbedding.objects.exists()


def test_they_go_with_their_run(run: Run, work: Work, embed: Embed) -> None:
    begin()
    work(run, "a kite")
    embed()

    removal.delete_run(run=run, at=timezone.now())

    assert not Embedding.objects.exists()


def test_a_text_that_has_no_embedding_is_on_record_and_holds_up_no_other(
    run: Run, work: Work, embed: Embed, embedding_host: EmbeddingHost
) -> None:
    begin()
    embedding_host.unusable = "nothing"
    work(run, "nothing")
    work(run, "a moth")

    embed()

    assert embedded_texts() == ["a moth"]
    problem = Embedding.objects.get(vector=None)
    assert problem.problem == "There is no embedding of this."


def test_a_vector_of_zeros_is_never_written(run: Run, work: Work) -> None:
    step = work(run, "a kite")

    with pytest.raises(ValueError, match="zeros"):
        embeddings._write([embeddings.EmbeddedOutput(step, bytes(768))], [])

    assert not Embedding.objects.exists()


def test_what_was_taken_down_while_it_was_calculated_is_not_written(run: Run, work: Work) -> None:
    step = work(run, "something rude")
    found = embeddings.EmbeddedOutput(step, vector_of("something").astype("<f2").tobytes())
    takedowns.take_down(step=step, replacement=Replacement.PLACEHOLDER, by=None, at=timezone.now())

    embeddings._write([found], [])

    assert not Embedding.objects.exists()


def test_only_one_worker_has_the_queue(db: None) -> None:
    queue, at = EmbeddingQueue.current(), timezone.now()

    assert queue.claim(at)
    assert not queue.claim(at)
    assert queue.claim(at + timedelta(minutes=2))  # whoever had it has died


def test_nothing_is_due_without_the_weights(
    run: Run, work: Work, settings: Settings, tmp_path: object
) -> None:
    work(run, "a kite")
    settings.WEIGHTS_DIR = tmp_path

    assert embeddings.due_batches(timezone.now()) == ()


def test_what_waits_is_due_where_the_weights_are(
    run: Run, work: Work, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin()
    work(run, "a kite")
    monkeypatch.setattr(type(WEIGHTS["minilm"]), "is_present", lambda *_: True)

    assert embeddings.due_batches(timezone.now()) == [1]


def test_the_model_host_being_away_costs_nothing_but_time(
    run: Run, work: Work, run_dir: object
) -> None:
    from asgiref.sync import async_to_sync

    from tests.displays.board_sending import Threads

    begin()
    work(run, "a kite")

    async_to_sync(embeddings.embed_waiting)(Threads())

    assert not Embedding.objects.exists()
    queue = EmbeddingQueue.current()
    assert queue.has_work()
    assert queue.claimed_until > timezone.now()  # not asked again at once


def test_what_a_busy_machine_does_not_get_done_waits_for_the_next_batch(
    run: Run, work: Work, embed: Embed, embedding_host: EmbeddingHost
) -> None:
    begin()
    texts = [f"kite {number}" for number in range(9)]
    for text in texts:
        work(run, text)
    embedding_host.at_once = 4

    embed()

    assert embedded_texts() == texts
    of_outputs = [text for text in embedding_host.texts if text != run.prompt]
    assert sorted(of_outputs) == texts  # none of them twice


def test_pictures_that_a_busy_machine_does_not_get_done_wait_for_the_next_batch(
    run: Run, work: Work, embed: Embed, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin()
    for _ in range(3):
        work(run, "", asset=placeholders.asset(Modality.IMAGE))
    monkeypatch.setattr(model_host, "BATCH_SECONDS", 0.0)

    with CaptureQueriesContext(connection) as queries:
        embed()

    writes = [one for one in queries if 'INTO "observatory_embedding"' in one["sql"]]
    assert len(writes) == Embedding.objects.count() == 3


def test_another_networks_live_run_is_not_waited_for(
    network: Network, work: Work, embed: Embed
) -> None:
    begin()
    other = Network.create(network.owner, name="Other", slots=[{"model": "dummy:text-to-text"}])
    runs.start_run(network=other, prompt="held open", at=timezone.now())
    run = runs.start_run(network=network, prompt="a red balloon", at=timezone.now()).run
    work(run, "a kite")

    embed()

    assert embedded_texts() == ["a kite"]


def test_everything_can_be_embedded_anew(run: Run, work: Work, embed: Embed) -> None:
    begin()
    work(run, "a kite")
    embed()

    embeddings.forget_all()
    embed()

    assert embedded_texts() == ["a kite"]


def test_beside_steps_embedding_takes_a_quarter_of_a_core() -> None:
    assert embeddings.pause_after(0.5) == pytest.approx(1.5)
    assert embeddings.pause_after(60) == 10


class NoDatabaseThread(Threads):
    """As a worker has them, where the thread of the steps must stay free."""

    async def in_database(self, work: Callable[[], T]) -> T:
        raise AssertionError("on the thread that steps wait for")

    async def in_media(self, work: Callable[[], T]) -> T:
        return await Threads().in_database(work)


@pytest.mark.parametrize(("under_way", "pauses"), [(False, []), (True, [0.4])])
def test_it_stands_back_for_a_step_under_way(
    run: Run,
    work: Work,
    take: Callable[[Run], object],
    embedding_host: EmbeddingHost,
    run_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    under_way: bool,
    pauses: list[float],
) -> None:
    begin()
    work(run, "a red balloon")
    if under_way:
        take(run)
    embedding_host.processor_seconds = 0.2  # for the prompt, and for the text
    asked: list[float] = []

    def pause(seconds: float) -> float:
        asked.append(seconds)
        return 0.0

    monkeypatch.setattr(embeddings, "pause_after", pause)

    with CaptureQueriesContext(connection) as queries:
        async_to_sync(embedding_host.embed_waiting)(run_dir, NoDatabaseThread())

    writes = [one["sql"] for one in queries if one["sql"].startswith("INSERT")]
    assert (asked, embedded_texts()) == (pauses, ["a red balloon"])
    assert len(writes) <= 3  # the output, its prompt, what is under way
