"""One request through a vendor's own client: loaded late, bounded, every failure one of ours.

    async with asking(call, "Acme", "ACME_API_KEY") as asked:
        await asked.library("acme")
        ...
        answer = await asked.send(client.paint, prompt=call.input)

Such a vendor has no job to follow or to cancel: a stop drops the request, and whether it is paid
for then is the vendor's secret. Nothing here knows a vendor; their clients resemble each other.
"""

from __future__ import annotations

import asyncio
import importlib
import mimetypes
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from . import http, sentences
from .base import Call, MediaFile, Platform, unless_stopped
from .errors import (
    Cancelled,
    NotConfigured,
    PlatformError,
    Refused,
    TimedOut,
    Unavailable,
)
from .payloads import INLINE_LIMIT, find

T = TypeVar("T")

_MISADDRESSED = {"InvalidURL", "UnsupportedProtocol", "LocalProtocolError"}
_UNREACHED = {"ConnectError", "ConnectTimeout", "PoolTimeout"}


class Asking:
    """One call to one vendor; `sent` tells whether the paid request may have left."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.sent = False

    async def library(self, name: str) -> None:
        """Import the vendor's client in a thread: it takes seconds, and the loop must beat on."""
        for module in (name, "platforms.http_pool"):
            if module not in sys.modules:
                await asyncio.to_thread(importlib.import_module, module)

    async def send(self, verb: Callable[..., Awaitable[T]], *given: object, **asked: object) -> T:
        """Await `verb(...)`, the one paid request, unless a stop came first; a stop drops it."""

        async def sending() -> T:
            await self.call.begin()
            self.sent = True
            return await verb(*given, **asked)

        self.call.progress("asking")
        return await unless_stopped(self.call, sending())


@asynccontextmanager
async def asking(
    call: Call, provider: str, key_setting: str, *, needed: bool = True
) -> AsyncIterator[Asking]:
    """Bounds what is inside by the model's deadline; only errors of ours come out."""
    if call.cancelled.is_set():
        raise Cancelled
    if needed:
        check_key(call.credentials.get(key_setting, ""), provider, key_setting)
    asked = Asking(call)
    try:
        async with asyncio.timeout(call.model.deadline_seconds):
            yield asked
    except Cancelled:
        raise Cancelled("uncertain" if asked.sent else "cancelled") from None
    except PlatformError:
        raise
    except TimeoutError:
        seconds = call.model.deadline_seconds
        late = TimedOut(http.not_in_time(provider, seconds))
        raise (late if asked.sent else late.as_free()) from None
    except ModuleNotFoundError as error:
        words = {"name": provider, "package": error.name}
        raise NotConfigured(sentences.NEEDS_PACKAGE % words) from error
    except Exception as error:  # a border: clients wrap what went wrong in errors of their own
        raise failure(error, provider, key_setting) from error


def make_client(make: Callable[..., T], call: Call, key: str, address: str) -> T:
    """A client for one call. Cheap: the connections are the loop's own pool."""
    from . import http_pool

    return make(
        api_key=key.strip(),
        base_url=address,
        max_retries=0,  # the engine decides
        timeout=call.model.deadline_seconds,
        http_client=http_pool.client(),
        default_headers={"Idempotency-Key": call.idempotency_key},
    )


def check_key(key: str, provider: str, key_setting: str) -> None:
    """Raises NotConfigured where it is missing, or nothing that can be sent as one."""
    if not key:
        raise NotConfigured(sentences.NEEDS_SETTING % {"platform": provider, "names": key_setting})
    if not (key.strip().isascii() and key.strip().isprintable()):
        raise NotConfigured(sentences.KEY_HAS_STRANGE_SIGNS % {"key": key_setting})


def failure(error: BaseException, provider: str, key_setting: str) -> PlatformError:
    """What an error of a vendor's client, or the reason behind it, stands for."""
    for reason in _reasons(error):
        name, response = type(reason).__name__, getattr(reason, "response", None)
        if isinstance(reason, PlatformError):
            return reason
        if hasattr(response, "status_code"):
            return http.error_in(as_answer(response), provider, key_setting)
        if isinstance(reason, UnicodeError) or name in _MISADDRESSED:
            return NotConfigured(sentences.MISADDRESSED % {"provider": provider})
        if name in _UNREACHED:
            return http.Unreached(sentences.NOT_REACHED % {"provider": provider, "error": name})
        if "Timeout" in name and reason.__cause__ is None:
            return TimedOut(sentences.LATE % {"provider": provider})
    name = type(error.__cause__ or error).__name__
    words = {"provider": provider, "error": name}
    return Unavailable(sentences.BROKE_OFF_OR_SENSELESS % words).as_hidden()


def _reasons(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def as_answer(response: Any) -> http.Answer:
    """A client's response, as far as we look at it."""
    return http.Answer(response.status_code, response.headers, response.content)


# Media


def read_inline(media: MediaFile, limit: int = INLINE_LIMIT) -> bytes:
    """The file's bytes, to be sent along. Reads the file: not for the event loop."""
    size = media.path.stat().st_size
    if size > limit:
        raise Refused(sentences.INPUT_TOO_LARGE % {"megabytes": f"{size / 1e6:.0f}"})
    return media.path.read_bytes()


def file_name(media: MediaFile) -> str:
    """A name whose ending says what it is; some vendors look at nothing else."""
    known = {"audio/wav": ".wav", "audio/x-wav": ".wav", "audio/ogg": ".ogg", "audio/mp4": ".m4a"}
    kind = media.content_type.partition(";")[0]
    return f"input{known.get(kind) or mimetypes.guess_extension(kind) or media.path.suffix}"


# Keys


SECONDS = 10.0


async def check_by_request(
    platform: Platform, credentials: Mapping[str, str], url: str, label: str = "", **headers: str
) -> str:
    """GET `url`: a sentence on what the key opens. Raises only errors of `platforms.errors`.

    In `headers`, `{key}` stands for the key; `x_goog_api_key` is sent as `x-goog-api-key`.
    """
    name, label = platform.key_name, label or platform.label
    key = credentials.get(name, "").strip()
    check_key(key, label, name)
    sent = {header.replace("_", "-"): value.format(key=key) for header, value in headers.items()}
    answer = await http.send(label, "GET", url, headers=sent, seconds=SECONDS)
    if answer.status >= 300:
        raise http.error_in(answer, label, name)
    return _in_words(label, answer.json())


def _in_words(label: str, content: Mapping[str, object]) -> str:
    if account := find(content, "username"):
        words = {"provider": label, "account": str(account)[:60]}
        return sentences.TAKES_KEY_OF_ACCOUNT % words
    listed = content.get("data", content.get("models"))
    if not isinstance(listed, list):
        raise Unavailable(sentences.SENSELESS % {"provider": label})
    return sentences.TAKES_KEY_AND_LISTS % {"provider": label, "count": len(listed)}
