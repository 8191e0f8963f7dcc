"""The baseline nchan: what is sent to it, and what is said where it is not installed."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import cast

import pytest

from bench import nchan
from bench.baselines.nchan_publisher import NchanPublisher
from bench.environment import Context
from bench.rows import NotMeasured

REST = ',"event":"invocation.completed"}'


class FakeNchan:
    """Keeps what is published to it."""

    def __init__(self, status: str) -> None:
        self._status = status
        self.received: list[str] = []
        self.ended = asyncio.Event()  # its connection is closed

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                length = int(head.partition("Content-Length: ")[2].partition("\r\n")[0])
                self.received.append((await reader.readexactly(length)).decode())
                writer.write(f"HTTP/1.1 {self._status}\r\nContent-Length: 5\r\n\r\nqueue".encode())
        writer.close()
        await writer.wait_closed()
        self.ended.set()


async def published(status: str, *texts: str) -> list[str]:
    """What a server that answers with this status has received."""
    fake = FakeNchan(status)
    server = await asyncio.start_server(fake.answer, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        publisher = NchanPublisher(reader, writer)
        try:
            for text in texts:
                await publisher.send(text)
        finally:
            writer.close()
            await writer.wait_closed()
            await fake.ended.wait()
    return fake.received


@pytest.mark.enable_socket
@pytest.mark.asyncio
async def test_frames_are_published_one_after_the_other_over_one_connection() -> None:
    assert await published("202 Accepted", "ä" + REST, "b" + REST) == ["ä" + REST, "b" + REST]


@pytest.mark.enable_socket
@pytest.mark.asyncio
async def test_a_frame_that_is_refused_is_noticed() -> None:
    with pytest.raises(RuntimeError, match="403 forbidden"):
        await published("403 Forbidden", "a" + REST)


def test_without_its_module_nothing_is_measured_and_the_reason_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(nchan, "MODULES", (tmp_path,))

    with pytest.raises(NotMeasured, match=r"nchan is not installed .*libnginx-mod-nchan"):
        nchan.NchanServer(cast("Context", None), REST)
