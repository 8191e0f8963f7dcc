"""OpenAI: language, pictures, speech and hearing, asked through its own client.

Which of its endpoints a model is asked at follows from what it turns into what. The client's own
retries are off: the engine decides. OpenAI has no job to adopt or to cancel; a stop closes the connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings

from platforms import chat, sentences
from platforms.base import Call, MediaFile, Modality, Model, Output, Platform
from platforms.catalogue import Row, load
from platforms.errors import Unusable
from platforms.inspection import CatalogueFinding, ListedModel, inquiry, listed
from platforms.payloads import find, inline_output, read_output, read_transcription
from platforms.registry import register
from platforms.vendor_clients import (
    Asking,
    as_answer,
    asking,
    check_by_request,
    file_name,
    make_client,
    read_inline,
)

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
        return await check_by_request(
            self, credentials, f"{_address()}/models", Authorization="Bearer {key}"
        )

    async def invoke(self, call: Call) -> Output:
        row = ROWS.get(call.model.id) or Row(call.model)
        async with asking(call, self.label, KEY) as asked:
            await asked.library("openai")
            vendor = _client(call)
            if isinstance(call.input, MediaFile) and call.model.input is Modality.AUDIO:
                return await _transcribed(asked, call.input, row, vendor)
            if call.model.output is Modality.AUDIO:
                return await _spoken(asked, row, vendor)
            if call.model.output is Modality.IMAGE:
                return await _painted(asked, row, vendor)
            create = vendor.chat.completions.with_raw_response.create
            return await chat.complete(asked, create, row, self.label, KEY)

    async def inspect(self, credentials: Mapping[str, str]) -> Sequence[CatalogueFinding]:
        async with asking(inquiry(self, credentials), self.label, KEY) as asked:
            await asked.library("openai")
            found = _client(asked.call).models.list()
            offered = {one.id: ListedModel(ends=one.shutdown_date or "") async for one in found}
        return listed(self.models(), offered)


def _address() -> str:
    return settings.PLATFORM_URLS.get("OPENAI_BASE_URL") or ADDRESS


def _client(call: Call) -> AsyncOpenAI:
    from openai import AsyncOpenAI

    return make_client(AsyncOpenAI, call, call.credentials[KEY], _address())


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
    except Unusable as error:
        raise error.charged(usd) from None
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
    usd = row.cost({"characters": len(spoken)})
    if not sound.body or not content_type.startswith(("audio/", "application/octet-stream")):
        raise Unusable(sentences.NO_SOUND).charged(usd)
    return Output(data=sound.body, content_type=content_type, usd=usd)


async def _transcribed(asked: Asking, media: MediaFile, row: Row, vendor: AsyncOpenAI) -> Output:
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
        text = read_transcription(said, field="text", strip=row.strip)
        return replace(text, usd=usd)
    except Unusable as error:
        raise error.charged(usd) from None


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
    audio_tokens = chat.amount(usage, "input_token_details", "audio_tokens")
    return {
        "seconds": chat.amount(usage, "seconds"),
        "input": max(0.0, chat.amount(usage, "input_tokens") - audio_tokens),
        "input_audio": audio_tokens,
        "output": chat.amount(usage, "output_tokens"),
    }
