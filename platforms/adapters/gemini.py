"""Gemini: Google's models write, look, listen and paint; asked through Google's own client.

Its retries and its habit of asking again for the rest of a long answer are off: one call, one paid
request. There is no job to adopt or to cancel.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from django.conf import settings

from platforms import chat, pictures, sentences
from platforms.base import Call, MediaFile, Modality, Model, Output, Platform
from platforms.catalogue import Row, load
from platforms.errors import NotConfigured, PlatformError, Refused, Unavailable, Unusable
from platforms.inspection import CatalogueFinding, ListedModel, inquiry, listed
from platforms.model_text import clean_text
from platforms.registry import register
from platforms.vendor_clients import asking, check_by_request, read_inline

if TYPE_CHECKING:
    from google.genai import Client, types

KEY = "GEMINI_API_KEY"
ADDRESS = "https://generativelanguage.googleapis.com"
ROWS = {row.model.id: row for row in load("gemini")}
LARGEST_INPUT = 14_000_000  # bytes; a whole request, in base64, may have 20 MB

DECLINED = {"SAFETY", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "RECITATION", "ESCALATION"}
DECLINED |= {"IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR"}

Clients = dict[tuple[str, str], "asyncio.Future[Client]"]
_clients: WeakKeyDictionary[object, Clients] = WeakKeyDictionary()  # by connection pool


@register
class Gemini(Platform):
    """Gemini, also with its eyes, ears and brushes."""

    slug: ClassVar[str] = "gemini"
    label: ClassVar[str] = "Gemini"
    keeps_warm: ClassVar[bool] = True
    key_settings: ClassVar[Sequence[str]] = (KEY,)

    def models(self) -> Sequence[Model]:
        return [row.model for row in ROWS.values()]

    async def check(self, credentials: Mapping[str, str]) -> str:
        url = f"{_address()}/v1beta/models?pageSize=1000"
        return await check_by_request(self, credentials, url, x_goog_api_key="{key}")

    async def invoke(self, call: Call) -> Output:
        row = ROWS.get(call.model.id) or Row(call.model)
        async with asking(call, self.label, KEY) as asked:
            await asked.library("google.genai")
            vendor = await _client(call)

            async def send(compatibility: chat.Compatibility, headers: dict[str, str]) -> Any:
                return await asked.send(
                    vendor.aio.models.generate_content,
                    model=call.model.path,
                    contents=await asyncio.to_thread(_contents, call, compatibility),
                    config=_config(call, compatibility, headers),
                )

            answer = await chat.ask_as_it_takes_it(call, self.label, send)
        return _read(answer, row)

    async def inspect(self, credentials: Mapping[str, str]) -> Sequence[CatalogueFinding]:
        async with asking(inquiry(self, credentials), self.label, KEY) as asked:
            await asked.library("google.genai")
            found = await (await _client(asked.call)).aio.models.list(config={"page_size": 1000})
            offered = {(one.name or "").rpartition("/")[2]: ListedModel() async for one in found}
        return listed(self.models(), offered)


def _address() -> str:
    return settings.PLATFORM_URLS.get("GEMINI_BASE_URL") or ADDRESS


async def _client(call: Call) -> Client:
    """Google's client takes its time to make: once per connection pool and key, in a thread."""
    from google.genai import Client
    from google.genai.types import HttpOptions, HttpRetryOptions

    from platforms import http_pool

    key = call.credentials[KEY].strip()
    address = _address()
    known = _clients.setdefault(connections := http_pool.client(), {})
    if (key, address) not in known or known[key, address].cancelled():
        options = HttpOptions(
            base_url=address,
            httpx_async_client=connections,
            retry_options=HttpRetryOptions(attempts=1),
        )
        making = asyncio.to_thread(Client, api_key=key, vertexai=False, http_options=options)
        known[key, address] = asyncio.ensure_future(making)
    return await asyncio.shield(known[key, address])


def _contents(call: Call, compatibility: chat.Compatibility) -> list[Any]:
    """The input, and what is asked about it. Reads the input's file: not for the event loop."""
    from google.genai.types import Part

    given = call.input
    instructions = (
        [str(call.parameters.get("instructions") or "")] if compatibility.no_system else []
    )
    if not isinstance(given, MediaFile):
        return [*instructions, given]
    if call.model.input is Modality.IMAGE:
        data, content_type = pictures.fitted(given, chat.limits_of_call(call, compatibility))
    else:
        data, content_type = read_inline(given, LARGEST_INPUT), given.content_type
    question = str(call.parameters.get("prompt", ""))
    return [*instructions, Part.from_bytes(data=data, mime_type=content_type), question]


def _config(
    call: Call, compatibility: chat.Compatibility, headers: dict[str, str]
) -> types.GenerateContentConfig:
    from google.genai.types import (
        AutomaticFunctionCallingConfig,
        GenerateContentConfig,
        HttpOptions,
        ImageConfig,
    )

    extra: dict[str, Any] = chat.parameters_of_call(call, compatibility)
    instructions = "" if compatibility.no_system else str(call.parameters.get("instructions") or "")
    if call.model.output is Modality.IMAGE:
        extra["response_modalities"] = ["IMAGE"]
        extra["image_config"] = ImageConfig(aspect_ratio=extra.pop("aspect_ratio", None))
    return GenerateContentConfig(
        system_instruction=instructions or None,
        automatic_continuation=False,
        automatic_function_calling=AutomaticFunctionCallingConfig(disable=True),
        http_options=HttpOptions(
            timeout=round(call.model.deadline_seconds * 1000),
            headers=headers,
        ),
        **extra,
    )


def _read(answer: types.GenerateContentResponse, row: Row) -> Output:
    """The text or the picture in an answer; thoughts are left out."""
    feedback = answer.prompt_feedback
    if feedback is not None and feedback.block_reason:
        words = f"Gemini declined the input ({_name(feedback.block_reason)})."
        raise Refused(words, kind="sensitive").charged(row.cost(_used(answer.usage_metadata)))
    candidate = answer.candidates[0] if answer.candidates else None
    parts = candidate.content.parts if candidate and candidate.content else None
    given = [part for part in parts or [] if not part.thought]
    usd = row.cost(_used(answer.usage_metadata))
    if candidate and (reason := _name(candidate.finish_reason)) in DECLINED:
        # What came before it was cut off, perhaps in mid-word.
        raise _nothing(reason, row).charged(usd)
    if row.model.output is Modality.TEXT:
        text = clean_text("".join(part.text or "" for part in given), row.strip)
        if text:
            cut = candidate is not None and _name(candidate.finish_reason) == "MAX_TOKENS"
            return Output(text=text, usd=usd, truncated=cut)
    for part in given:
        media = part.inline_data
        if media and media.data and row.model.output is not Modality.TEXT:
            return Output(data=media.data, content_type=media.mime_type or "", usd=usd)
    if candidate is None and answer.usage_metadata is None:
        raise Unavailable(sentences.NO_CANDIDATE).as_settled()
    raise _nothing(_name(candidate.finish_reason) if candidate else "", row).charged(usd)


def _nothing(reason: str, row: Row) -> PlatformError:
    """Why there is no output."""
    if reason in DECLINED:
        return Refused(f"Gemini declined ({reason}).", kind="sensitive")
    if reason == "PUP_LIMITED_DISABLED":
        return NotConfigured(f"Google has limited the account behind {KEY} ({reason}).")
    why = f" ({reason})" if reason and reason != "STOP" else ""
    return Unusable(f"The answer contains no {row.model.output}{why}.")


def _name(reason: Any) -> str:
    return str(getattr(reason, "value", reason) or "")


def _used(usage: types.GenerateContentResponseUsageMetadata | None) -> Mapping[str, float]:
    if usage is None:
        return {}
    audio_tokens = _of_kind(usage.prompt_tokens_details, "AUDIO")
    painted = _of_kind(usage.candidates_tokens_details, "IMAGE")
    cached = usage.cached_content_token_count or 0
    written = (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)
    return {
        "input": max(0, (usage.prompt_token_count or 0) - audio_tokens - cached),
        "input_audio": audio_tokens,
        "cached": cached,
        "output": max(0, written - painted),
        "output_image": painted,
    }


def _of_kind(details: Sequence[types.ModalityTokenCount] | None, kind: str) -> int:
    return sum(one.token_count or 0 for one in details or [] if _name(one.modality) == kind)
