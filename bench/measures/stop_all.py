"""B7: from the request of stop-all to the last of twenty displays that has its STOPPED frame."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator

import httpx
from websockets.asyncio.client import ClientConnection, connect

from bench.engines import Engine
from bench.environment import Context, print_progress
from bench.processor_time import ProcessorTime, fixed
from bench.rows import NotMeasured, Row, judge_maximum, plain_bar
from bench.statistics import p95
from bench.workloads import SLOW_SLOTS
from tests.stack import Stack

STOPS = 20
NETWORKS = 4
DISPLAYS = 20
MAX_MS = 100.0
BARS = {"B7": plain_bar(MAX_MS, "ms")}
NOTE = (
    f"p95 of {STOPS} stops: HTTP request leaves -> the last of {DISPLAYS} sockets has a frame "
    f"that says STOPPED; {NETWORKS} calls under way, resumed before the next one"
)
CPU_NOTE = "processor time of a stop in all processes, with the resumption and what waits for it:"


def measure(context: Context, engine: Engine) -> list[Row]:
    prepared = context.prepare_stack(engine)
    token = prepared.stack.token(admin=True)
    prepared.stack.start()
    cpu = ProcessorTime(fixed(process.pid for process in prepared.stack.everything()))
    delays, per_stop = asyncio.run(_measure_stops(prepared.stack, token, cpu))
    print_progress(f"stops: {', '.join(f'{one:.0f}' for one in delays)} ms")
    note = f"{engine.label}; {NOTE}; {CPU_NOTE} {per_stop:.1f} ms"
    row_id = f"B7{engine.suffix}"
    return [
        judge_maximum(
            row_id,
            ours=delays,
            value=p95(delays),
            maximum=MAX_MS,
            unit="ms",
            note=note,
        )
    ]


async def _measure_stops(stack: Stack, token: str, cpu: ProcessorTime) -> tuple[list[float], float]:
    """The delays, and the milliseconds of processor time per stop."""
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{stack.base_url}/api/v1"
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=20) as api:
        slugs = [await _network(api, number) for number in range(NETWORKS)]
        async with contextlib.AsyncExitStack() as closing:
            addresses = [f"{stack.socket_url}/ws/networks/{slug}/?view=wall" for slug in slugs]
            displays = [
                await closing.enter_async_context(StopDisplay.connect(addresses[number % NETWORKS]))
                for number in range(DISPLAYS)
            ]
            await _measure_stop(api, displays)
            before = cpu.seconds()
            delays = [await _measure_stop(api, displays) for _ in range(STOPS)]
            return delays, (cpu.seconds() - before) * 1000 / STOPS


async def _network(api: httpx.AsyncClient, number: int) -> str:
    """A public network with a slow call under way."""
    fields = {"name": f"Slow {number}", "slots": SLOW_SLOTS, "public": True, "lockout_seconds": 0}
    made = (await api.post("/networks", json=fields)).raise_for_status()
    slug = str(made.json()["slug"])
    (await api.post(f"/networks/{slug}/runs", json={"prompt": "wait"})).raise_for_status()
    return slug


async def _measure_stop(api: httpx.AsyncClient, displays: list[StopDisplay]) -> float:
    await _await_calls(api)
    stopped = [display.stopped() for display in displays]
    began = time.perf_counter()
    (await api.post("/stop-all")).raise_for_status()
    ended = await asyncio.wait_for(asyncio.gather(*stopped), 20)
    (await api.post("/resume-all")).raise_for_status()
    return (max(ended) - began) * 1000


async def _await_calls(api: httpx.AsyncClient) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        runs = (await api.get("/runs", params={"state": "running"})).raise_for_status().json()
        pages = [await api.get(f"/runs/{run['id']}/invocations") for run in runs["items"]]
        steps = [page.json()["items"] for page in pages]
        if sum(bool(one and one[0]["state"] == "invoking") for one in steps) == NETWORKS:
            await asyncio.sleep(0.2)  # until its events have been sent
            return
        await asyncio.sleep(0.05)
    raise NotMeasured(f"{NETWORKS} calls were not under way within 20 s")


class StopDisplay:
    """A display that renders nothing but acknowledges every frame."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._waiting: asyncio.Future[float] | None = None

    @classmethod
    @contextlib.asynccontextmanager
    async def connect(cls, address: str) -> AsyncIterator[StopDisplay]:
        async with connect(address, compression=None) as socket:
            display = cls(socket)
            watching = asyncio.create_task(display._watch())
            try:
                yield display
            finally:
                watching.cancel()

    def stopped(self) -> asyncio.Future[float]:
        """Resolves when the next frame with STOPPED has come."""
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
