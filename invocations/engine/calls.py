"""One claimed step, carried out: ask the model, take in what it gave, write down the outcome."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

from django.conf import settings
from django.utils import timezone

from assets import ingest, screening
from assets.errors import AssetError, Declined, FetchFailed, StorageUnavailable
from invocations.models import Attempt
from invocations.states import Outcome, Stale
from platforms import servers
from platforms.base import Call, MediaFile, Modality, Output, Pending
from platforms.errors import Cancelled, NotConfigured, PlatformError, Refused, TimedOut, Unavailable
from platforms.reach import is_outside
from platforms.registry import get_platform
from platforms.sealing import Unreadable
from realtime import progress

from . import callbacks, outcomes, retries
from .claims import Claim

logger = logging.getLogger(__name__)
T = TypeVar("T")

TEXT_MAX = 20_000  # characters; a longer output would be no use as anybody's input
CANCEL_GRACE = 5.0  # seconds an adapter has to reach the provider before it is dropped
STALE_CLAIM = 0.05  # seconds after which a claim is checked once more before the provider is asked
BAD_MEDIA = retries.Rule(tries=3)


class Desk(Protocol):
    """Where a call does its blocking work."""

    async def in_database(self, work: Callable[[], T]) -> T:
        """Run short database work, again and again while the database is away."""
        ...

    async def in_media(self, work: Callable[[], T]) -> T:
        """Run something that decodes, reads or writes files."""
        ...

    def follower(self) -> str:
        """The worker that goes on with the next step at once; empty: whoever comes first."""
        ...


async def perform(
    claim: Claim, cancelled: asyncio.Event, desk: Desk, rung: asyncio.Event | None = None
) -> Claim | None:
    """Carry the claim to its outcome: the claim to go on with, if the next step was taken at once.

    `rung` is set when the provider rings. Raises Stale where the claim is not the current one any
    more.
    """
    try:
        output = await _ask(claim, cancelled, desk, rung or asyncio.Event())
        if isinstance(output, Pending):
            await desk.in_database(lambda: claim.attempt.remember(output.reference))
            return None
        result = await _take_in(claim, output, desk)
    except Cancelled as error:
        await _stopped(claim, Outcome(error.outcome), desk)
    except PlatformError as error:
        await _failed(claim, error, None, desk)
    except AssetError as error:
        await _failed(claim, *_as_platform_error(error), desk)
    except Exception:  # a border: whatever an adapter does, the run must be told
        logger.exception("invocation %s, attempt %s", claim.invocation, claim.attempt.number)
        note = f"Something unexpected went wrong (step {claim.invocation.public_id})."
        await _failed(claim, Unavailable(note), None, desk)
    else:
        return await _finished(claim, result, desk)
    return None


async def _finished(claim: Claim, result: outcomes.Result, desk: Desk) -> Claim | None:
    def complete() -> Claim | None:
        try:
            return outcomes.complete(claim, result, at=timezone.now(), follower=desk.follower())
        except Stale:
            note = "An output came after this try was given to another worker; it was not used."
            claim.attempt.keep_as_evidence(note, usd=result.usd)
            raise

    # A call that is somebody else's by now is dropped; what is on its way into the records is not.
    return await asyncio.shield(desk.in_database(complete))


async def _stopped(claim: Claim, outcome: Outcome, desk: Desk) -> None:
    await desk.in_database(lambda: outcomes.cancelled(claim, outcome, at=timezone.now()))


async def _failed(
    claim: Claim, error: PlatformError, rule: retries.Rule | None, desk: Desk
) -> None:
    substitute = await desk.in_media(lambda: outcomes.stand_in(claim, error))
    await desk.in_database(
        lambda: outcomes.fail(claim, error, at=timezone.now(), rule=rule, substitute=substitute)
    )


# Asking


async def _ask(
    claim: Claim, cancelled: asyncio.Event, desk: Desk, rung: asyncio.Event
) -> Output | Pending:
    model = claim.model
    platform = get_platform(model.platform)
    keys = _keys(claim, cancelled)
    async with _input(claim, desk) as given:
        call = Call(
            model=model,
            input=given,
            parameters={**model.defaults, **claim.attempt.parameters},
            credentials=keys,
            idempotency_key=claim.attempt.idempotency_key,
            reference=claim.attempt.reference,
            number=claim.attempt.number,
            callback=await callbacks.address(claim, platform, keys, desk),
            rung=rung,
            cancelled=cancelled,
            on_progress=_teller(claim, desk),
            on_begin=lambda: _look_for_a_stop(claim, cancelled, desk),
            on_reference=lambda reference: desk.in_database(
                lambda: claim.attempt.remember(reference)
            ),
        )
        await _check_once_more(claim, cancelled, desk)
        asking = asyncio.ensure_future(platform.invoke(call))
        try:
            return await _answer(asking, cancelled, model.deadline_seconds + CANCEL_GRACE)
        except PlatformError as error:
            error.args = (claim.grant.in_words(str(error)), *error.args[1:])
            raise


def _keys(claim: Claim, cancelled: asyncio.Event) -> Mapping[str, str]:
    """What the claim was granted. Raises NotConfigured, with what the owner can do."""
    if claim.grant.problem and cancelled.is_set() and claim.attempt.reference:
        raise Cancelled("uncertain")  # nobody is left who could cancel it there
    if claim.grant.problem:
        raise NotConfigured(claim.grant.problem)
    try:
        return claim.grant.credentials()
    except Unreadable:
        raise NotConfigured("The key was sealed with another one meanwhile.") from None


def _teller(claim: Claim, desk: Desk) -> Callable[[str], None]:
    """Shows the provider's own words on the tile: not kept, and each only once in a row."""
    shown = ""

    def tell(status: str) -> None:
        nonlocal shown
        if status == shown:
            return
        shown = status
        step = claim.invocation
        said = claim.grant.in_words(status)[:200]
        data = {"run": claim.run.public_id, "invocation": step.public_id, "status": said}
        topic = claim.run.network.topic
        # On Postgres a ring is a query, which has no place on the loop.
        asyncio.ensure_future(  # noqa: RUF006 (lossy by design)
            desk.in_database(lambda: progress.tell(topic, "invocation.progressed", data))
        )

    return tell


async def _check_once_more(claim: Claim, cancelled: asyncio.Event, desk: Desk) -> None:
    """No call begins after a stop has committed, even when this process was held up since."""
    if (timezone.now() - claim.attempt.started_at).total_seconds() > STALE_CLAIM:
        await _look_for_a_stop(claim, cancelled, desk)
    if cancelled.is_set() and not claim.attempt.reference:
        raise Cancelled


async def _look_for_a_stop(claim: Claim, cancelled: asyncio.Event, desk: Desk) -> None:
    asked = Attempt.objects.of_tokens([claim.attempt.token]).asked_to_stop()
    if await desk.in_database(asked.exists):
        cancelled.set()


async def _answer(
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
            await asyncio.wait({asking}, timeout=CANCEL_GRACE)
        if asking.done():
            return asking.result()
        if cancelled.is_set():
            raise Cancelled("uncertain")
        raise TimedOut(f"No answer came within {deadline:g} seconds.")
    finally:
        stop.cancel()
        asking.cancel()


@contextlib.asynccontextmanager
async def _input(claim: Claim, desk: Desk) -> AsyncIterator[str | MediaFile]:
    """The step's input as the adapter takes it: text, or a file that is there while it works."""
    asset = claim.invocation.input_asset
    if asset is None:
        yield claim.invocation.input_text
        return
    holder = asset.path()
    path = await desk.in_media(holder.__enter__)
    try:
        reached = is_outside(settings.PUBLIC_URL)  # else it has to travel along
        url = f"{settings.PUBLIC_URL}{asset.url}" if reached else ""
        yield MediaFile(path, asset.content_type, url)
    finally:
        await desk.in_media(lambda: holder.__exit__(None, None, None))


# Taking in


async def _take_in(claim: Claim, output: Output, desk: Desk) -> outcomes.Result:
    """The output, archived before the ring turns. Raises AssetError or Unavailable."""
    wanted = claim.model.output
    if wanted is Modality.TEXT:
        return outcomes.Result(text=_text(output), usd=output.usd, seconds=output.seconds)
    with tempfile.TemporaryDirectory(prefix="panic-") as folder:
        source, content_type = await _source(output, wanted, Path(folder))
        asset = await desk.in_media(
            lambda: ingest.store(
                source, kind=wanted, content_type=content_type, screen=screening.look
            )
        )
    return outcomes.Result(asset=asset, usd=output.usd, seconds=output.seconds)


def _text(output: Output) -> str:
    # NUL cannot be stored, half surrogates cannot be sent.
    raw = (output.text or "").replace("\0", "").encode("utf-8", "ignore").decode()
    if not raw.strip():
        raise Unavailable("The model gave an empty text.").as_settled()
    return raw.strip()[:TEXT_MAX]


async def _source(output: Output, kind: Modality, into: Path) -> tuple[bytes | Path, str]:
    if output.data is not None:
        return output.data, output.content_type
    if output.file is not None:
        return output.file, output.content_type
    if not output.url:
        raise Unavailable(f"The model gave no {kind}.").as_settled()
    from assets import fetch  # brings an HTTP client along, which many workers never need

    return await fetch.fetch(
        output.url, kind=kind, allowed_origins=servers.origins(), into=into / "output"
    )


def _as_platform_error(error: AssetError) -> tuple[PlatformError, retries.Rule | None]:
    if isinstance(error, Declined):  # the network's policy for refusals decides
        return Refused(str(error), kind="sensitive"), None
    sentence = f"What the model gave could not be kept. {error}"
    if isinstance(error, StorageUnavailable):
        return Unavailable(sentence), retries.NO_STORAGE
    if isinstance(error, FetchFailed) and error.retryable:
        return Unavailable(sentence), None
    return Unavailable(sentence).as_settled(), BAD_MEDIA
