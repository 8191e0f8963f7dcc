"""Sending what waits for a channel, as a worker does: claim, prepare, begin, send, note.

claimed ──(dies)──▶ sent by another worker
sending ──(dies)──▶ uncertain: said, and not sent again
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeVar

from django.utils import timezone

from . import sender
from .models import Channel, Delivery, DeliveryReport, PendingMessage
from .sender import Prepare
from .texts import MessageText, write_message

T = TypeVar("T")
MAX_AT_ONCE = 2  # in a worker process; each is a process of 40 MB for a second

_places = asyncio.Semaphore(MAX_AT_ONCE)


class DeliveryThreads(Protocol):
    """Where a coroutine does its database work."""

    async def in_database(self, work: Callable[[], T]) -> T: ...


async def deliver(pk: int, threads: DeliveryThreads, *, prepare: Prepare = sender.prepare) -> None:
    """Send what waits for channel `pk`, if it is due and nobody else does. With no place free nothing
    is done: the channel stays due, and is offered again."""
    if _places.locked():
        return
    async with _places:
        claimed = await threads.in_database(lambda: _claim(pk))
        if claimed is None:
            return
        message, text = claimed
        report = await _send(message, text, threads, prepare)
        if report is not None:
            await threads.in_database(
                lambda: Channel.note_report(message.delivery, report, at=timezone.now())
            )


async def _send(
    message: PendingMessage, text: MessageText, threads: DeliveryThreads, prepare: Prepare
) -> DeliveryReport | None:
    """What became of it; None: the claim was lost meanwhile, and nothing was sent."""
    prepared = await asyncio.to_thread(prepare, message, text)
    if isinstance(prepared, DeliveryReport):
        return prepared
    token = message.delivery.token
    if not await threads.in_database(lambda: Delivery.begin_sending(token, at=timezone.now())):
        await asyncio.to_thread(prepared.discard)
        return None
    return await asyncio.to_thread(prepared.send)


def _claim(pk: int) -> tuple[PendingMessage, MessageText] | None:
    message = Channel.claim_message(pk, at=timezone.now())
    if message is None:
        return None
    text = write_message(message)
    message.delivery.note_title(text.title)
    return message, text
