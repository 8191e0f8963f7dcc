"""The chat-completion shapes that OpenAI began and many servers speak, and what models refuse of them.

A model that refuses a parameter, a system role or a kind of picture is asked again without, and what
it refused is remembered for a day: such a refusal makes nothing and charges nothing.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from . import http, pictures, sentences
from .base import JSON, Call, MediaFile, Output
from .catalogue import Row
from .errors import Refused, Unavailable, Unusable
from .model_text import clean_text
from .payloads import find
from .pictures import PictureLimits
from .vendor_clients import Asking, as_answer

T = TypeVar("T")
OURS = {"prompt", "instructions"}  # parameters that become messages; the others travel as they are
MAX_CHANGES = 6  # requests more than the first
REMEMBERED_SECONDS = 86_400.0
_RENAMED = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_NO_SYSTEM = re.compile(
    r"system[ _](role|message|prompt|instruction)s?\b.{0,60}(not|n't|unsupported|only|must)"
    r"|(not|n't|unsupported|unknown|invalid).{0,40}\bsystem\b.{0,20}(role|message|prompt|instruction)?"
    r"|roles? must alternate|developer instruction is not enabled"
    r"|only user(,| and) .{0,30}roles? (are|is) supported|first message must be.{0,20}user",
    re.IGNORECASE,
)
_REFUSED_PARAMETER = re.compile(
    r"unsupported|not support|n't support|unrecognized|unknown|unexpected|extra inputs|not permitted"
    r"|not allowed|deprecated|only the default|no longer|cannot (both )?be|not a valid (field|param)"
    r"|additional propert|invalid (field|param|argument)|cannot find field|not available",
    re.IGNORECASE,
)
_AT_MOST = re.compile(
    r"(?:at most|maximum (?:of|is|value is)|less than or equal to|<=|\d >)\D{0,20}(\d+)(?: - (\d+)\))?"
)
_PICTURE = re.compile(
    r"image.{0,80}(decod|format|type|process|load|large|big|size|dimension|pixel|exceed|invalid)"
    r"|(decod|unsupported|process|load|invalid|exceed|too large).{0,60}(image|picture|mime)",
    re.IGNORECASE,
)
_NO_PICTURES = re.compile(
    r"(image|vision|multimodal)( input)?s? (is|are) not supported|mmproj|content part type"
    r"|(not|n't) support (image|vision|multimodal)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Compatibility:
    """What has been learned of a model: parameters it calls otherwise, leaves out or bounds."""

    renamed: JSON = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    at_most: JSON = field(default_factory=dict)
    no_system: bool = False
    longest_edge: int = 0  # of a picture, in pixels; 0 = as the platform has it
    learned_at: float = 0.0


NOTHING_LEARNED = Compatibility()
_compatibilities: dict[tuple[str, str], Compatibility] = {}  # by provider and model


def compatibility_of(provider: str, model: str) -> Compatibility:
    found = _compatibilities.get((provider, model), NOTHING_LEARNED)
    return found if time.monotonic() - found.learned_at < REMEMBERED_SECONDS else NOTHING_LEARNED


# Asking


async def complete(
    asked: Asking, create: Callable[..., Awaitable[Any]], row: Row, provider: str, key_setting: str
) -> Output:
    """The answer of `create`, the client's verb, to the call."""
    call = asked.call

    async def send(compatibility: Compatibility, headers: dict[str, str]) -> Any:
        return await asked.send(
            create,
            model=call.model.path,
            messages=await asyncio.to_thread(messages_of_call, call, compatibility),
            extra_body=parameters_of_call(call, compatibility),
            extra_headers=headers,
        )

    answer = await ask_as_it_takes_it(call, provider, send)
    return read_completion(as_answer(answer.http_response), row, provider, key_setting)


async def ask_as_it_takes_it(
    call: Call, provider: str, send: Callable[[Compatibility, dict[str, str]], Awaitable[T]]
) -> T:
    """What `send` returns, asked again without what the model refuses. Raises what `send` raises.

    `send` gets what is known of the model, and the headers that make each request one of its own.
    """
    known = (provider, call.model.path)
    for change in range(MAX_CHANGES):
        compatibility = compatibility_of(*known)
        key = f"{call.idempotency_key}-{change}" if change else call.idempotency_key
        try:
            return await send(compatibility, {"Idempotency-Key": key})
        except Exception as error:
            response = getattr(error, "response", None)
            learned = None if response is None else learn(call, compatibility, as_answer(response))
            if learned is None:
                raise
            _compatibilities[known] = replace(learned, learned_at=time.monotonic())
    return await send(compatibility_of(*known), {"Idempotency-Key": f"{call.idempotency_key}-last"})


def messages_of_call(
    call: Call, compatibility: Compatibility = NOTHING_LEARNED
) -> list[dict[str, Any]]:
    """The input as a conversation. Reads the input's file: not for the event loop."""
    instructions = str(call.parameters.get("instructions") or "")
    asked = _asked(call, compatibility)
    if not instructions:
        return [{"role": "user", "content": asked}]
    if not compatibility.no_system:
        return [{"role": "system", "content": instructions}, {"role": "user", "content": asked}]
    if isinstance(asked, str):
        return [{"role": "user", "content": f"{instructions}\n\n{asked}"}]
    return [{"role": "user", "content": [{"type": "text", "text": instructions}, *asked]}]


def _asked(call: Call, compatibility: Compatibility) -> str | list[dict[str, Any]]:
    given = call.input
    if not isinstance(given, MediaFile):
        return given
    address = pictures.address_of_picture(given, limits_of_call(call, compatibility))
    picture = {"type": "image_url", "image_url": {"url": address}}
    return [{"type": "text", "text": str(call.parameters.get("prompt", ""))}, picture]


def limits_of_call(call: Call, compatibility: Compatibility) -> PictureLimits:
    """How large a picture may be: as the platform has it, or smaller."""
    limits = pictures.LIMITS.get(call.model.platform, pictures.USUAL)
    return replace(limits, longest_edge=compatibility.longest_edge or limits.longest_edge)


def parameters_of_call(
    call: Call, compatibility: Compatibility = NOTHING_LEARNED
) -> dict[str, object]:
    """The parameters that are the server's business, as this model takes them."""
    sent = {}
    for name, value in call.parameters.items():
        if name in OURS or name in compatibility.without:
            continue
        bound = compatibility.at_most.get(name)
        if isinstance(bound, int) and isinstance(value, int | float):
            value = min(value, bound)
        sent[str(compatibility.renamed.get(name, name))] = value
    return sent


# Learning from a refusal


def learn(call: Call, compatibility: Compatibility, answer: http.Answer) -> Compatibility | None:
    """What to do without the next time; None where the refusal is about something else."""
    words = answer.detail
    if answer.status in {401, 402, 403, 404, 408, 429}:
        return None
    system = bool(call.parameters.get("instructions")) and not compatibility.no_system
    if system and (_NO_SYSTEM.search(words) or (answer.status == 500 and not answer.body.strip())):
        return replace(compatibility, no_system=True)
    if isinstance(call.input, MediaFile) and not _NO_PICTURES.search(words):
        edge = limits_of_call(call, compatibility).longest_edge
        too_large = answer.status == 413 or _PICTURE.search(words)
        if too_large and edge > pictures.SMALLEST_EDGE:
            smaller = max(pictures.SMALLEST_EDGE, min(edge // 2, 1536))
            return replace(compatibility, longest_edge=smaller)
    if answer.status < 500 or _REFUSED_PARAMETER.search(words):
        return next(_parameter_changes(call, compatibility, answer, words), None)
    return None


def _parameter_changes(
    call: Call, compatibility: Compatibility, answer: http.Answer, words: str
) -> Iterator[Compatibility]:
    named = str(find(answer.content, "error", "param") or "")
    for sent, value in parameters_of_call(call, compatibility).items():
        name = next(
            (ours for ours, theirs in compatibility.renamed.items() if theirs == sent), sent
        )
        if sent not in named and not re.search(rf"(?<![\w]){re.escape(sent)}(?![\w])", words):
            continue
        other = _RENAMED.get(sent)
        refused, bound = _REFUSED_PARAMETER.search(words), _bound_in(words)
        if (
            refused
            and other
            and re.search(rf"\b{other}\b", words)
            and name not in compatibility.renamed
        ):
            yield replace(compatibility, renamed={**compatibility.renamed, name: other})
        elif isinstance(value, int | float) and 0 < bound < value:
            yield replace(compatibility, at_most={**compatibility.at_most, name: bound})
        elif refused:
            yield replace(compatibility, without=compatibility.without | {name})


def _bound_in(words: str) -> int:
    """The largest value that is allowed, in words such as “600 > 512 - 40”; 0 where none is named."""
    found = _AT_MOST.search(words)
    return int(found[1]) - int(found[2] or 0) if found else 0


# Reading


def read_completion(answer: http.Answer, row: Row, provider: str, key_setting: str) -> Output:
    """The text of a completion. Raises Refused where it was declined, the error that is in it, and
    Unavailable without a text."""
    http.raise_error_inside(answer, provider, key_setting)
    content = answer.content
    if not isinstance(content, dict):
        says = bool(re.search(r"\w", answer.detail))
        source = sentences.NO_COMPLETION_BUT if says else sentences.NO_COMPLETION
        lost = Unavailable(source % {"said": answer.detail}).as_settled()
        raise lost.as_hidden() if answer.is_garbled else lost
    choice = find(content, "choices", 0)
    refusal, ended = find(choice, "message", "refusal"), find(choice, "finish_reason")
    if refusal or ended == "content_filter":
        said = " ".join(str(refusal).split())[:300] if refusal else ""
        source = sentences.DECLINED_SAYING if said else sentences.DECLINED
        declined = Refused(source % {"said": said}, kind="sensitive")
        raise declined.charged(row.cost(_used(content)))
    written = _written(choice) or _written(content)
    text = clean_text(written, row.strip)
    if not text:
        if choice is None:  # no completion at all: whoever answered, it was not the model
            raise Unavailable(_why_nothing(choice, written, ended)).as_settled()
        raise Unusable(_why_nothing(choice, written, ended)).charged(row.cost(_used(content)))
    return Output(text=text, usd=row.cost(_used(content)), truncated=ended == "length")


def _written(choice: object) -> str:
    """The text of a choice, with thoughts where they are in it; parts that are no text are left out."""
    for path in (("message", "content"), ("text",), ("delta", "content"), ("response",)):
        if text := joined_parts(find(choice, *path)):
            return text
    return ""


def joined_parts(content: object) -> str:
    """The text in a message's content: a string, a part, or a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        kind = content.get("type")
        if kind not in (None, "text", "output_text"):
            return ""
        text = content.get("text")
        return joined_parts(text.get("value") if isinstance(text, dict) else text)
    if isinstance(content, list):
        return "".join(joined_parts(part) for part in content)
    return ""


def _why_nothing(choice: object, written: str, ended: object) -> str:
    names = ("reasoning_content", "reasoning", "thinking")
    thought = written.strip() or any(find(choice, "message", name) for name in names)
    if ended == "length":
        return sentences.NO_TEXT_GIVE_MORE_THOUGHT if thought else sentences.NO_TEXT_GIVE_MORE
    if thought:
        return sentences.NO_TEXT_ONLY_THOUGHT
    return sentences.NO_TEXT


def _used(content: JSON) -> dict[str, float]:
    usage = find(content, "usage")
    cached = amount(usage, "prompt_tokens_details", "cached_tokens")
    return {
        "input": max(0.0, amount(usage, "prompt_tokens") - cached),
        "cached": cached,
        "output": amount(usage, "completion_tokens"),
    }


def amount(usage: object, *path: str) -> float:
    """A count in a provider's account of what was used; 0 where it does not say."""
    found = find(usage, *path)
    return float(found) if isinstance(found, int | float) and found > 0 else 0.0
