"""Asking the model host for embeddings."""

from __future__ import annotations

import asyncio
import os

from django.conf import settings

from local_models.client import ask
from local_models.protocol import BadFrame, HostRequest
from local_models.weights import WEIGHTS

NEEDED = ("minilm", "minilm-vocabulary", "efficientnet-lite0")
SECONDS = 60.0


class NoEmbedding(Exception):
    """There is none for this, now or later; the message says why."""


class HostAway(Exception):
    """The model host does not answer just now."""


class HostLate(HostAway):
    """It took too long for what it was asked: less at once may be answered."""


def has_weights() -> bool:
    """Known from the file system alone."""
    return all(WEIGHTS[name].is_present(settings.WEIGHTS_DIR) for name in NEEDED)


async def embed_words(words: str) -> bytes:
    """Of what somebody searches for, before any text that waits. Raises NoEmbedding, HostAway."""
    return await _ask(HostRequest(model="local:embed-words", parameters={"texts": [words]}))


async def embed_texts(texts: list[str]) -> list[bytes]:
    """A vector for each, float16. Raises NoEmbedding, HostAway."""
    request = HostRequest(model="local:embed-text", parameters={"texts": texts})
    data = await _ask(request)
    size, rest = divmod(len(data), max(1, len(texts)))
    if rest:
        raise HostAway("The model host gave a number of vectors that nobody asked for.")
    return [data[at : at + size] for at in range(0, len(data), size)]


async def embed_image(path: os.PathLike[str]) -> bytes:
    """Raises NoEmbedding, HostAway."""
    return await _ask(HostRequest(model="local:embed-image", path=os.fspath(path)))


async def _ask(request: HostRequest) -> bytes:
    try:
        async with asyncio.timeout(SECONDS):
            reply = await ask(settings.RUN_DIR, request)
    except TimeoutError as error:
        raise HostLate(f"The model host took longer than {SECONDS:.0f} s.") from error
    except (OSError, asyncio.IncompleteReadError, BadFrame) as error:
        raise HostAway(str(error) or type(error).__name__) from error
    if reply.error in ("invalid", "failed"):
        raise NoEmbedding(reply.detail)
    if reply.error:
        raise HostAway(reply.detail)
    return reply.data
