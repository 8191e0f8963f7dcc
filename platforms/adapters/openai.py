"""OpenAI: language, pictures, speech and hearing, asked through its own client.

Which of its endpoints a model is asked at follows from what it turns into what. The client's own
retries are off: the engine decides. OpenAI has no job to adopt or to cancel; a stop hangs up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings

from platforms import chat
from platforms.base import Call, MediaFile, Modality, Model, Output, Platform
from platforms.catalogue import Row, load
from platforms.errors import Unavailable
from platforms.hosted import Asking, as_answer, asking, file_name, read_inline
from platforms.inspection import Finding, Listing, inquiry, listed
from platforms.registry import register
from platforms.shapes import find, inline_output, read_output
from platforms.trials import trial

if TYPE_CHECKING:
    from openai import AsyncOpenAI

KEY = "OPENAI_API_KEY"
ADDRESS = "https://api.openai.com/v1"
ROWS = {row.model.id: row for row in load("openai")}
LONGEST_SPEECH = 4096  # characters that can be spoken in one request
LARGEST_RECORDING = 25_000_000  # bytes that can be listened to in one request


@register
class OpenAI(Platform):
    """GPT, GPT Image, speech and transcription."""

    slug: ClassVar[str] = "openai"
    label: ClassVar[str] = "OpenAI"
    keeps_warm: ClassVar[bool] = True
    key_settings: ClassVar[Sequence[str]] = (KEY,)

    def models(self) -> Sequence[Model]:
        return [row.model for row in ROWS.values()]

    async def check(self, credentials: Mapping[str, str]) -> str:
        return await trial(self, credentials, f"{_address()}/models", Authorization="Bearer {key}")

    async def invoke(self, call: Call) -> Output:
        row = ROWS.get(call.model.id) or Row(call.model)
        async with asking(call, self.label, KEY) as asked:
            await asked.library("openai")
            vendor = _client(call)
            if isinstance(call.input, MediaFile) and call.model.input is Modality.AUDIO:
                return await _heard(asked, call.input, row, vendor)
            if call.model.output is Modality.AUDIO:
                return await _spoken(asked, row, vendor)
            if call.model.output is Modality.IMAGE:
                return await _painted(asked, row, vendor)
            return await _answered(asked, row, vendor)

    async def inspect(self, credentials: Mapping[str, str]) -> Sequence[Finding]:
        async with asking(inquiry(self, credentials), self.label, KEY) as asked:
            await asked.library("openai")
            found = _client(asked.call).models.list()
            offered = {one.id: Listing(ends=one.shutdown_date or "") async for one in found}
        return listed(self.models(), offered)


def _address() -> str:
    return settings.PLATFORM_URLS.get("OPENAI_BASE_URL") or ADDRESS


def _client(call: Call) -> AsyncOpenAI:
    """Cheap: the connections are the loop's own pool."""
    from openai import AsyncOpenAI

    from platforms import pool

    return AsyncOpenAI(
        api_key=call.credentials[KEY].strip(),
        base_url=_address(),
        max_retries=0,
        timeout=call.model.deadline_seconds,
        http_client=pool.client(),
        default_headers={"Idempotency-Key": call.idempotency_key},
    )


async def _answered(asked: Asking, row: Row, vendor: AsyncOpenAI) -> Output:
    """Text, from text or a picture."""
    call = asked.call
    messages = await asyncio.to_thread(chat.messages, call)
    answer = await asked.send(
        vendor.chat.completions.with_raw_response.create,
        model=call.model.path,
        messages=messages,
        extra_body=chat.settings(call),
    )
    return chat.read(as_answer(answer.http_response).json(), row)


async def _painted(asked: Asking, row: Row, vendor: AsyncOpenAI) -> Output:
    call = asked.call
    answer = await asked.send(
        vendor.images.with_raw_response.generate,
        model=call.model.path,
        prompt=str(call.input),
        extra_body=dict(call.parameters),
    )
    content = as_answer(answer.http_response).json()
    usd = row.cost(_used_by_picture(content))
    picture = find(content, "data", 0)
    try:
        if inline := find(picture, "b64_json"):
            kind = find(content, "output_format") or call.parameters.get("output_format") or "png"
            output = inline_output(inline, f"image/{kind}")
        else:
            output = read_output(picture, Modality.IMAGE, field="url")
    except Unavailable as error:
        raise error.as_settled() from None
    return replace(output, usd=usd)


async def _spoken(asked: Asking, row: Row, vendor: AsyncOpenAI) -> Output:
    call, extra = asked.call, dict(asked.call.parameters)
    spoken = str(call.input)[:LONGEST_SPEECH]
    answer = await asked.send(
        vendor.audio.speech.with_raw_response.create,
        model=call.model.path,
        voice=str(extra.pop("voice", "alloy")),
        input=spoken,
        extra_body=extra,
    )
    sound = as_answer(answer.http_response)
    content_type = sound.headers.get("content-type", "").partition(";")[0]
    if not sound.body or not content_type.startswith(("audio/", "application/octet-stream")):
        raise Unavailable("The answer contains no sound.").as_settled()
    usd = row.cost({"characters": len(spoken)})
    return Output(data=sound.body, content_type=content_type, usd=usd)


async def _heard(asked: Asking, media: MediaFile, row: Row, vendor: AsyncOpenAI) -> Output:
    call = asked.call
    content = await asyncio.to_thread(read_inline, media, LARGEST_RECORDING)
    answer = await asked.send(
        vendor.audio.transcriptions.with_raw_response.create,
        model=call.model.path,
        file=(file_name(media), content, media.content_type),
        response_format="json",
        extra_body=dict(call.parameters),
    )
    said = as_answer(answer.http_response).json()
    usd = row.cost(_used_by_hearing(said))
    try:
        text = read_output(said, Modality.TEXT, field="text", strip=row.strip)
        return replace(text, usd=usd)
    except Unavailable as error:
        raise error.as_settled() from None


def _used_by_picture(content: Mapping[str, object]) -> dict[str, float]:
    usage = find(content, "usage")
    seen = chat.amount(usage, "input_tokens_details", "image_tokens")
    return {
        "input": max(0.0, chat.amount(usage, "input_tokens") - seen),
        "input_image": seen,
        "output": chat.amount(usage, "output_tokens"),
    }


def _used_by_hearing(content: Mapping[str, object]) -> dict[str, float]:
    usage = find(content, "usage")
    heard = chat.amount(usage, "input_token_details", "audio_tokens")
    return {
        "seconds": chat.amount(usage, "seconds"),
        "input": max(0.0, chat.amount(usage, "input_tokens") - heard),
        "input_audio": heard,
        "output": chat.amount(usage, "output_tokens"),
    }
