"""This machine: models that need no key and no network, asked through the model host's socket."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Mapping, Sequence

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
from platforms.local import host_socket
from platforms.local.catalogue import BY_ID, ENTRIES
from platforms.local.protocol import Garbled, Reply, Request, read_frame, write_frame
from platforms.registry import register

LONGEST_INPUT = 20_000  # characters; no local model makes use of more
STOPPED = "The local model host stopped in the middle of a call; it is being restarted."
ABSENT = "The local model host is not running; it is started by `manage.py up`."


@register
class Local(Platform):
    """Asks the model host, which keeps the models in memory; this process never loads one."""

    slug = "local"
    label = "This machine"

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
        await self._asked(call, Request(model=call.model.id, load_only=True))
        return Warmed(Warmth.WARM, "In memory on this machine.")

    async def _asked(self, call: Call, request: Request) -> Reply:
        if call.cancelled.is_set():
            raise Cancelled
        found = self.availability(call.model, call.credentials)
        if not found.available:
            raise NotConfigured(found.reason)
        reply = await _until_cancelled(call, _ask(request))
        if reply.error:
            raise _error(reply)
        return reply


def _request(call: Call) -> Request:
    return Request(
        model=call.model.id,
        text="" if isinstance(call.input, MediaFile) else call.input[:LONGEST_INPUT],
        path=os.fspath(call.input.path) if isinstance(call.input, MediaFile) else "",
        parameters=dict(call.parameters),
        key=call.idempotency_key,
        number=call.number,
    )


async def _until_cancelled(call: Call, question: Coroutine[None, None, Reply]) -> Reply:
    """The answer, unless the call is cancelled or its deadline passes first; then it hangs up."""
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
        raise TimedOut(
            f"{call.model.name} gave no answer within {call.model.deadline_seconds:.0f} s."
        )
    finally:
        stopped.cancel()
        asking.cancel()
        await asyncio.gather(asking, stopped, return_exceptions=True)


async def _ask(request: Request) -> Reply:
    """One connection, one request, one reply. Closing the connection is how the host learns."""
    try:
        reader, writer = await asyncio.open_unix_connection(os.fspath(host_socket()))
    except OSError:
        raise Unavailable(ABSENT) from None
    try:
        await write_frame(writer, request.header())
        header, payload = await read_frame(reader)
    except (asyncio.IncompleteReadError, ConnectionError):
        raise Unavailable(STOPPED) from None
    except Garbled as error:
        raise Unavailable(f"The local model host answered nonsense: {error}.") from None
    finally:
        writer.close()
    return Reply.of_frame(header, payload)


def _error(reply: Reply) -> PlatformError:
    if reply.error == "invalid":
        return Refused(reply.detail, kind="invalid")
    if reply.error == "unknown":
        return NotConfigured(reply.detail)
    if reply.error == "busy":
        return RateLimited(reply.detail, retry_after=2.0)
    return Unavailable(reply.detail)
