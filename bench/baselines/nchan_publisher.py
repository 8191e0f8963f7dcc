"""Publishes frames to an nchan server by HTTP, over one connection that stays open.

`python -m bench.baselines.nchan_publisher PORT` with the server's port in BENCH_NCHAN_PORT; a GET of
`/publish?times=20&every=0.1` publishes and answers with the times of sending, one of `/welcome` leaves
a welcome for those who connect next.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from urllib.parse import parse_qs, urlsplit

from .frames import publish_frames, welcome

_HEAD = (
    "POST /publish HTTP/1.1\r\nHost: bench\r\nContent-Type: text/json\r\nContent-Length: {}\r\n\r\n"
)


class NchanPublisher:
    """A connection to the server's publisher location."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, text: str) -> None:
        body = text.encode()
        self._writer.write(_HEAD.format(len(body)).encode() + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        if b" 20" not in head.partition(b"\r\n")[0]:
            raise RuntimeError(f"nchan answers {head!r}")
        _, _, length = head.partition(b"content-length: ")
        if length:
            await self._reader.readexactly(int(length.partition(b"\r\n")[0]))

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request of the benchmark's."""
        request = await reader.readuntil(b"\r\n\r\n")
        address = urlsplit(request.split(b" ", 2)[1].decode())
        stamps: list[float] = []
        if address.path == "/publish":
            stamps = await publish_frames(parse_qs(address.query), self.send)
        else:
            await self.send(welcome())
        body = json.dumps(stamps).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()


async def main(port: int) -> None:
    connection = await asyncio.open_connection("127.0.0.1", int(os.environ["BENCH_NCHAN_PORT"]))
    server = await asyncio.start_server(NchanPublisher(*connection).answer, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
