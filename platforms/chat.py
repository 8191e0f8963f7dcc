"""The chat-completion shapes that OpenAI began and many servers speak. Pure, apart from reading files."""

from __future__ import annotations

from typing import Any

from .base import JSON, Call, MediaFile, Output
from .catalogue import Row
from .errors import Refused, Unavailable
from .shapes import address_of, find

OURS = {"prompt", "instructions"}  # parameters that become messages; the others travel as they are


def messages(call: Call) -> list[dict[str, Any]]:
    """The input as a conversation. Reads the input's file: not for the event loop."""
    instructions = call.parameters.get("instructions")
    said = [{"role": "system", "content": str(instructions)}] if instructions else []
    return [*said, {"role": "user", "content": _asked(call)}]


def _asked(call: Call) -> str | list[dict[str, Any]]:
    given = call.input
    if not isinstance(given, MediaFile):
        return given
    picture = {"type": "image_url", "image_url": {"url": address_of(given)}}
    return [{"type": "text", "text": str(call.parameters.get("prompt", ""))}, picture]


def settings(call: Call) -> dict[str, object]:
    """The parameters that are the server's business."""
    return {name: value for name, value in call.parameters.items() if name not in OURS}


def read(content: JSON, row: Row) -> Output:
    """The text of a completion. Raises Refused where it was declined, Unavailable without one."""
    choice = find(content, "choices", 0)
    refusal, ended = find(choice, "message", "refusal"), find(choice, "finish_reason")
    if refusal or ended == "content_filter":
        said = f": {' '.join(str(refusal).split())[:300]}" if refusal else "."
        raise Refused(f"The model declined{said}", kind="sensitive")
    text = find(choice, "message", "content")
    if not isinstance(text, str) or not text.strip():
        why = " (it ran out of tokens)" if ended == "length" else ""
        raise Unavailable(f"The answer contains no text{why}.").as_settled()
    return Output(text=text.strip().strip(row.strip).strip(), usd=row.cost(_used(content)))


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
