"""Embedding what models have put out: beside the runs, after the steps, a few at a time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from channels.db import database_sync_to_async
from django.db import transaction
from django.utils import timezone

from assets.errors import AssetError
from invocations.engine.threads import Threads
from invocations.models import Invocation, Run
from invocations.states import InvocationState

from . import model_host
from .events import tell_embedded
from .model_host import HostAway, NoEmbedding, Vectors
from .models import Embedding, EmbeddingQueue, LateStep, OutputKind, PromptEmbedding
from .models.embedding import (
    BYTES_OF_IMAGE,
    BYTES_OF_TEXT,
    IMAGE_MODEL,
    TEXT_MODEL,
    embeddable,
)

if TYPE_CHECKING:
    from assets.models import Asset

T = TypeVar("T")
logger = logging.getLogger(__name__)

BATCH = 16  # outputs; texts take 5 to 15 ms each, pictures 100 ms
MAX_CHARACTERS = 60_000  # in one request
MAX_PROBLEM = 200
NO_REASON = "Nobody knows why."
HOST_AWAY = timedelta(seconds=20)
TURN = timedelta(seconds=30)  # one worker goes on for this long
SHARE = 0.25  # of one core, beside steps
MAX_PAUSE = 10.0  # seconds


@dataclass(frozen=True, slots=True)
class EmbeddedOutput:
    """What came of one output; `vector` None: `problem` says why."""

    step: Invocation
    vector: bytes | None
    problem: str = ""


@dataclass(slots=True)
class EmbeddedBatch:
    """What came of a batch, and what that took: a machine that is busy with other work has it rest no longer for it."""

    found: list[EmbeddedOutput] = field(default_factory=list)
    prompts: list[tuple[Run, bytes]] = field(default_factory=list)
    processor_seconds: float = 0.0

    def vectors_of(self, answer: Vectors) -> list[bytes]:
        self.processor_seconds += answer.processor_seconds
        return answer.found


def due_batches(at: datetime) -> Sequence[int]:
    """Whether there is work for the queue's workers: the number of the queue, or nothing."""
    if not model_host.has_weights():
        return ()
    queue = EmbeddingQueue.current()
    return [queue.pk] if queue.claimed_until <= at and queue.has_work() else ()


async def embed_waiting(threads: Threads) -> None:
    """Batches until nothing waits, or this worker's turn is over. The model host being away ends the turn.

    Never on the database thread, where steps would wait for it; with one commit a batch, because on SQLite a step that
    commits waits for each; and while steps are carried out for a quarter of the time, because cores are few."""
    queue = await threads.in_media(EmbeddingQueue.current)
    begun = timezone.now()
    if not await threads.in_media(lambda: queue.claim(begun)):
        return
    away = timedelta()
    try:
        while timezone.now() - begun < TURN:
            batch = await _embed_batch(queue, threads)
            if batch is None:
                break
            if await threads.in_media(_is_step_under_way):
                await asyncio.sleep(pause_after(batch.processor_seconds))
    except HostAway as error:
        logger.info("outputs are embedded later: %s", error)
        away = HOST_AWAY
    await threads.in_media(lambda: queue.end_turn(timezone.now(), free_at=timezone.now() + away))


def pause_after(seconds: float) -> float:
    """How long steps have the machine to themselves after a batch that took so much of it."""
    return min(MAX_PAUSE, seconds * (1 / SHARE - 1))


def _is_step_under_way() -> bool:
    return Invocation.objects.open().filter(state=InvocationState.INVOKING).exists()


async def embed_now() -> bool:
    """For a command: turn after turn until nothing waits. Whether something still does."""
    while await _TASK_THREADS.in_database(_has_work):
        before = await _TASK_THREADS.in_database(Embedding.objects.count)
        await embed_waiting(_TASK_THREADS)
        if await _TASK_THREADS.in_database(Embedding.objects.count) == before:
            break
    return await _TASK_THREADS.in_database(_has_work)


def _has_work() -> bool:
    return EmbeddingQueue.current().has_work()


class _OwnThread:
    """Where there is no worker: the thread that asgiref keeps for the database."""

    async def in_database(self, work: Callable[[], T]) -> T:
        return await database_sync_to_async(work)()

    async def in_media(self, work: Callable[[], T]) -> T:
        return await database_sync_to_async(work)()


_TASK_THREADS = _OwnThread()


async def _embed_batch(queue: EmbeddingQueue, threads: Threads) -> EmbeddedBatch | None:
    """None: nothing waits. What a busy machine does not get done in a while waits for the next one."""
    steps = await threads.in_media(lambda: _next_batch(queue))
    if not steps:
        return None
    batch = EmbeddedBatch()
    await _embed_prompts(batch, await threads.in_media(lambda: _without_prompt(steps)))
    await _embed_texts(batch, [step for step in steps if step.output_asset is None])
    await _embed_images(batch, steps, threads)

    def write() -> None:
        with transaction.atomic():
            _write(batch.found, batch.prompts)
            queue.renew(timezone.now())
        tell_embedded(one.step for one in batch.found)

    await threads.in_media(write)
    return batch


def _next_batch(queue: EmbeddingQueue) -> list[Invocation]:
    rows = Invocation.objects.filter(embeddable(), pk__in=queue.waiting(BATCH))
    steps: list[Invocation] = []
    characters = 0
    for step in rows.select_related("output_asset", "run", "network").order_by("pk"):
        characters += len(step.output_text)
        if steps and characters > MAX_CHARACTERS:
            break
        steps.append(step)
    return steps


def _without_prompt(steps: Sequence[Invocation]) -> list[Run]:
    """Their runs whose prompts have no embedding."""
    runs = {step.run_id: step.run for step in steps}
    known = PromptEmbedding.objects.filter(run__in=runs, model=TEXT_MODEL)
    return [runs[pk] for pk in runs.keys() - set(known.values_list("run_id", flat=True))]


async def _embed_prompts(batch: EmbeddedBatch, runs: Sequence[Run]) -> None:
    for run in runs:
        with contextlib.suppress(NoEmbedding):
            answer = await model_host.embed_texts([run.prompt])
            batch.prompts.append((run, batch.vectors_of(answer)[0]))


async def _embed_texts(batch: EmbeddedBatch, steps: Sequence[Invocation]) -> None:
    if not steps:
        return
    try:
        vectors = batch.vectors_of(
            await model_host.embed_texts([step.output_text for step in steps])
        )
    except NoEmbedding as error:
        if len(steps) == 1:
            batch.found.append(EmbeddedOutput(steps[0], None, str(error)))
            return
        for step in steps:  # one of them has none: each by itself says which
            await _embed_texts(batch, [step])
        return
    batch.found += [EmbeddedOutput(*pair) for pair in zip(steps, vectors, strict=False)]


async def _embed_images(
    batch: EmbeddedBatch, steps: Sequence[Invocation], threads: Threads
) -> None:
    until = time.monotonic() + model_host.BATCH_SECONDS
    for step in steps:
        if step.output_asset is None:
            continue
        batch.found.append(await _embed_image(batch, step, step.output_asset, threads))
        if time.monotonic() > until:
            break


async def _embed_image(
    batch: EmbeddedBatch, step: Invocation, asset: Asset, threads: Threads
) -> EmbeddedOutput:
    holder = asset.path()
    try:
        path = await threads.in_media(holder.__enter__)
    except (AssetError, OSError) as error:
        return EmbeddedOutput(step, None, f"The picture is not there: {error}")
    try:
        return EmbeddedOutput(step, batch.vectors_of(await model_host.embed_image(path))[0])
    except NoEmbedding as error:
        return EmbeddedOutput(step, None, str(error))
    finally:
        await threads.in_media(lambda: holder.__exit__(None, None, None))


def _write(found: Sequence[EmbeddedOutput], prompts: Sequence[tuple[Run, bytes]]) -> None:
    """Within a transaction; but for what was taken down, withdrawn or deleted meanwhile."""
    rows = Invocation.objects.filter(embeddable(), pk__in=[one.step.pk for one in found])
    same = {row.pk: row for row in rows.select_for_update(of=("self",)).order_by("pk")}
    kept = [one for one in found if _is_same(one.step, same.get(one.step.pk))]
    Embedding.objects.bulk_create([_row(one) for one in kept], ignore_conflicts=True)
    LateStep.objects.filter(invocation__in=same).delete()
    if not prompts:
        return
    runs = set(
        Run.objects.filter(pk__in=[run.pk for run, _ in prompts]).values_list("pk", flat=True)
    )
    of_runs = [(run, vector) for run, vector in prompts if run.pk in runs]
    PromptEmbedding.objects.bulk_create(
        [PromptEmbedding(run=run, model=TEXT_MODEL, vector=vector) for run, vector in of_runs],
        ignore_conflicts=True,
    )


def _is_same(embedded: Invocation, now: Invocation | None) -> bool:
    return now is not None and (
        (now.output_text, now.output_asset_id) == (embedded.output_text, embedded.output_asset_id)
    )


def _row(one: EmbeddedOutput) -> Embedding:
    """Raises ValueError for a vector that says nothing: such a row is never written."""
    is_text = one.step.output_asset is None
    size = BYTES_OF_TEXT if is_text else BYTES_OF_IMAGE
    if one.vector is not None and (len(one.vector) != size or not any(one.vector)):
        raise ValueError(f"step {one.step}: an embedding of {len(one.vector)} bytes or of zeros")
    return Embedding(
        invocation=one.step,
        kind=OutputKind.TEXT if is_text else OutputKind.IMAGE,
        model=TEXT_MODEL if is_text else IMAGE_MODEL,
        vector=one.vector,
        problem="" if one.vector else one.problem[:MAX_PROBLEM] or NO_REASON,
    )


def forget_outputs(steps: Sequence[Invocation]) -> None:
    """Their outputs were taken down: within the transaction that replaced them."""
    Embedding.objects.filter(invocation__in=steps).delete()


def forget_run(run: Run, at: datetime) -> None:
    """It was withdrawn: within that transaction."""
    Embedding.objects.filter(invocation__run=run).delete()
    PromptEmbedding.objects.filter(run=run).delete()


def forget_all() -> None:
    """Everything is embedded anew, the newest first."""
    with transaction.atomic():
        for rows in (Embedding, PromptEmbedding, LateStep, EmbeddingQueue):
            rows.objects.all().delete()
