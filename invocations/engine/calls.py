"""One claimed step, carried out: ask the model, take in what it gave, write down the outcome."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol, TypeVar

from django.conf import settings
from django.utils import timezone

from assets import ingest, screening
from assets.errors import AssetError, Declined, FetchFailed, StorageUnavailable
from invocations import events, leases
from invocations.models import Attempt
from invocations.states import Outcome, Stale
from lib.encryption import Unreadable
from platforms import servers
from platforms.base import Call, MediaFile, Modality, Model, Output, Pending
from platforms.errors import (
    Cancelled,
    NotConfigured,
    PlatformError,
    Refused,
    TimedOut,
    Unavailable,
    Unusable,
)
from platforms.http import is_outside
from platforms.payloads import find
from platforms.registry import get_platform
from realtime.events import send

from . import next_step, outcomes, sentences, webhooks
from .claims import Claim, Holder
from .threads import DATABASE_ERRORS, Threads

logger = logging.getLogger(__name__)
T = TypeVar("T")

CANCEL_GRACE_SECONDS = 5.0  # seconds an adapter has to reach the provider before it is dropped
STALE_CLAIM_SECONDS = (
    0.05  # seconds after which a claim is checked once more before the provider is asked
)


class CallThreads(Threads, Protocol):
    """The process that a call is made in."""

    def next_holder(self) -> Holder | None:
        """Who goes on with the next step at once; None: whoever comes first."""
        ...


async def perform(
    claim: Claim,
    cancelled: asyncio.Event,
    threads: CallThreads,
    webhook_received: asyncio.Event | None = None,
) -> Claim | None:
    """Carry the claim to its outcome: the claim to go on with, if the next step was taken at once.

    `webhook_received` is set when the provider calls its webhook. Raises Stale where the claim is not the current one any
    more.
    """
    try:
        output = await _ask(claim, cancelled, threads, webhook_received or asyncio.Event())
        if isinstance(output, Pending):
            await _await_delivery(claim, output, cancelled, threads)
            return None
        result = await _store_output(claim, output, cancelled, threads)
    except Cancelled as error:
        await _record_stop(claim, Outcome(error.outcome), threads)
    except PlatformError as error:
        await _record_failure(claim, error, threads)
    except Exception:  # a border: whatever goes wrong, the run needs an outcome
        await _record_failure(claim, next_step.InternalError(_log_unexpected(claim)), threads)
    else:
        return await _record_output(claim, result, threads)
    return None


def _log_unexpected(claim: Claim) -> str:
    """Log what is being handled; what the person is told of it."""
    logger.exception("invocation %s, attempt %s", claim.invocation, claim.attempt.number)
    return sentences.UNEXPECTED % {"step": claim.invocation.public_id}


async def _await_delivery(
    claim: Claim, pending: Pending, cancelled: asyncio.Event, threads: Threads
) -> None:
    """To whoever delivers it (`delivery.deliver`). At the model's deadline it has timed out, and
    the next try is given the reference to collect what is there."""
    if cancelled.is_set():
        raise Cancelled("uncertain")  # it was asked to cancel, and says that it goes on
    attempt, seconds = claim.attempt, claim.model.deadline_seconds
    rows = Attempt.objects.all()

    def leave() -> None:
        at = timezone.now()
        attempt.remember(pending.reference)
        deadline_at = max(at, attempt.started_at + timedelta(seconds=seconds))
        leases.await_delivery(rows, attempt.token, deadline_at=deadline_at, at=at)

    await threads.in_database(leave)


async def _record_output(
    claim: Claim, result: outcomes.Result, threads: CallThreads
) -> Claim | None:
    def complete() -> Claim | None:
        try:
            return outcomes.complete(
                claim, result, at=timezone.now(), next_holder=threads.next_holder()
            )
        except Stale:
            claim.attempt.record_late_result(sentences.OUTPUT_TOO_LATE, usd=result.usd)
            raise

    # A call that is somebody else's by now is dropped; what is on its way into the records is not.
    return await asyncio.shield(threads.in_database(complete))


async def _record_stop(claim: Claim, outcome: Outcome, threads: Threads) -> None:
    await threads.in_database(lambda: outcomes.cancelled(claim, outcome, at=timezone.now()))


async def _record_failure(claim: Claim, error: PlatformError, threads: Threads) -> None:
    substitute = await threads.in_media(lambda: outcomes.placeholder_for(claim, error))
    await threads.in_database(
        lambda: outcomes.fail(claim, error, at=timezone.now(), substitute=substitute)
    )


# Asking


async def _ask(
    claim: Claim, cancelled: asyncio.Event, threads: Threads, webhook_received: asyncio.Event
) -> Output | Pending:
    model = claim.model
    platform = get_platform(model.platform)
    keys, begun = _keys(claim, cancelled), False

    async def begin() -> None:
        nonlocal begun
        await _check_for_stop(claim, cancelled, threads)
        begun = not cancelled.is_set()

    async with _input(claim, threads) as given:
        call = Call(
            model=model,
            input=given,
            parameters=_parameters(claim, model),
            credentials=keys,
            idempotency_key=claim.attempt.idempotency_key,
            reference=claim.attempt.reference,
            number=claim.attempt.number,
            seed=claim.run.seed_of(claim.invocation.sequence),
            callback=await webhooks.address(claim, platform, keys, threads),
            webhook_received=webhook_received,
            cancelled=cancelled,
            on_progress=_progress_reporter(claim, threads),
            on_begin=begin,
            on_reference=lambda reference: threads.in_database(
                lambda: claim.attempt.remember(reference)
            ),
        )
        await _check_stale_claim(claim, cancelled, threads)
        asking = asyncio.ensure_future(platform.invoke(call))
        with _as_platform_errors(claim, lambda: begun):
            seconds = model.deadline_seconds + CANCEL_GRACE_SECONDS
            return await _await_answer(asking, cancelled, seconds)


@contextlib.contextmanager
def _as_platform_errors(claim: Claim, begun: Callable[[], bool]) -> Iterator[None]:
    """A border: an adapter may do anything. Where the request has `begun`, its outcome is hidden."""
    try:
        yield
    except PlatformError as error:
        error.args = (claim.credential.redact(str(error)), *error.args[1:])
        raise
    except Exception as error:
        failure = next_step.InternalError(_log_unexpected(claim))
        raise failure.as_hidden() if begun() else failure from error


def _keys(claim: Claim, cancelled: asyncio.Event) -> Mapping[str, str]:
    """What the claim was granted. Raises NotConfigured, with what the owner can do."""
    if claim.credential.problem and cancelled.is_set() and claim.attempt.reference:
        raise Cancelled("uncertain")  # nobody is left who could cancel it there
    if claim.credential.problem:
        raise NotConfigured(claim.credential.problem)
    try:
        return claim.credential.secrets()
    except Unreadable:
        raise NotConfigured(sentences.KEY_UNREADABLE) from None


def _progress_reporter(claim: Claim, threads: Threads) -> Callable[[str], None]:
    """Shows the provider's own words on the tile: not kept, and each only once in a row."""
    shown = ""

    def report(status: str) -> None:
        nonlocal shown
        if status == shown:
            return
        shown = status
        step = claim.invocation
        said = claim.credential.redact(status)[:200]
        update = events.InvocationProgressed(claim.run.public_id, step.public_id, said)
        topic = claim.run.network.topic
        # On Postgres a wake-up is a query, which has no place on the loop.
        asyncio.ensure_future(  # noqa: RUF006 (lossy by design)
            threads.in_database(lambda: send(topic, update))
        )

    return report


async def _check_stale_claim(claim: Claim, cancelled: asyncio.Event, threads: Threads) -> None:
    """No call begins after a stop has committed, even when this process was held up since."""
    if (timezone.now() - claim.attempt.started_at).total_seconds() > STALE_CLAIM_SECONDS:
        await _check_for_stop(claim, cancelled, threads)
    if cancelled.is_set() and not claim.attempt.reference:
        raise Cancelled


async def _check_for_stop(claim: Claim, cancelled: asyncio.Event, threads: Threads) -> None:
    asked = Attempt.objects.of_tokens([claim.attempt.token]).asked_to_stop()
    if await threads.in_database(asked.exists):
        cancelled.set()


async def _await_answer(
    asking: asyncio.Future[Output | Pending], cancelled: asyncio.Event, deadline: float
) -> Output | Pending:
    """What the adapter gives, once cancelled within the grace.

    The adapter keeps its model's deadline itself, and cancels at the provider then; `deadline` is
    for one that does not come back at all.
    """
    stop = asyncio.ensure_future(cancelled.wait())
    either: set[asyncio.Future[Any]] = {asking, stop}
    try:
        await asyncio.wait(either, timeout=deadline, return_when=asyncio.FIRST_COMPLETED)
        if not asking.done() and cancelled.is_set():
            await asyncio.wait({asking}, timeout=CANCEL_GRACE_SECONDS)
        if asking.done():
            return asking.result()
        if cancelled.is_set():
            raise Cancelled("uncertain")
        raise TimedOut(sentences.NO_ANSWER % {"seconds": f"{deadline:g}"})
    finally:
        stop.cancel()
        asking.cancel()


def _parameters(claim: Claim, model: Model) -> dict[str, object]:
    """The model's defaults with the slot's on top; the run's seed where the model takes one and the slot has
    set none."""
    found = {**model.defaults, **claim.attempt.parameters}
    seed = claim.run.seed_of(claim.invocation.sequence)
    takes_one = find(model.parameters, "properties", "seed") is not None
    if takes_one and seed is not None and found.get("seed") is None:
        found["seed"] = seed
    return found


@contextlib.asynccontextmanager
async def _input(claim: Claim, threads: Threads) -> AsyncIterator[str | MediaFile]:
    """The step's input as the adapter takes it: text, or a file that is there while it works."""
    asset = claim.invocation.input_asset
    if asset is None:
        yield claim.invocation.input_text
        return
    holder = asset.path()
    path = await threads.in_media(holder.__enter__)
    try:
        reached = is_outside(settings.PUBLIC_URL)  # else it has to travel along
        url = f"{settings.PUBLIC_URL}{asset.url}" if reached else ""
        yield MediaFile(path, asset.content_type, url)
    finally:
        await threads.in_media(lambda: holder.__exit__(None, None, None))


# Taking in


async def _store_output(
    claim: Claim, output: Output, cancelled: asyncio.Event, threads: Threads
) -> outcomes.Result:
    """The output, stored before the run goes on. Raises PlatformError, with what was charged.

    What its provider has no id for would be paid for again: it is kept in hand until it can be
    stored or fetched, or the call is stopped.
    """
    tries, report = 0, _progress_reporter(claim, threads)
    while True:
        tries += 1
        try:
            return await _store_once(claim, output, threads)
        except Unavailable as error:
            if isinstance(error, Unusable) or claim.attempt.reference:
                raise
            pause = next_step.wait(error, tries)
            if pause is None or cancelled.is_set():
                raise Unusable(str(error)).charged(output.usd) from error
            report(str(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(cancelled.wait(), timeout=pause)


async def _store_once(claim: Claim, output: Output, threads: Threads) -> outcomes.Result:
    wanted = claim.model.output
    try:
        if wanted is Modality.TEXT:
            text = outcomes.usable_text(output.text)
            cut = output.truncated or len(output.text or "") > outcomes.MAX_TEXT
            return outcomes.Result(text, None, output.usd, output.seconds, truncated=cut)
        with tempfile.TemporaryDirectory(prefix="panic-") as folder:
            source, content_type = await _source(output, wanted, Path(folder))
            asset = await threads.in_media(
                lambda: ingest.store(
                    source, kind=wanted, content_type=content_type, screen=screening.screen
                )
            )
    except Unusable as error:
        raise error.charged(output.usd) from None
    except Exception as error:  # a border: an answer that came is not asked for again
        raise _as_platform_error(error, claim).charged(output.usd) from error
    return outcomes.Result(asset=asset, usd=output.usd, seconds=output.seconds)


async def _source(output: Output, kind: Modality, into: Path) -> tuple[bytes | Path, str]:
    if output.data is not None:
        return output.data, output.content_type
    if output.file is not None:
        return output.file, output.content_type
    if not output.url:
        raise Unusable(sentences.GAVE_NOTHING % {"modality": kind})
    from assets import fetch  # brings an HTTP client along, which many workers never need

    return await fetch.fetch(
        output.url, kind=kind, allowed_origins=servers.origins(), into=into / "output"
    )


def _as_platform_error(error: Exception, claim: Claim) -> PlatformError:
    if isinstance(error, Declined):  # the network's policy for refusals decides
        return Refused(str(error), kind="sensitive").as_settled()
    if _is_of_disk_or_database(error):
        logger.warning("step %s: its output cannot be stored", claim.invocation, exc_info=error)
        return next_step.NotStored(sentences.NOT_KEPT)
    if not isinstance(error, AssetError):
        return Unusable(_log_unexpected(claim))
    sentence = sentences.NOT_KEPT_BECAUSE % {"sentence": error}
    if isinstance(error, StorageUnavailable):
        return next_step.NotStored(sentence)
    if isinstance(error, FetchFailed) and error.retryable:
        return Unavailable(sentence)
    # For what it has an id for, the provider names an address anew, for nothing; unless this try
    # began with that question.
    adopted = bool(claim.invocation.reference)
    moved = isinstance(error, FetchFailed) and error.expired and not adopted
    return next_step.Expired(sentence) if moved and claim.attempt.reference else Unusable(sentence)


def _is_of_disk_or_database(error: Exception) -> bool:
    """Whether waiting may help. A decoder's OSError, about the media, has no number."""
    return isinstance(error, DATABASE_ERRORS) or (
        isinstance(error, OSError) and error.errno is not None
    )
