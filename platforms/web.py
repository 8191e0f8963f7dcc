"""Asking a vendor over HTTP: bounded in time and size, and every failure one of our errors.

For adapters that speak a vendor's wire format themselves. One connection pool per event loop.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from weakref import WeakKeyDictionary

import httpx

from .base import MediaFile
from .errors import (
    NotConfigured,
    PlatformError,
    RateLimited,
    Refused,
    TimedOut,
    Unavailable,
)

BODY_LIMIT = 32_000_000  # an answer may carry a picture as a data URI, but never a film
LONGEST_WAIT = 86_400.0  # whatever a Retry-After says, ask again tomorrow

_SENSITIVE = re.compile(
    r"nsfw|not safe for work|(?<!case)(?<!case-)(?<!case )(\b|new_)sensitive\b|\bE005\b"
    r"|sensitive ?content|\bsafety\b|safety_|\bmoderat(ed|ion)\b|moderation_|polic(y|ies)"
    r"|inappropriate|(explicit|adult|harmful|disallowed) (content|material)|content filter"
    r"|sexual|nudity|flagged|prohibited|(usage|community|content) guidelines|responsible ?ai"
    r"|risk control|copyright|(forbidden|banned|blocked) (words?|terms?|prompt)|csam",
    re.IGNORECASE,
)


class Unreached(Unavailable):
    """Not a byte of the request left this machine: asking again cannot be paid twice."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, object]:
        """The JSON object in the body; an empty one where there is none."""
        try:
            content = json.loads(self.body)
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}

    @property
    def detail(self) -> str:
        """What the provider said about the failure, in its own words, fit for one line."""
        content = self.json()
        words = next((content[key] for key in ("detail", "error", "title") if content.get(key)), "")
        if isinstance(words, dict):
            words = words.get("message", "")
        text = words if isinstance(words, str) else json.dumps(words)
        return " ".join(text.split())[:300]


_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = WeakKeyDictionary()


def client() -> httpx.AsyncClient:
    """The running loop's connection pool; sockets must not be shared between loops."""
    loop = asyncio.get_running_loop()
    found = _clients.get(loop)
    if found is None or found.is_closed:
        found = _clients[loop] = httpx.AsyncClient(
            timeout=httpx.Timeout(30, connect=5, pool=10),
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=20),
            # A stand-in on this machine is never behind the house's proxy.
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
        raise Unreached(f"{provider} cannot be reached ({type(error).__name__}).") from error
    except (httpx.TimeoutException, TimeoutError) as error:
        raise TimedOut(f"{provider} did not answer within {seconds:g} seconds.") from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
        raise NotConfigured(f"{provider} cannot be asked: its address or key is wrong.") from error
    except httpx.HTTPError as error:
        raise Unavailable(f"{provider} broke off its answer ({type(error).__name__}).") from error


async def _read(provider: str, response: httpx.Response) -> Answer:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise Unavailable(f"{provider} answered with more than {BODY_LIMIT // 10**6} MB.")
    return Answer(response.status_code, response.headers, bytes(body))


def multipart(
    media: MediaFile,
    limit: int,
    *,
    field: str = "content",
    name: str = "input",
    more: Mapping[str, str] | None = None,
) -> tuple[bytes, str]:
    """A form of the file and `more`, and that form's type. Not for the event loop."""
    if (size := media.path.stat().st_size) > limit:
        raise Refused(f"{size / 1e6:.0f} MB are more than the provider takes.")
    border = secrets.token_hex(16)
    lead = f"--{border}\r\nContent-Disposition: form-data; name="
    head = "".join(f'{lead}"{key}"\r\n\r\n{value}\r\n' for key, value in (more or {}).items())
    head += f'{lead}"{field}"; filename="{name}"\r\n'
    head += f"Content-Type: {media.content_type}\r\n\r\n"
    body = head.encode() + media.path.read_bytes() + f"\r\n--{border}--\r\n".encode()
    return body, f"multipart/form-data; boundary={border}"


def error_in(answer: Answer, provider: str, key_setting: str) -> PlatformError:
    """The error a status outside 2xx stands for."""
    status, said = answer.status, answer.detail
    words = f"{provider} answered {status}" + (f": {said}" if said else ".")
    if status == 401:
        return NotConfigured(f"{words} Check {key_setting}.", key_refused=True)
    if status == 403 and not is_sensitive(said):  # the key may be good for other models
        return NotConfigured(f"{words} Check {key_setting}.")
    if status == 402:
        sentence = f"{words} The account behind {key_setting} needs credit."
        return NotConfigured(sentence, key_refused=True)
    if status in {404, 410}:
        return NotConfigured(f"{words} The model or its version may have been withdrawn.")
    if status == 429:
        return RateLimited(words, retry_after=retry_after(answer))
    if status == 408:
        return TimedOut(words)
    if 400 <= status < 500 and status not in {409, 425}:
        declined = status == 451 or is_sensitive(said)
        return Refused(words, kind="sensitive" if declined else "invalid")
    return Unavailable(words)


def retry_after(answer: Answer, *, now: datetime | None = None) -> float | None:
    """Seconds to wait: the Retry-After header (number or date), else the body's `retry_after`."""
    header = answer.headers.get("retry-after", "").strip()
    said = answer.json().get("retry_after")
    try:
        seconds = float(header or str(said))
    except ValueError:
        try:
            due = parsedate_to_datetime(header)
        except ValueError:
            return None
        seconds = (
            due.replace(tzinfo=due.tzinfo or UTC) - (now or datetime.now(UTC))
        ).total_seconds()
    return min(max(0.0, seconds), LONGEST_WAIT)


def is_sensitive(words: str) -> bool:
    """Whether a provider's words mean that it declines the content, not the request's form."""
    return bool(_SENSITIVE.search(words))
