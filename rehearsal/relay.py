"""`python -m rehearsal.relay FROM_HOST FROM_PORT TO_HOST TO_PORT`: passes connections on, until it is killed."""

from __future__ import annotations

import asyncio
import contextlib
import sys

PIECE = 1 << 16


async def main(from_host: str, from_port: int, to_host: str, to_port: int) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            there, back = await asyncio.open_connection(to_host, to_port)
            await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))
        writer.close()

    server = await asyncio.start_server(connected, from_host, from_port)
    async with server:
        await server.serve_forever()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
