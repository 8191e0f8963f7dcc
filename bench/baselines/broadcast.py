"""The baseline of fan-out: `websockets` and its `broadcast`, fed in process.

No log, rendering, cursors, window or authentication. `python -m bench.baselines.broadcast
PORT`; a GET of `/publish?times=20&every=0.1` broadcasts and answers with the times of sending. Pages and files
come from BENCH_UPSTREAM, if it is set.
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

from .frames import publish_frames, welcome

_clients: set[ServerConnection] = set()


async def handle_client(client: ServerConnection) -> None:
    await client.send(welcome())
    _clients.add(client)
    try:
        await client.wait_closed()
    finally:
        _clients.discard(client)


async def _handle_http(client: ServerConnection, request: Request) -> Response | None:
    """Plain HTTP on the same port, which starts publishing."""
    address = urlsplit(request.path)
    if "Upgrade" in request.headers:
        return None
    if address.path != "/publish":
        return await asyncio.to_thread(_fetch_upstream, request.path)
    query = parse_qs(address.query)
    stamps = await publish_frames(query, lambda text: broadcast(_clients, text))
    return client.respond(HTTPStatus.OK, json.dumps(stamps))


def _fetch_upstream(path: str) -> Response:
    """The same page or file as the product's, with the same type and policy."""
    answer = httpx.get(os.environ["BENCH_UPSTREAM"] + path, headers={"accept-encoding": "identity"})
    kept = ("content-type", "content-security-policy", "x-panic")
    headers = [(name, answer.headers[name]) for name in kept if name in answer.headers]
    size = ("content-length", str(len(answer.content)))
    return Response(answer.status_code, "", Headers([*headers, size]), answer.content)


async def main(port: int) -> None:
    serving = serve(
        handle_client,
        "127.0.0.1",
        port,
        process_request=_handle_http,
        compression=None,
        ping_interval=None,
        open_timeout=120,
    )
    async with serving as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
