"""`python -m rehearsal.relay FROM_HOST FROM_PORT TO_HOST TO_PORT [DELAY BREAKS]`: passes connections on.

Until it is killed. `DELAY` is seconds for each piece, `BREAKS` the share of pieces at which the connection breaks.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys

PIECE = 1 << 16


class Relay:
    def __init__(self, to_host: str, to_port: int, delay: float, breaks: float) -> None:
        self._to = (to_host, to_port)
        self._delay, self._breaks = delay, breaks

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            there, back = await asyncio.open_connection(*self._to)
            ways = [self._pass_on(reader, back), self._pass_on(there, writer)]
            await asyncio.wait(
                [asyncio.ensure_future(one) for one in ways], return_when=asyncio.FIRST_COMPLETED
            )
            back.close()
        writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(PIECE):
                await asyncio.sleep(self._delay)
                if random.random() < self._breaks:
                    return
                writer.write(piece)
                await writer.drain()


async def main(words: list[str]) -> None:
    delay, breaks = (float(one) for one in words[4:6] or ("0", "0"))
    relay = Relay(words[2], int(words[3]), delay, breaks)
    server = await asyncio.start_server(relay.connected, words[0], int(words[1]))
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
