"""This machine: models that need no key and no network, asked through the model host's socket."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Mapping, Sequence

from django.conf import settings
from django.utils.translation import gettext_noop

from local_models.address import host_socket
from local_models.protocol import BadFrame, HostReply, HostRequest, read_frame, write_frame
from platforms import sentences
from platforms.base import Availability, Call, MediaFile, Model, Output, Platform, Warmed, Warmth
from platforms.errors import (
    Cancelled,
    NotConfigured,
    PlatformError,
    RateLimited,
    Refused,
    TimedOut,
    Unavailable,
)
from platforms.local_catalogue import BY_ID, ENTRIES
from platforms.registry import register

MAX_INPUT = 20_000  # characters; no local model makes use of more


@register
class Local(Platform):
    """Asks the model host, which keeps the models in memory; this process never loads one."""

    slug = "local"
    label = gettext_noop("This machine")
    of_machine = True

    def models(self) -> Sequence[Model]:
        return tuple(entry.model for entry in ENTRIES)

    def availability(self, model: Model, credentials: Mapping[str, str]) -> Availability:
        return BY_ID[model.id].availability()

    async def invoke(self, call: Call) -> Output:
        reply = await self._asked(call, _request(call))
        if reply.text is not None:
            return Output(text=reply.text, usd=0.0, seconds=reply.seconds)
        return Output(
            data=reply.data, content_type=reply.content_type, usd=0.0, seconds=reply.seconds
        )

    async def warm(self, call: Call) -> Warmed:
        """The model host reads the weights, and keeps them for as long as it runs."""
        await self._asked(call, HostRequest(model=call.model.id, load_only=True))
        return Warmed(Warmth.WARM, sentences.IN_MEMORY)

    async def _asked(self, call: Call, request: HostRequest) -> HostReply:
        if call.cancelled.is_set():
            raise Cancelled
        found = self.availability(call.model, call.credentials)
        if not found.available:
            raise NotConfigured(found.reason)
        reply = await _until_cancelled(call, _ask(request))
        if reply.error:
            raise _error(reply)
        return reply


def _request(call: Call) -> HostRequest:
    return HostRequest(
        model=call.model.id,
        text="" if isinstance(call.input, MediaFile) else call.input[:MAX_INPUT],
        path=os.fspath(call.input.path) if isinstance(call.input, MediaFile) else "",
        parameters=dict(call.parameters),
        key=call.idempotency_key if call.seed is None else f"seed {call.seed}",
        number=call.number,
    )


async def _until_cancelled(call: Call, question: Coroutine[None, None, HostReply]) -> HostReply:
    """The answer, unless the call is cancelled or its deadline passes first; then it closes the connection."""
    asking = asyncio.ensure_future(question)
    stopped = asyncio.ensure_future(call.cancelled.wait())
    try:
        await asyncio.wait(
            {asking, stopped},
            timeout=call.model.deadline_seconds,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if asking.done():
            return asking.result()
        if stopped.done():
            raise Cancelled
        words = {"model": call.model.name, "seconds": f"{call.model.deadline_seconds:.0f}"}
        raise TimedOut(sentences.MODEL_LATE % words)
    finally:
        stopped.cancel()
        asking.cancel()
        await asyncio.gather(asking, stopped, return_exceptions=True)


async def _ask(request: HostRequest) -> HostReply:
    """One connection, one request, one reply. Closing the connection is how the host learns."""
    try:
        reader, writer = await asyncio.open_unix_connection(
            os.fspath(host_socket(settings.RUN_DIR))
        )
    except OSError:
        raise Unavailable(sentences.HOST_ABSENT) from None
    try:
        await write_frame(writer, request.header())
        return HostReply.from_frame(*await read_frame(reader))
    except (asyncio.IncompleteReadError, ConnectionError):
        raise Unavailable(sentences.HOST_STOPPED) from None
    except BadFrame as error:
        raise Unavailable(sentences.HOST_BAD_FRAME % {"error": error}) from None
    finally:
        writer.close()


def _error(reply: HostReply) -> PlatformError:
    if reply.error == "invalid":
        return Refused(reply.detail, kind="invalid")
    if reply.error == "unknown":
        return NotConfigured(reply.detail)
    if reply.error == "busy":
        return RateLimited(reply.detail, retry_after=2.0)
    return Unavailable(reply.detail)
