"""A model host that embeds by the words of a text, and carries out what waits for embedding."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from asgiref.sync import async_to_sync
from numpy.typing import NDArray
from pytest_django.fixtures import Settings

from local_models.address import open_listener
from local_models.embedder.embedding_calls import reply_with
from local_models.protocol import (
    HostReply,
    HostRequest,
    UnusableInput,
    read_frame,
    write_frame,
)
from observatory import embeddings
from tests.displays.board_sending import Threads

TEXT_SIZE, IMAGE_SIZE = 384, 1280
Embed = Callable[[], None]


def vector_of(text: str, size: int = TEXT_SIZE) -> NDArray[np.float32]:
    """Texts with the same words have the same vector."""
    total = np.zeros(size, np.float32)
    for word in text.lower().split():
        seed = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=4).digest(), "big")
        total += np.random.default_rng(seed).standard_normal(size).astype(np.float32)
    return total / (np.linalg.norm(total) or np.float32(1))


class EmbeddingHost:
    """`texts`: all that it was asked for, in order."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.unusable = ""  # a text that it has no embedding for
        self.at_once = 1_000  # texts that it gets done
        self.processor_seconds = 0.0  # that it says a call has taken

    def embed_texts(self, request: HostRequest) -> HostReply:
        texts = [str(text) for text in request.parameters["texts"]]  # type: ignore[attr-defined]
        if self.unusable in texts:
            raise UnusableInput("There is no embedding of this.")
        done = texts[: self.at_once]
        self.texts += done
        return reply_with([vector_of(text) for text in done])

    def embed_image(self, request: HostRequest) -> HostReply:
        return reply_with([vector_of(str(len(Path(request.path).read_bytes())), IMAGE_SIZE)])

    async def embed_waiting(self, run_dir: Path, threads: Threads | None = None) -> None:
        listener = open_listener(run_dir)
        server = await asyncio.start_unix_server(self._answer, sock=listener)
        try:
            await embeddings.embed_waiting(threads or Threads())
        finally:
            server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        header, _ = await read_frame(reader)
        request = HostRequest.from_header(header)
        embed = self.embed_texts if request.model == "local:embed-text" else self.embed_image
        try:
            reply = replace(embed(request), processor_seconds=self.processor_seconds)
        except UnusableInput as error:
            reply = HostReply(error="invalid", detail=str(error))
        await write_frame(writer, reply.header(), reply.data)
        writer.close()


@pytest.fixture
def run_dir(settings: Settings) -> Iterator[Path]:
    """Short enough for a socket, and nobody else's."""
    folder = Path(tempfile.mkdtemp(prefix="run-"))
    settings.RUN_DIR = folder
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def embedding_host() -> EmbeddingHost:
    return EmbeddingHost()


@pytest.fixture
def embed(embedding_host: EmbeddingHost, run_dir: Path) -> Embed:
    """Carries out what waits for embedding."""
    return lambda: async_to_sync(embedding_host.embed_waiting)(run_dir)
