"""Asking the model host for embeddings."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass

from django.conf import settings

from local_models.client import ask
from local_models.protocol import BadFrame, HostReply, HostRequest
from local_models.weights import WEIGHTS

from .models.embedding import BYTES_OF_TEXT

NEEDED = ("minilm", "minilm-vocabulary", "efficientnet-lite0")
SECONDS = 60.0  # that an answer may take
BATCH_SECONDS = 20.0  # after which texts that are not done wait for the next batch


class NoEmbedding(Exception):
    """There is none for this, now or later; the message says why."""


class HostAway(Exception):
    """The model host does not answer just now."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """float16 each; `processor_seconds`: what they have taken of the machine."""

    found: list[bytes]
    processor_seconds: float


def has_weights() -> bool:
    """Known from the file system alone."""
    return all(WEIGHTS[name].is_present(settings.WEIGHTS_DIR) for name in NEEDED)


async def embed_words(words: str) -> bytes:
    """Of what somebody searches for, before any text that waits. Raises NoEmbedding, HostAway."""
    reply = await _ask(HostRequest(model="local:embed-words", parameters={"texts": [words]}))
    return reply.data


async def embed_texts(texts: list[str]) -> Vectors:
    """Of as many of the first ones as a busy machine gets done in a while, one at least. Raises NoEmbedding, HostAway."""
    parameters = {"texts": texts, "seconds": BATCH_SECONDS}
    reply = await _ask(HostRequest(model="local:embed-text", parameters=parameters))
    size, rest = divmod(len(reply.data), BYTES_OF_TEXT)
    if rest or not 0 < size <= len(texts):
        raise HostAway("The model host gave vectors that nobody asked for.")
    found = [reply.data[at * BYTES_OF_TEXT :][:BYTES_OF_TEXT] for at in range(size)]
    return Vectors(found, reply.processor_seconds)


async def embed_image(path: os.PathLike[str]) -> Vectors:
    """One. Raises NoEmbedding, HostAway."""
    reply = await _ask(HostRequest(model="local:embed-image", path=os.fspath(path)))
    return Vectors([reply.data], reply.processor_seconds)


async def _ask(request: HostRequest) -> HostReply:
    try:
        async with asyncio.timeout(SECONDS):
            reply = await ask(settings.RUN_DIR, request)
    except TimeoutError as error:
        raise HostAway(f"The model host took longer than {SECONDS:.0f} s.") from error
    except (OSError, asyncio.IncompleteReadError, BadFrame) as error:
        raise HostAway(str(error) or type(error).__name__) from error
    if reply.error in ("invalid", "failed"):
        raise NoEmbedding(reply.detail)
    if reply.error:
        raise HostAway(reply.detail)
    return reply
