"""Farm workers that have nothing to do: each signs on and claims, for ever, over one connection of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Coroutine, Sequence
from typing import Any

PATIENCE_SECONDS = 120.0
AT_ONCE = 20  # sign-ons under way
WAIT_SECONDS = 25
OFFER = {"name": "idle", "title": "Idle", "input": "text", "output": "text"}


class IdleWorkers:
    """A thread with an event loop, from `with` to its end. `claims`: answered so far."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self.claims = 0
        self.failures: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, secrets: Sequence[str]) -> None:
        """Comes back once all have signed on; then they claim."""
        self._run(self._start(secrets))

    def __enter__(self) -> IdleWorkers:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_SECONDS)

    async def _start(self, secrets: Sequence[str]) -> None:
        turns = asyncio.Semaphore(AT_ONCE)
        connections = await asyncio.gather(*(self._sign_on(one, turns) for one in secrets))
        self._tasks += [asyncio.create_task(self._claim(one)) for one in connections]

    async def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _sign_on(self, secret: str, turns: asyncio.Semaphore) -> WorkerCalls:
        async with turns:
            calls = await WorkerCalls.open(self._host, self._port, secret)
            body = {"session": secret[-16:], "offers": [OFFER]}
            if (status := (await calls.post("sign-on", body))[0]) != 200:
                raise RuntimeError(f"a worker was answered {status} to its sign-on")
            return calls

    async def _claim(self, calls: WorkerCalls) -> None:
        try:
            while True:
                body = {"slots": 1, "wait_seconds": WAIT_SECONDS}
                status, wait = await calls.post("claim", body)
                self.claims += 1
                if status != 204:
                    raise RuntimeError(f"a claim was answered {status}")
                await asyncio.sleep(wait)
        except Exception as error:  # told at the end
            self.failures.append(f"{type(error).__name__}: {error}")
        finally:
            calls.close()


class WorkerCalls:
    """One kept connection of one worker."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, secret: str
    ) -> None:
        self._reader, self._writer = reader, writer
        self._head = f"Host: bench\r\nAuthorization: Bearer {secret}\r\n"

    @classmethod
    async def open(cls, host: str, port: int, secret: str) -> WorkerCalls:
        return cls(*await asyncio.open_connection(host, port), secret)

    async def post(self, call: str, body: dict[str, Any]) -> tuple[int, float]:
        """The status, and the seconds of `Retry-After`."""
        data = json.dumps(body).encode()
        head = (
            f"POST /api/farm/v1/{call} HTTP/1.1\r\n{self._head}"
            f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        self._writer.write(head.encode() + data)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        lines = answer.split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
        if length := int(headers.get("content-length", 0)):
            await self._reader.readexactly(length)
        elif "chunked" in headers.get("transfer-encoding", ""):
            await self._reader.readuntil(b"0\r\n\r\n")
        return int(lines[0].split()[1]), float(headers.get("retry-after", 0))

    def close(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._writer.close()
