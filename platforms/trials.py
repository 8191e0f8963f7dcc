"""Whether a vendor takes a key, asked with a request that costs nothing: for `Platform.check`.

async def check(self, credentials):
    return await trial(self, credentials, f"{address}/models", Authorization="Bearer {key}")
"""

from __future__ import annotations

from collections.abc import Mapping

from . import hosted, web
from .base import Platform
from .errors import Unavailable
from .shapes import find

SECONDS = 10.0


async def trial(
    platform: Platform, credentials: Mapping[str, str], url: str, label: str = "", **headers: str
) -> str:
    """GET `url`: a sentence on what the key opens. Raises only errors of `platforms.errors`.

    In `headers`, `{key}` stands for the key; `x_goog_api_key` is sent as `x-goog-api-key`.
    """
    name, label = platform.key_name, label or platform.label
    key = credentials.get(name, "").strip()
    hosted.check_key(key, label, name)
    sent = {header.replace("_", "-"): value.format(key=key) for header, value in headers.items()}
    answer = await web.send(label, "GET", url, headers=sent, seconds=SECONDS)
    if answer.status >= 300:
        raise hosted.error_in(answer, label, name)
    return _in_words(label, answer.json())


def _in_words(label: str, content: Mapping[str, object]) -> str:
    if account := find(content, "username"):
        return f"{label} takes this key. It belongs to the account “{str(account)[:60]}”."
    listed = content.get("data", content.get("models"))
    if not isinstance(listed, list):
        raise Unavailable(f"{label} answered with something that makes no sense.")
    return f"{label} takes this key, and lists {len(listed)} models for it."
