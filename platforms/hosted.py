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
import json
import mimetypes
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from . import web
from .base import Call, MediaFile
from .errors import (
    Cancelled,
    NotConfigured,
    PlatformError,
    RateLimited,
    Refused,
    TimedOut,
    Unavailable,
)
from .shapes import INLINE_LIMIT
from .stopping import unless_stopped

T = TypeVar("T")

_NO_CREDIT = re.compile(
    r"insufficient_quota|credit balance|billing_(hard_limit|not_active|error)", re.IGNORECASE
)
_BAD_KEY = re.compile(r"api[ _]key|invalid x-api-key|authentication_error", re.IGNORECASE)
_DECLINED = re.compile(
    r"content_policy|content_filter|moderation_blocked|responsibleai|safety_violation",
    re.IGNORECASE,
)
_MISADDRESSED = {"InvalidURL", "UnsupportedProtocol", "LocalProtocolError"}
_UNREACHED = {"ConnectError", "ConnectTimeout", "PoolTimeout"}


class Asking:
    """One call to one vendor; `sent` tells whether the paid request may have left."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.sent = False

    async def library(self, name: str) -> None:
        """Import the vendor's client in a thread: it takes seconds, and the loop must beat on."""
        for module in (name, "platforms.pool"):
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
        raise TimedOut(f"{provider} did not answer within {seconds:g} seconds.") from None
    except ModuleNotFoundError as error:
        raise NotConfigured(f"{provider} needs {error.name}: run `make setup`.") from error
    except Exception as error:  # a border: clients wrap what went wrong in errors of their own
        raise failure(error, provider, key_setting) from error


def check_key(key: str, provider: str, key_setting: str) -> None:
    """Raises NotConfigured where it is missing, or nothing that can be sent as one."""
    if not key:
        raise NotConfigured(f"{provider} needs {key_setting} to be set.")
    if not (key.strip().isascii() and key.strip().isprintable()):
        raise NotConfigured(f"{key_setting} contains characters that no key has.")


def failure(error: BaseException, provider: str, key_setting: str) -> PlatformError:
    """What an error of a vendor's client, or the reason behind it, stands for."""
    for reason in _reasons(error):
        name, response = type(reason).__name__, getattr(reason, "response", None)
        if isinstance(reason, PlatformError):
            return reason
        if hasattr(response, "status_code"):
            return error_in(as_answer(response), provider, key_setting)
        if isinstance(reason, UnicodeError) or name in _MISADDRESSED:
            return NotConfigured(f"{provider} cannot be asked: its address or key is wrong.")
        if name in _UNREACHED:
            return web.Unreached(f"{provider} cannot be reached ({name}).")
        if "Timeout" in name and reason.__cause__ is None:
            return TimedOut(f"{provider} did not answer in time.")
    name = type(error.__cause__ or error).__name__
    return Unavailable(f"{provider} broke off, or answered what makes no sense ({name}).")


def _reasons(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def as_answer(response: Any) -> web.Answer:
    """A client's response, as far as we look at it."""
    return web.Answer(response.status_code, response.headers, response.content)


def error_in(answer: web.Answer, provider: str, key_setting: str) -> PlatformError:
    """The error a status outside 2xx stands for; codes count, where words alone mislead."""
    content, usual = answer.json(), web.error_in(answer, provider, key_setting)
    facts = json.dumps(content.get("error") or content)
    if answer.status in {400, 403, 429} and _NO_CREDIT.search(facts):
        sentence = f"{usual} The account behind {key_setting} needs credit."
        return NotConfigured(sentence, key_refused=True)
    if answer.status == 403 and isinstance(usual, NotConfigured) and _BAD_KEY.search(facts):
        return NotConfigured(str(usual), key_refused=True)
    if isinstance(usual, Refused):
        if _DECLINED.search(facts):
            return Refused(str(usual), kind="sensitive")
        if answer.status == 400 and _BAD_KEY.search(facts):
            return NotConfigured(f"{usual} Check {key_setting}.", key_refused=True)
    delay = re.search(r'"retryDelay": "([0-9.]+)s"', facts)
    if isinstance(usual, RateLimited) and usual.retry_after is None and delay:
        return RateLimited(str(usual), retry_after=float(delay[1]))
    return usual


# Media


def read_inline(media: MediaFile, limit: int = INLINE_LIMIT) -> bytes:
    """The file's bytes, to be sent along. Reads the file: not for the event loop."""
    size = media.path.stat().st_size
    if size > limit:
        raise Refused(f"{size / 1e6:.0f} MB are more than the provider takes.")
    return media.path.read_bytes()


def file_name(media: MediaFile) -> str:
    """A name whose ending says what it is; some vendors look at nothing else."""
    known = {"audio/wav": ".wav", "audio/x-wav": ".wav", "audio/ogg": ".ogg", "audio/mp4": ".m4a"}
    kind = media.content_type.partition(";")[0]
    return f"input{known.get(kind) or mimetypes.guess_extension(kind) or media.path.suffix}"
