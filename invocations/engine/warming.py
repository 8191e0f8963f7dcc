"""Loading the models of a network: done by a worker, many at once, and never on a network's run."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass
from typing import Protocol, TypeVar

from django.db import transaction
from django.utils import timezone

from invocations import budgets
from invocations.models import Halt, Spending, Warming
from invocations.models.warming import LONGEST, Warmth
from networks.models import Network
from platforms.base import Call, MediaFile, Modality, Model, Warmed
from platforms.errors import Cancelled, PlatformError
from platforms.keyring import Grant
from platforms.registry import UnknownModel, get_model, get_platform
from platforms.sealing import Unreadable
from realtime import progress

from . import standins

logger = logging.getLogger(__name__)
T = TypeVar("T")

CHANGED = "warmth.changed"  # shown like progress, and not logged
HALT_EVERY = 1.0  # seconds; the red button reaches a model that is being loaded, too
STOPPED = "Everything was stopped meanwhile."


class Desk(Protocol):
    async def in_database(self, work: Callable[[], T]) -> T: ...
    async def in_media(self, work: Callable[[], T]) -> T: ...


class Unwarmed(Exception):
    """It is not even tried; the message says why."""


@dataclass(frozen=True, slots=True)
class _Means:
    model: Model
    parameters: dict[str, object]
    grant: Grant


async def warm(network_pk: int, names: Collection[str], desk: Desk) -> None:
    """Have these models loaded, and write down what became of each."""

    def asked() -> tuple[Network | None, list[Warming]]:
        network = Network.objects.select_related("owner").filter(pk=network_pk).first()
        rows = Warming.objects.filter(network=network_pk, model__in=names)
        return network, list(rows.under_way(timezone.now()))

    network, rows = await desk.in_database(asked)
    if network is not None:
        await asyncio.gather(*(_warm(network, row, desk) for row in rows))


async def _warm(network: Network, row: Warming, desk: Desk) -> None:
    try:
        means = await desk.in_database(lambda: _means(network, row))
        warmed = await _loaded(means, desk)
        state, words = Warmth(warmed.state), warmed.words
    except Unwarmed as reason:
        state, words = Warmth.FAILED, str(reason)
    except Cancelled:
        state, words = Warmth.FAILED, STOPPED
    except PlatformError as error:
        state, words = Warmth.FAILED, means.grant.in_words(str(error))
    except TimeoutError:
        state, words = Warmth.UNKNOWN, "It was not there within a quarter of an hour."
    except Exception:  # a border: whatever an adapter does, the curator must be told
        logger.exception("warming %s of %s", row.model, network)
        state, words = Warmth.FAILED, "Something unexpected went wrong."
    else:
        if warmed.charged:
            await desk.in_database(lambda: _book(network, means.model))
    await desk.in_database(lambda: row.tell(state, words, at=timezone.now()))
    await desk.in_database(lambda: progress.tell(network.topic, CHANGED, {}))


def _means(network: Network, row: Warming) -> _Means:
    """What the request is made with. Raises Unwarmed."""
    try:
        model = get_model(row.model)
    except UnknownModel:
        raise Unwarmed("It does not exist any more.") from None
    if Halt.current() is not None:
        raise Unwarmed("Everything is stopped.")
    if spent := budgets.spent(network, timezone.now(), price=model.usd or 0.0):
        raise Unwarmed(spent.sentence)
    grant = network.keyring.grant(model.platform)
    if grant.problem:
        raise Unwarmed(grant.problem)
    slot = next((slot for slot in network.ring if slot.model == row.model), None)
    return _Means(model, {**model.defaults, **(slot.parameters if slot else {})}, grant)


def _book(network: Network, model: Model) -> None:
    """As a whole call: what a part of one comes to is not known, and must not be nothing."""
    with transaction.atomic():
        Spending.book(network, price=model.usd or 0.0, at=timezone.now())


async def _loaded(means: _Means, desk: Desk) -> Warmed:
    try:
        credentials = means.grant.credentials()
    except Unreadable:
        raise Unwarmed("The key was sealed with another one meanwhile.") from None
    model, cancelled = means.model, asyncio.Event()
    watch = asyncio.ensure_future(_heed_halts(cancelled, desk))
    try:
        async with asyncio.timeout(LONGEST.total_seconds()), _harmless(model.input, desk) as given:
            call = Call(
                model=model,
                input=given,
                parameters=means.parameters,
                credentials=credentials,
                idempotency_key=f"warm-{uuid.uuid4().hex}",
                cancelled=cancelled,
            )
            return await get_platform(model.platform).warm(call)
    finally:
        watch.cancel()


async def _heed_halts(cancelled: asyncio.Event, desk: Desk) -> None:
    while await desk.in_database(Halt.current) is None:
        await asyncio.sleep(HALT_EVERY)
    cancelled.set()


@contextlib.asynccontextmanager
async def _harmless(modality: Modality, desk: Desk) -> AsyncIterator[str | MediaFile]:
    """An input that any model of this kind takes."""
    asset = await desk.in_media(lambda: standins.asset(modality))
    if asset is None:
        yield standins.TEXT
        return
    holder = asset.path()
    path = await desk.in_media(holder.__enter__)
    try:
        yield MediaFile(path, asset.content_type)
    finally:
        await desk.in_media(lambda: holder.__exit__(None, None, None))
