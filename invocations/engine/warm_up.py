"""Loading the models of a network before it opens: asked for by a person, done by a worker, many at
once and never as a part of a run; and what is known of each slot."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_q.tasks import async_task

from credentials.resolution import ResolvedCredential
from invocations import budgets
from invocations.events import WarmthChanged
from invocations.models import Halt, Spending, Warming
from invocations.models.warming import LONGEST, WarmUpState
from invocations.refusals import Halted
from lib.encryption import Unreadable
from networks.models import Network
from platforms.base import Call, MediaFile, Modality, Model, Warmed
from platforms.errors import Cancelled, PlatformError
from platforms.registry import UnknownModel, get_model, get_platform
from realtime.events import send

from . import placeholders, sentences
from .threads import Threads

LOAD = "invocations.tasks.warm"
SENTENCES = {
    WarmUpState.WARMING: _("Being loaded."),
    WarmUpState.UNKNOWN: _("What became of it is not known."),
}


@dataclass(frozen=True, slots=True)
class SlotWarmth:
    """A position in the ring and how warm its model is; no state where nobody has asked."""

    slot: int
    model: str
    name: str
    state: str | None
    words: str
    cold_seconds: float | None  # how long it typically takes to be loaded
    reported_at: datetime | None


def warm(*, network: Network, at: datetime) -> None:
    """Have every model of the ring loaded; those that are being loaded already are left alone.

    Raises Halted while everything is stopped.
    """
    with transaction.atomic():
        if Halt.lock().stop_all is not None:
            raise Halted
        names = Warming.ask(network, [slot.model for slot in network.ring], at=at)
        if names:
            transaction.on_commit(lambda: async_task(LOAD, network.pk, names))


def warmth_of_slots(network: Network, at: datetime) -> list[SlotWarmth]:
    """One for each slot of the ring."""
    known = {row.model: row for row in Warming.objects.filter(network=network)}
    return [
        _slot(position, slot.model, known.get(slot.model), at)
        for position, slot in enumerate(network.ring)
    ]


def _slot(position: int, model_id: str, row: Warming | None, at: datetime) -> SlotWarmth:
    try:
        model = get_model(model_id)
    except UnknownModel:
        return SlotWarmth(
            position, model_id, model_id, None, gettext("It does not exist any more."), None, None
        )
    if row is None:
        return SlotWarmth(position, model_id, model.name, None, "", model.cold_seconds, None)
    state = row.state_at(at)
    words = row.words or str(SENTENCES.get(state) or "")
    return SlotWarmth(
        position, model_id, model.name, state, words, model.cold_seconds, row.reported_at
    )


logger = logging.getLogger(__name__)

HALT_CHECK_SECONDS = 1.0  # a stop-all reaches a model that is being loaded, too


class WarmUpRefused(Exception):
    """It is not even tried; the message says why."""


@dataclass(frozen=True, slots=True)
class _Means:
    model: Model
    parameters: dict[str, object]
    credential: ResolvedCredential


async def load(network_pk: int, names: Collection[str], threads: Threads) -> None:
    """Have these models loaded, and write down what became of each."""

    def asked() -> tuple[Network | None, list[Warming]]:
        network = Network.objects.select_related("owner").filter(pk=network_pk).first()
        rows = Warming.objects.filter(network=network_pk, model__in=names)
        return network, list(rows.under_way(timezone.now()))

    network, rows = await threads.in_database(asked)
    if network is not None:
        await asyncio.gather(*(_load(network, row, threads) for row in rows))


async def load_here(pk: int, threads: Threads) -> None:
    """Have the model of this row loaded on this machine, too; the row is another worker's to write."""

    def found() -> Warming | None:
        return Warming.objects.select_related("network__owner").filter(pk=pk).first()

    row = await threads.in_database(found)
    if row is None:
        return
    try:
        means = await threads.in_database(lambda: _means(row.network, row))
        await _loaded(means, threads)
    except (WarmUpRefused, PlatformError, TimeoutError) as error:
        logger.warning("%s is not loaded on this machine: %s", row.model, error)


async def _load(network: Network, row: Warming, threads: Threads) -> None:
    try:
        means = await threads.in_database(lambda: _means(network, row))
        warmed = await _loaded(means, threads)
        state, words = WarmUpState(warmed.state), warmed.words
    except WarmUpRefused as reason:
        state, words = WarmUpState.FAILED, str(reason)
    except Cancelled:
        state, words = WarmUpState.FAILED, sentences.WARM_UP_STOPPED
    except PlatformError as error:
        state, words = WarmUpState.FAILED, means.credential.redact(str(error))
    except TimeoutError:
        state, words = WarmUpState.UNKNOWN, sentences.NOT_WARM_IN_TIME
    except Exception:  # a border: whatever an adapter does, the curator needs an answer
        logger.exception("warming %s of %s", row.model, network)
        state, words = WarmUpState.FAILED, sentences.WARM_UP_FAILED
    else:
        if warmed.charged:
            await threads.in_database(lambda: _record_spending(network, means.model))
    await threads.in_database(lambda: row.record_reply(state, words, at=timezone.now()))
    await threads.in_database(lambda: send(network.topic, WarmthChanged()))


def _means(network: Network, row: Warming) -> _Means:
    """What the request is made with. Raises WarmUpRefused."""
    try:
        model = get_model(row.model)
    except UnknownModel:
        raise WarmUpRefused(sentences.MODEL_IS_GONE) from None
    if Halt.current() is not None:
        raise WarmUpRefused(sentences.IS_HALTED)
    if spent := budgets.reached_limit(network, timezone.now(), price=model.usd or 0.0):
        raise WarmUpRefused(spent.sentence)
    credential = network.credential_resolver.resolve(model.platform)
    if credential.problem:
        raise WarmUpRefused(credential.problem)
    slot = next((slot for slot in network.ring if slot.model == row.model), None)
    return _Means(model, {**model.defaults, **(slot.parameters if slot else {})}, credential)


def _record_spending(network: Network, model: Model) -> None:
    """As a whole call: what a part of one comes to is not known, and must not be nothing."""
    with transaction.atomic():
        Spending.book(network, price=model.usd or 0.0, at=timezone.now())


async def _loaded(means: _Means, threads: Threads) -> Warmed:
    try:
        credentials = means.credential.secrets()
    except Unreadable:
        raise WarmUpRefused(sentences.KEY_UNREADABLE) from None
    model, cancelled = means.model, asyncio.Event()
    watch = asyncio.ensure_future(_watch_for_halt(cancelled, threads))
    try:
        async with (
            asyncio.timeout(LONGEST.total_seconds()),
            _placeholder_input(model.input, threads) as given,
        ):
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


async def _watch_for_halt(cancelled: asyncio.Event, threads: Threads) -> None:
    while await threads.in_database(Halt.current) is None:
        await asyncio.sleep(HALT_CHECK_SECONDS)
    cancelled.set()


@contextlib.asynccontextmanager
async def _placeholder_input(
    modality: Modality, threads: Threads
) -> AsyncIterator[str | MediaFile]:
    """An input that any model of this kind takes."""
    asset = await threads.in_media(lambda: placeholders.asset(modality))
    if asset is None:
        yield placeholders.TEXT
        return
    holder = asset.path()
    path = await threads.in_media(holder.__enter__)
    try:
        yield MediaFile(path, asset.content_type)
    finally:
        await threads.in_media(lambda: holder.__exit__(None, None, None))
