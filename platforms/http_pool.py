"""The HTTP connections of the vendors' own clients: one pool per event loop, bounded.

The clients of OpenAI, Anthropic and Google are built on the same library, which costs a worker
memory; so this module is imported by the first call that needs it, and by nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from weakref import WeakKeyDictionary

import httpx2

from . import sentences
from .errors import Unusable
from .http import BODY_LIMIT

TIMEOUT = httpx2.Timeout(300, connect=5, pool=10)  # the model's own deadline is usually shorter
_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx2.AsyncClient] = WeakKeyDictionary()


def client() -> httpx2.AsyncClient:
    """The running loop's pool; sockets must not be shared between loops."""
    loop = asyncio.get_running_loop()
    found = _clients.get(loop)
    if found is None or found.is_closed:
        found = _clients[loop] = httpx2.AsyncClient(
            timeout=TIMEOUT,
            limits=httpx2.Limits(max_connections=100, max_keepalive_connections=20),
            event_hooks={"response": [_bound]},
            # A server on this machine is never behind the proxy.
            mounts={"all://localhost": None, "all://127.0.0.1": None},
        )
    return found


async def close() -> None:
    """Close the running loop's pool; the next request opens a new one."""
    if found := _clients.pop(asyncio.get_running_loop(), None):
        await found.aclose()


async def _bound(response: httpx2.Response) -> None:
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Bounded(response.stream)


class _Bounded(httpx2.AsyncByteStream):
    """A body that is cut off where no sane answer goes on."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self.stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self.stream:
            size += len(chunk)
            if size > BODY_LIMIT:
                words = {"megabytes": BODY_LIMIT // 10**6}
                raise Unusable(sentences.ANSWER_HAS_TOO_MUCH % words)
            yield chunk

    async def aclose(self) -> None:
        await self.stream.aclose()
