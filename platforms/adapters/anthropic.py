"""Anthropic: Claude writes, and looks at pictures; asked through its own client.

The client's own retries are off: the engine decides. There is no job to adopt or to cancel.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings

from platforms.base import JSON, Call, MediaFile, Model, Output, Platform
from platforms.catalogue import Row, load
from platforms.chat import OURS, amount
from platforms.errors import Refused, Unavailable
from platforms.hosted import as_answer, asking, read_inline
from platforms.inspection import Finding, Listing, inquiry, listed
from platforms.registry import register
from platforms.shapes import find
from platforms.trials import trial

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic
    from anthropic.types import ModelInfo

KEY = "ANTHROPIC_API_KEY"
ADDRESS = "https://api.anthropic.com"
ROWS = {row.model.id: row for row in load("anthropic")}
LARGEST_PICTURE = 5_000_000  # bytes sent inside a request; a larger one must be fetched
LONGEST_ANSWER = 1000  # tokens, where the catalogue does not say


@register
class Anthropic(Platform):
    """Claude."""

    slug: ClassVar[str] = "anthropic"
    label: ClassVar[str] = "Anthropic"
    keeps_warm: ClassVar[bool] = True
    key_settings: ClassVar[Sequence[str]] = (KEY,)

    def models(self) -> Sequence[Model]:
        return [row.model for row in ROWS.values()]

    async def check(self, credentials: Mapping[str, str]) -> str:
        url, version = f"{_address()}/v1/models?limit=1000", "2023-06-01"
        return await trial(
            self, credentials, url, Authorization="Bearer {key}", anthropic_version=version
        )

    async def invoke(self, call: Call) -> Output:
        row = ROWS.get(call.model.id) or Row(call.model)
        async with asking(call, self.label, KEY) as asked:
            await asked.library("anthropic")
            extra = {name: value for name, value in call.parameters.items() if name not in OURS}
            if instructions := call.parameters.get("instructions"):
                extra["system"] = instructions
            answer = await asked.send(
                _client(call).messages.with_raw_response.create,
                model=call.model.path,
                max_tokens=extra.pop("max_tokens", LONGEST_ANSWER),
                messages=[{"role": "user", "content": await asyncio.to_thread(_content, call)}],
                extra_body=extra,
            )
        return _read(as_answer(answer.http_response).json(), row)

    async def inspect(self, credentials: Mapping[str, str]) -> Sequence[Finding]:
        async with asking(inquiry(self, credentials), self.label, KEY) as asked:
            await asked.library("anthropic")
            found = _client(asked.call).models.list(limit=1000)
            offered = {one.id: _listing(one) async for one in found}
        return listed(self.models(), offered)


def _listing(found: ModelInfo) -> Listing:
    ends = found.retires_at or found.deprecated_at
    return Listing(ends=f"{ends:%Y-%m-%d}" if ends else "", gone=found.lifecycle == "retired")


def _address() -> str:
    return settings.PLATFORM_URLS.get("ANTHROPIC_BASE_URL") or ADDRESS


def _client(call: Call) -> AsyncAnthropic:
    """Cheap: the connections are the loop's own pool."""
    from anthropic import AsyncAnthropic

    from platforms import pool

    return AsyncAnthropic(
        api_key=call.credentials[KEY].strip(),
        base_url=_address(),
        max_retries=0,
        timeout=call.model.deadline_seconds,
        http_client=pool.client(),
        default_headers={"Idempotency-Key": call.idempotency_key},
    )


def _content(call: Call) -> str | list[dict[str, Any]]:
    """The input as a message. Reads the input's file: not for the event loop."""
    given = call.input
    if not isinstance(given, MediaFile):
        return given
    question = {"type": "text", "text": str(call.parameters.get("prompt", ""))}
    return [{"type": "image", "source": _source(given)}, question]


def _source(picture: MediaFile) -> dict[str, str]:
    if picture.url and picture.path.stat().st_size > LARGEST_PICTURE:
        return {"type": "url", "url": picture.url}
    data = base64.b64encode(read_inline(picture, LARGEST_PICTURE)).decode()
    return {"type": "base64", "media_type": picture.content_type, "data": data}


def _read(content: JSON, row: Row) -> Output:
    """The text of a message; thoughts and whatever else is in it are left out."""
    if find(content, "stop_reason") == "refusal":
        why = find(content, "stop_details", "explanation")
        said = f": {' '.join(str(why).split())[:300]}" if why else "."
        raise Refused(f"The model declined{said}", kind="sensitive")
    blocks = find(content, "content")
    texts = [find(block, "text") for block in (blocks if isinstance(blocks, list) else [])]
    text = "".join(part for part in texts if isinstance(part, str)).strip().strip(row.strip).strip()
    if not text:
        short = find(content, "stop_reason") == "max_tokens"
        why = " (it ran out of tokens)" if short else ""
        raise Unavailable(f"The answer contains no text{why}.").as_settled()
    return Output(text=text, usd=row.cost(_used(content)))


def _used(content: JSON) -> dict[str, float]:
    usage = find(content, "usage")
    return {
        "input": amount(usage, "input_tokens"),
        "cached": amount(usage, "cache_read_input_tokens"),
        "cache_written": amount(usage, "cache_creation_input_tokens"),
        "output": amount(usage, "output_tokens"),
    }
