"""The floor under every fan-out: `websockets` and its own `broadcast`, fed in process.

No log, no rendering, no cursors, no window, nobody to let in. `python -m bench.rivals.broadcast
PORT`; a GET of `/tell?times=20&every=0.1` broadcasts and answers when each began. Pages and files
are those of BENCH_UPSTREAM, if there is one.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

import httpx
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from .frames import told, welcome

_clients: set[ServerConnection] = set()


async def screen(client: ServerConnection) -> None:
    await client.send(welcome())
    _clients.add(client)
    try:
        await client.wait_closed()
    finally:
        _clients.discard(client)


async def asked(client: ServerConnection, request: Request) -> Response | None:
    """Plain HTTP on the same port: how the feed is told to begin."""
    address = urlsplit(request.path)
    if "Upgrade" in request.headers:
        return None
    if address.path != "/tell":
        return await asyncio.to_thread(fetched, request.path)
    query = parse_qs(address.query)
    stamps = await told(query, lambda text: broadcast(_clients, text))
    return client.respond(HTTPStatus.OK, json.dumps(stamps))


def fetched(path: str) -> Response:
    """The same page or file as the product's, of the same types and under the same policy."""
    answer = httpx.get(os.environ["BENCH_UPSTREAM"] + path, headers={"accept-encoding": "identity"})
    kept = ("content-type", "content-security-policy", "x-panic")
    headers = [(name, answer.headers[name]) for name in kept if name in answer.headers]
    size = ("content-length", str(len(answer.content)))
    return Response(answer.status_code, "", Headers([*headers, size]), answer.content)


async def main(port: int) -> None:
    quiet = {"compression": None, "ping_interval": None, "open_timeout": 120}
    async with serve(screen, "127.0.0.1", port, process_request=asked, **quiet) as server:  # type: ignore[arg-type]
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
