"""Asking a vendor over HTTP: bounded in time and size, and every failure one of our errors.

For adapters that speak a vendor's wire format themselves. One connection pool per event loop.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import httpx

from . import provider_errors, sentences
from .base import MediaFile
from .errors import NotConfigured, PlatformError, Refused, TimedOut, Unavailable, Unusable

BODY_LIMIT = 32_000_000  # an answer may carry a picture as a data URI, but never a film


class Unreached(Unavailable):
    """Not a byte of the request left this machine: asking again cannot be paid twice."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content(self) -> object:
        """The JSON in the body, whatever it is; None where there is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def json(self) -> dict[str, object]:
        """The JSON object in the body; an empty one where there is none."""
        content = self.content
        return content if isinstance(content, dict) else {}

    @property
    def is_garbled(self) -> bool:
        """Whether it is neither JSON nor a page of somebody in between: an answer that was lost."""
        return self.content is None and not self.body.lstrip().startswith(b"<")

    @property
    def detail(self) -> str:
        """What the provider said about the failure, in its own words, fit for one line."""
        return provider_errors.words_in(self.body)


_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = WeakKeyDictionary()


def client() -> httpx.AsyncClient:
    """The running loop's connection pool; sockets must not be shared between loops."""
    loop = asyncio.get_running_loop()
    found = _clients.get(loop)
    if found is None or found.is_closed:
        found = _clients[loop] = httpx.AsyncClient(
            timeout=httpx.Timeout(30, connect=5, pool=10),
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=20),
            # A server on this machine is never behind the proxy.
            mounts={"all://localhost": None, "all://127.0.0.1": None},
        )
    return found


async def close() -> None:
    """Close the running loop's pool; the next request opens a new one."""
    if found := _clients.pop(asyncio.get_running_loop(), None):
        await found.aclose()


async def send(
    provider: str,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    content: bytes | None = None,
    seconds: float = 30,
) -> Answer:
    """One request; `seconds` bounds the whole of it, so a body that drips does not hold us.

    Raises Unreached, TimedOut or Unavailable. Any status is an answer.
    """
    try:
        async with asyncio.timeout(seconds):
            request = client().build_request(method, url, headers=headers, content=content)
            response = await client().send(request, stream=True)
            try:
                return await _read(provider, response)
            finally:
                await response.aclose()
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise Unreached(
            sentences.NOT_REACHED % {"provider": provider, "error": type(error).__name__}
        ) from error
    except (httpx.TimeoutException, TimeoutError) as error:
        raise TimedOut(not_in_time(provider, seconds)) from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
        raise NotConfigured(sentences.MISADDRESSED % {"provider": provider}) from error
    except httpx.HTTPError as error:
        broken = Unavailable(
            sentences.BROKE_OFF % {"provider": provider, "error": type(error).__name__}
        )
        raise broken.as_hidden() from error


async def _read(provider: str, response: httpx.Response) -> Answer:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > BODY_LIMIT:
            words = {"provider": provider, "megabytes": BODY_LIMIT // 10**6}
            raise Unusable(sentences.ANSWER_TOO_LARGE % words)
    return Answer(response.status_code, response.headers, bytes(body))


def not_in_time(provider: str, seconds: float) -> str:
    """The sentence of a TimedOut."""
    return sentences.NOT_IN_TIME % {"provider": provider, "seconds": f"{seconds:g}"}


def check_size(media: MediaFile, limit: int) -> None:
    """Raises Refused for a file that is larger than the provider takes."""
    if (size := media.path.stat().st_size) > limit:
        raise Refused(sentences.INPUT_TOO_LARGE % {"megabytes": f"{size / 1e6:.0f}"})


def multipart(
    media: MediaFile, limit: int, *, field: str, name: str, more: Mapping[str, str]
) -> tuple[bytes, str]:
    """A form of the file and `more`, and that form's type. Not for the event loop."""
    check_size(media, limit)
    with media.path.open("rb") as file:
        files = {field: (name, file, media.content_type)}
        form = httpx.Request("POST", "http://unsent", data=dict(more), files=files)
        return form.read(), form.headers["content-type"]


def error_in(answer: Answer, provider: str, key_setting: str) -> PlatformError:
    """The error that an answer outside 2xx stands for."""
    return provider_errors.error_of(
        answer.status, answer.headers, answer.body, provider, key_setting
    )


def retry_after(answer: Answer, *, now: datetime | None = None) -> float | None:
    """Seconds to wait before asking again; None where the provider does not say."""
    return provider_errors.retry_after(answer.headers, answer.body, now=now)


def raise_error_inside(answer: Answer, provider: str, key_setting: str) -> None:
    """Raises the error that an answer of 200 contains, settled: the provider is done with it."""
    if status := provider_errors.status_inside(answer.content):
        inside = Answer(status, answer.headers, answer.body)
        raise error_in(inside, provider, key_setting).as_free().as_settled()


NEAR = {"local", "localhost", "internal", "lan", "home", "arpa"}  # last parts of names


def is_outside(url: str) -> bool:
    """Whether it could be reached from anywhere: no address or name of a private network."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        name, _, last = host.rpartition(".")
        return bool(name) and last not in NEAR
