"""What a model server lists: asked for within bounds, and as rows of the catalogue."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Sequence

import httpx

from .base import Modality, Model
from .shapes import find

MOST = 200
MOST_BYTES = 4_000_000
SECONDS = 3.0
SEES = re.compile(
    r"llava|vision|moondream|minicpm-v|pixtral|smolvlm|internvl|gemma-?[3-9]|[-.]?vl\b", re.I
)
SILENT = re.compile(r"embed|rerank|whisper|tts|bge-", re.I)
INSTRUCTIONS = (
    "You are a part of a larger AI artwork. Respond creatively to what you are given, in a few "
    "sentences. Never answer with nothing."
)
QUESTION = "Describe this picture in one sentence: what is in front, what is behind, and the style."


def fetch(url: str, key: str = "") -> object:
    """The JSON at this address. Blocks for some seconds, whatever the server does.

    Raises httpx.HTTPError, httpx.InvalidURL, or ValueError where it is no JSON or too much of it.
    """
    headers = {"Accept-Encoding": "identity", **({"Authorization": f"Bearer {key}"} if key else {})}
    # A server on this machine is never behind the house's proxy.
    mounts = {"all://localhost": None, "all://127.0.0.1": None}
    until, body = time.monotonic() + 2 * SECONDS, bytearray()
    with (
        httpx.Client(timeout=SECONDS, mounts=mounts) as client,
        client.stream("GET", url, headers=headers) as response,
    ):
        response.raise_for_status()
        for piece in response.iter_raw():
            body += piece
            if time.monotonic() > until:
                raise httpx.ReadTimeout("it drips")
            if len(body) > MOST_BYTES:
                raise ValueError("too much")
    return json.loads(body)


def read(content: object) -> list[dict[str, object]]:
    """The models in the answer to `GET models` that write: their names, and whether they see.

    Raises ValueError where there is no list.
    """
    entries = find(content, "data")
    if not isinstance(entries, list):
        raise ValueError("no list of models")
    names = [(str(find(entry, "id") or ""), entry) for entry in entries[:MOST]]
    return [
        {
            "id": name,
            "sees": bool(SEES.search(name)) or "vision" in str(find(entry, "capabilities")),
        }
        for name, entry in names
        if name and not SILENT.search(name)
    ]


def rows(server: str, entries: Sequence[object]) -> Iterator[Model]:
    seen = set()
    for entry in entries:
        name = str(find(entry, "id"))
        slug = f"compatible:{server}.{re.sub(r'[^a-z0-9.]+', '-', name.lower()).strip('-.')}"
        if slug not in seen:
            seen.add(slug)
            yield _row(slug, name, server, Modality.TEXT)
            if find(entry, "sees"):
                yield _row(f"{slug}-caption", name, server, Modality.IMAGE)


def _row(model_id: str, name: str, server: str, source: Modality) -> Model:
    looks = source is Modality.IMAGE
    words = {"prompt": QUESTION} if looks else {"instructions": INSTRUCTIONS}
    properties = {
        **{field: {"type": "string", "maxLength": 2000} for field in words},
        "max_tokens": {"type": "integer", "minimum": 10, "maximum": 8000},
        "temperature": {"type": "number", "minimum": 0, "maximum": 2},
    }
    return Model(
        id=model_id,
        name=f"{name}{' Caption' if looks else ''} ({server})",
        input=source,
        output=Modality.TEXT,
        path=name,
        defaults={**words, "max_tokens": 500},
        parameters={"type": "object", "additionalProperties": False, "properties": properties},
        note=f"Listed by the server {server}.",
    )
