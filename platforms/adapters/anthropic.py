"""Anthropic: Claude writes, and looks at pictures; asked through its own client.

The client's own retries are off: the engine decides. There is no job to adopt or to cancel.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings

from platforms import chat, http, pictures, sentences
from platforms.base import JSON, Call, MediaFile, Model, Output, Platform
from platforms.catalogue import Row, load
from platforms.chat import amount
from platforms.errors import Refused, Unavailable, Unusable
from platforms.inspection import CatalogueFinding, ListedModel, inquiry, listed
from platforms.model_text import clean_text
from platforms.payloads import find
from platforms.registry import register
from platforms.vendor_clients import as_answer, asking, check_by_request, make_client

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic
    from anthropic.types import ModelInfo

KEY = "ANTHROPIC_API_KEY"
ADDRESS = "https://api.anthropic.com"
ROWS = {row.model.id: row for row in load("anthropic")}
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
        return await check_by_request(
            self, credentials, url, Authorization="Bearer {key}", anthropic_version=version
        )

    async def invoke(self, call: Call) -> Output:
        row = ROWS.get(call.model.id) or Row(call.model)
        async with asking(call, self.label, KEY) as asked:
            await asked.library("anthropic")
            vendor = _client(call)

            async def send(compatibility: chat.Compatibility, headers: dict[str, str]) -> Any:
                extra = chat.parameters_of_call(call, compatibility)
                if instructions := call.parameters.get("instructions"):
                    extra["system"] = instructions
                return await asked.send(
                    vendor.messages.with_raw_response.create,
                    model=call.model.path,
                    max_tokens=extra.pop("max_tokens", LONGEST_ANSWER),
                    messages=[
                        {
                            "role": "user",
                            "content": await asyncio.to_thread(_content, call, compatibility),
                        }
                    ],
                    extra_body=extra,
                    extra_headers=headers,
                )

            answer = as_answer(
                (await chat.ask_as_it_takes_it(call, self.label, send)).http_response
            )
        http.raise_error_inside(answer, self.label, KEY)
        if answer.is_garbled:
            raise Unavailable(sentences.NO_MESSAGE).as_settled().as_hidden()
        return _read(answer.json(), row)

    async def inspect(self, credentials: Mapping[str, str]) -> Sequence[CatalogueFinding]:
        async with asking(inquiry(self, credentials), self.label, KEY) as asked:
            await asked.library("anthropic")
            found = _client(asked.call).models.list(limit=1000)
            offered = {one.id: _listing(one) async for one in found}
        return listed(self.models(), offered)


def _listing(found: ModelInfo) -> ListedModel:
    ends = found.retires_at or found.deprecated_at
    return ListedModel(ends=f"{ends:%Y-%m-%d}" if ends else "", gone=found.lifecycle == "retired")


def _address() -> str:
    return settings.PLATFORM_URLS.get("ANTHROPIC_BASE_URL") or ADDRESS


def _client(call: Call) -> AsyncAnthropic:
    from anthropic import AsyncAnthropic

    return make_client(AsyncAnthropic, call, call.credentials[KEY], _address())


def _content(call: Call, compatibility: chat.Compatibility) -> str | list[dict[str, Any]]:
    """The input as a message. Reads the input's file: not for the event loop."""
    if not isinstance(call.input, MediaFile):
        return call.input
    content, content_type = pictures.fitted(call.input, chat.limits_of_call(call, compatibility))
    data = base64.b64encode(content).decode()
    source = {"type": "base64", "media_type": content_type, "data": data}
    question = {"type": "text", "text": str(call.parameters.get("prompt", ""))}
    return [{"type": "image", "source": source}, question]


def _read(content: JSON, row: Row) -> Output:
    """The text of a message; thoughts and whatever else is in it are left out."""
    if find(content, "stop_reason") == "refusal":
        why = find(content, "stop_details", "explanation")
        said = " ".join(str(why).split())[:300] if why else ""
        source = sentences.DECLINED_SAYING if said else sentences.DECLINED
        declined = Refused(source % {"said": said}, kind="sensitive")
        raise declined.charged(row.cost(_used(content)))
    blocks = find(content, "content")
    texts = [find(block, "text") for block in (blocks if isinstance(blocks, list) else [])]
    text = clean_text("".join(part for part in texts if isinstance(part, str)), row.strip)
    short = find(content, "stop_reason") == "max_tokens"
    if not text:
        if not isinstance(blocks, list):  # no message: whoever answered, it was not the model
            raise Unavailable(sentences.NO_MESSAGE_IN_IT).as_settled()
        empty = Unusable(sentences.NO_TEXT_OUT_OF_TOKENS if short else sentences.NO_TEXT)
        raise empty.charged(row.cost(_used(content)))
    return Output(text=text, usd=row.cost(_used(content)), truncated=short)


def _used(content: JSON) -> dict[str, float]:
    usage = find(content, "usage")
    return {
        "input": amount(usage, "input_tokens"),
        "cached": amount(usage, "cache_read_input_tokens"),
        "cache_written": amount(usage, "cache_creation_input_tokens"),
        "output": amount(usage, "output_tokens"),
    }
