"""What a model server lists: asked for within bounds, and as rows of the catalogue."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator, Sequence

import httpx

from . import http, sentences
from .base import Call, Modality, Model, Warmed, Warmth, unless_stopped
from .errors import Unavailable
from .payloads import find

LIST_KEYS = ("data", "models", "model_list", "result", "items")
MAX_BYTES = 4_000_000
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
    # A server on this machine is never behind the proxy.
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
            if len(body) > MAX_BYTES:
                raise ValueError("too much")
    return json.loads(body)


def read(content: object) -> list[dict[str, object]]:
    """The models in a server's list, whatever its shape, that write: their names, and whether they
    see. Raises ValueError where there is no list."""
    named = dict(_named(content))
    return [
        {"id": name, "sees": _sees(name, facts)}
        for name, facts in named.items()
        if not SILENT.search(name)
    ]


def _named(content: object) -> Iterator[tuple[str, object]]:
    """Names and what else is said of each: a bare list, or one in a field, of names or of tables."""
    listed = content
    if isinstance(content, dict):
        inside = [key for key in LIST_KEYS if key in content]
        listed = content[inside[0]] if inside else {}
        if isinstance(listed, dict):  # one level further down, or by name
            deeper = any(key in listed for key in LIST_KEYS)
            yield from _named(listed) if deeper else ((str(key), listed[key]) for key in listed)
            if not inside:
                raise ValueError("no list of models")
            return
    if listed is not None and not isinstance(listed, list):
        raise ValueError("no list of models")
    for entry in listed or ():  # null is what a server without a model answers
        ids = (find(entry, key) for key in ("id", "name", "model", "model_name", "key"))
        name = entry if isinstance(entry, str) else next((one for one in ids if one), "")
        if isinstance(name, str) and name.strip():
            yield name.strip(), entry


def _sees(name: str, facts: object) -> bool:
    said = json.dumps([find(facts, key) for key in ("capabilities", "input_modalities")])
    takes = str(find(facts, "architecture", "input_modalities"))
    return bool(SEES.search(name)) or "vision" in said or "image" in f"{said}{takes}"


def rows(server: str, entries: Sequence[object]) -> Iterator[Model]:
    """Each model that writes, under an id of its own, also where two names are folded into one or
    have no Latin letter."""
    taken: set[str] = set()
    for entry in entries:
        name = str(find(entry, "id"))
        folded = re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-.")
        if not folded or folded in taken:
            digest = hashlib.sha256(name.encode()).hexdigest()[:8]
            folded = f"{folded or 'model'}-{digest}"
        if folded in taken:
            continue  # the very same name again
        taken.add(folded)
        slug = f"compatible:{server}.{folded}"
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
        note=sentences.LISTED % {"server": server},
    )


KEEP = "30m"  # how long it stays in memory unused
LOADING = 600.0  # seconds at most; a large one comes from a slow disk


async def load_model(address: str, call: Call) -> Warmed:
    """Have the server at `address` (which ends in /v1) read the model into memory."""
    root = address.removesuffix("/v1")
    asked = {"model": call.model.path, "keep_alive": KEEP, "stream": False}
    # Without a prompt there is nothing to answer. It notices when we close the connection, so that has to wait.
    asking = http.send(
        "The server",
        "POST",
        f"{root}/api/generate",
        headers={"Content-Type": "application/json"},
        content=json.dumps(asked).encode(),
        seconds=LOADING,
    )
    answer = await unless_stopped(call, asking)
    if answer.status == 200 and find(answer.json(), "done"):
        return Warmed(Warmth.WARM, sentences.LOADED)
    if answer.status >= 500:
        raise Unavailable(sentences.SERVER_ANSWERED % {"status": answer.status})
    return Warmed(Warmth.UNKNOWN, sentences.ONLY_OLLAMA)
