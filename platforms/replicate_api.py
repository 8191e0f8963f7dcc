"""Replicate's API through its official client: a request, and the predictions it answers with.

docs/decisions/0018 says which parts of the client are used, and why not the rest.
"""

from __future__ import annotations

import asyncio
import importlib
import re
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

import httpx
from django.conf import settings

from . import http, provider_errors, sentences
from .errors import NotConfigured, PlatformError, Refused, TimedOut, Unavailable

if TYPE_CHECKING:
    from replicate.client import Client

KEY = "REPLICATE_API_TOKEN"
ADDRESS = "https://api.replicate.com"
Prediction = Mapping[str, object]
Request = Callable[["Client"], Awaitable[object]]
BOOTING = "starting"
RUNNING = {BOOTING, "processing"}
ENDED = {"succeeded", "failed", "canceled", "aborted"}
_NO_VERSION = re.compile(
    r"version\b.{0,60}(does not exist|not permitted|not found|deleted|disabled|no longer)"
    r"|(invalid|no such|unknown) version",
    re.IGNORECASE | re.DOTALL,
)
BOOTED = sentences.BOOTED


class Gone(Unavailable):
    """The provider knows no prediction of that id."""


class _Answered(Exception):
    """An answer on its way past the client, whose types know fewer statuses than there are."""

    def __init__(self, answer: http.Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class _Transport(httpx.AsyncBaseTransport):
    """Carries the client's requests over our bounded connections, and raises every answer as it came:
    the client then neither repeats a request by itself nor loses what its types do not know."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not isinstance(request.stream, httpx.ByteStream):  # a file, which is not for the loop
            await asyncio.to_thread(request.read)
        raise _Answered(
            await http.send(
                "Replicate",
                request.method,
                str(request.url),
                headers=request.headers,
                content=request.content or None,
                seconds=self.seconds,
            )
        )


def base() -> str:
    return settings.PLATFORM_URLS.get("REPLICATE_BASE_URL") or ADDRESS


async def prepare() -> None:
    """Have ready what takes its time once in a process; a stop may come meanwhile."""
    if "replicate.client" not in sys.modules:
        await asyncio.to_thread(importlib.import_module, "replicate.client")
    http.client()


async def ask(
    credentials: Mapping[str, str],
    request: Request,
    *,
    seconds: float = 15,
    headers: Mapping[str, str] | None = None,
) -> http.Answer:
    """The answer to one request of the official client, whatever its status."""
    await prepare()
    from replicate.client import Client

    client = Client(
        credentials[KEY].strip(),
        base_url=base(),
        headers=dict(headers or {}),
        transport=_Transport(seconds),
        trust_env=False,  # a proxy is a matter of the connections underneath
    )
    try:
        await request(client)
    except _Answered as found:
        return found.answer
    except (httpx.InvalidURL, UnicodeError) as error:
        raise NotConfigured(sentences.MISADDRESSED % {"provider": "Replicate"}) from error
    raise RuntimeError("The client of Replicate made no request.")


async def published(credentials: Mapping[str, str], path: str) -> http.Answer:
    """What Replicate says of `models/owner/name`, or of `models/owner/name/versions/id`."""
    model, _, version = path.removeprefix("models/").partition("/versions/")
    if not version:
        return await ask(credentials, lambda api: api.models.async_get(model))
    await prepare()
    from replicate.version import Versions

    return await ask(credentials, lambda api: Versions(api, model).async_get(version))


def read_prediction(answer: http.Answer) -> Prediction:
    """The prediction in an answer, or the error the answer stands for."""
    if answer.status >= 300:
        raise http.error_in(answer, "Replicate", KEY)
    content = answer.json()
    if not content.get("id") or not content.get("status"):
        raise Unavailable(sentences.NO_PREDICTION).as_hidden()
    return content


def lacks_version(answer: http.Answer) -> bool:
    """Whether a request was refused because its version is not there any more."""
    return answer.status in {404, 422} and bool(
        _NO_VERSION.search(answer.body.decode(errors="replace"))
    )


def has_ended(prediction: Prediction) -> bool:
    """A status that did not exist when this was written has ended once it has a time of its end."""
    status = prediction["status"]
    return status in ENDED or (status not in RUNNING and bool(prediction.get("completed_at")))


def progress_of(prediction: Prediction) -> str:
    """The last line of the model's log while it works, else the status, known or not."""
    lines = str(prediction.get("logs") or "").strip().splitlines()
    said = lines[-1].strip() if lines and prediction["status"] in RUNNING else prediction["status"]
    return str(said)[:80]


def failure_of(prediction: Prediction) -> PlatformError:
    """What a prediction that ended without success stands for."""
    status, said = prediction["status"], " ".join(str(prediction.get("error") or "").split())[:300]
    if provider_errors.is_sensitive(said):
        return Refused(sentences.DECLINED_SAYING % {"said": said}, kind="sensitive")
    if status == "aborted":
        return TimedOut(sentences.COULD_NOT_BEGIN).as_free()
    if status == "failed":
        return Unavailable(
            sentences.MODEL_FAILED % {"said": said} if said else sentences.MODEL_FAILED_SILENTLY
        )
    return Unavailable(f"The prediction ended as {str(status)[:40]!r} at Replicate. {said}".strip())
