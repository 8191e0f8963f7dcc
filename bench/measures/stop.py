"""B7: from the press of stop-all to the last of twenty walls that has its STOPPED frame."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator

import httpx
from websockets.asyncio.client import ClientConnection, connect

from bench.engines import Engine
from bench.figures import p95
from bench.rows import NotMeasured, Row, below, plain_bar
from bench.scenes import SLOW
from bench.workshop import Room, tell
from tests.stack import Stack

PRESSES = 20
NETWORKS = 4
WALLS = 20
MOST = 200.0
BARS = {"B7": plain_bar(MOST, "ms")}
NOTE = (
    f"p95 of {PRESSES} presses: HTTP request leaves -> the last of {WALLS} wall sockets has a frame "
    f"that says STOPPED; {NETWORKS} calls under way, resumed before the next press"
)


def measure(room: Room, engine: Engine) -> list[Row]:
    place = room.place(engine)
    token = place.stack.token(admin=True)
    place.stack.start()
    presses = asyncio.run(_presses(place.stack, token))
    tell(f"presses: {', '.join(f'{one:.0f}' for one in presses)} ms")
    note = f"{engine.label}; {NOTE}"
    row_id = f"B7{engine.suffix}"
    return [below(row_id, ours=presses, value=p95(presses), most=MOST, unit="ms", note=note)]


async def _presses(stack: Stack, token: str) -> list[float]:
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{stack.base_url}/api/v1"
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=20) as api:
        slugs = [await _network(api, number) for number in range(NETWORKS)]
        async with contextlib.AsyncExitStack() as closing:
            addresses = [f"{stack.socket_url}/ws/networks/{slug}/?view=wall" for slug in slugs]
            walls = [
                await closing.enter_async_context(Wall.hung(addresses[number % NETWORKS]))
                for number in range(WALLS)
            ]
            return [await _press(api, walls) for _ in range(PRESSES + 1)][1:]


async def _network(api: httpx.AsyncClient, number: int) -> str:
    """A public network with a call that takes its time."""
    fields = {"name": f"Slow {number}", "slots": SLOW, "public": True, "lockout_seconds": 0}
    made = (await api.post("/networks", json=fields)).raise_for_status()
    slug = str(made.json()["slug"])
    (await api.post(f"/networks/{slug}/runs", json={"prompt": "wait"})).raise_for_status()
    return slug


async def _press(api: httpx.AsyncClient, walls: list[Wall]) -> float:
    await _under_way(api)
    stopped = [wall.stopped() for wall in walls]
    began = time.perf_counter()
    (await api.post("/stop-all")).raise_for_status()
    ended = await asyncio.wait_for(asyncio.gather(*stopped), 20)
    (await api.post("/resume-all")).raise_for_status()
    return (max(ended) - began) * 1000


async def _under_way(api: httpx.AsyncClient) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        runs = (await api.get("/runs", params={"state": "running"})).raise_for_status().json()
        pages = [await api.get(f"/runs/{run['id']}/invocations") for run in runs["items"]]
        steps = [page.json()["items"] for page in pages]
        if sum(bool(one and one[0]["state"] == "invoking") for one in steps) == NETWORKS:
            await asyncio.sleep(0.2)  # what that set off is over
            return
        await asyncio.sleep(0.05)
    raise NotMeasured(f"{NETWORKS} calls were not under way within 20 s")


class Wall:
    """A display that draws nothing but acknowledges everything."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._waiting: asyncio.Future[float] | None = None

    @classmethod
    @contextlib.asynccontextmanager
    async def hung(cls, address: str) -> AsyncIterator[Wall]:
        async with connect(address, compression=None) as socket:
            wall = cls(socket)
            watching = asyncio.create_task(wall._watch())
            try:
                yield wall
            finally:
                watching.cancel()

    def stopped(self) -> asyncio.Future[float]:
        """When the next frame that says STOPPED will have come."""
        self._waiting = asyncio.get_running_loop().create_future()
        return self._waiting

    async def _watch(self) -> None:
        async for text in self._socket:
            now = time.perf_counter()
            frame = json.loads(text)
            if frame["type"] == "ping":
                await self._socket.send('{"type":"pong"}')
            elif frame["type"] == "event":
                waiting = self._waiting
                if waiting and not waiting.done() and "STOPPED" in json.dumps(frame.get("html")):
                    waiting.set_result(now)
                await self._socket.send(json.dumps({"type": "ack", "cursor": frame["cursor"]}))
