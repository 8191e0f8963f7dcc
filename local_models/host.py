"""The model host: one process per machine that keeps the local models in memory.

Each model has a thread that serves its calls one after another; models that share their weights share
a thread.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from .address import BACKLOG
from .loaders import LocalModel
from .memory import give_memory_back, uses_more_than
from .protocol import BadFrame, HostReply, HostRequest, UnusableInput, read_frame, write_frame

logger = logging.getLogger(__name__)

MAX_QUEUE = 256  # calls waiting for one thread
READ_SECONDS = 10.0  # a client sends its request at once or not at all
DRAIN_SECONDS = 5.0
# Bytes beyond which models leave memory. Calls under way need as much as 0.2 GB more: of four networks with voices at once
# the process was seen at 1.25 GB when this was 1.05.
MAX_LOADED = 850_000_000


class ModelThread:
    """One thread, the models it has loaded, and the number of calls that wait for it."""

    def __init__(self, name: str, load: Callable[[str], LocalModel]) -> None:
        self._load = load
        self._models: dict[str, LocalModel] = {}
        self.is_loaded = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"model-{name}")
        self.waiting = 0
        self.last_used = time.monotonic()

    async def run(self, request: HostRequest) -> HostReply:
        if self.waiting >= MAX_QUEUE:
            return HostReply(error="busy", detail="Too many calls are waiting for this model.")
        self.waiting += 1
        try:
            return await asyncio.wrap_future(self._thread.submit(self._answer_call, request))
        finally:
            self.waiting -= 1
            self.last_used = time.monotonic()

    def unload_if_quiet(self, seconds: float) -> None:
        """Gives the memory of its models back where none has been used for so long."""
        if time.monotonic() - self.last_used > seconds and self.is_unloadable:
            self.unload()

    @property
    def is_unloadable(self) -> bool:
        return self.is_loaded and not self.waiting

    def unload(self) -> Future[None]:
        self.is_loaded = False
        return self._thread.submit(self._unload)

    def _unload(self) -> None:
        logger.info("not used for a while, out of memory: %s", ", ".join(self._models))
        self._models.clear()
        give_memory_back()

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _answer_call(self, request: HostRequest) -> HostReply:
        if request.cancelled.is_set():
            return HostReply(error="failed", detail="The call was cancelled while it waited.")
        try:
            if request.model not in self._models:
                self._models[request.model] = self._load(request.model)
                give_memory_back()
            self.is_loaded = True
            if request.load_only:
                return HostReply(text="")
            begun = time.perf_counter()
            reply = self._models[request.model](request)
            return replace(reply, seconds=time.perf_counter() - begun)
        except UnusableInput as error:
            return HostReply(error="invalid", detail=str(error))
        except Exception as error:  # the border: one bad call must not end the host
            logger.exception("local model %s failed on call %s", request.model, request.key)
            return HostReply(error="failed", detail=f"The model failed: {type(error).__name__}.")


class ModelHost:
    """Serves local models on a listening socket until it is stopped.

    `thread_of_model` names the thread of a model and raises KeyError for an unknown one; `load` returns
    the function that makes its outputs and is called in that thread, once.
    """

    def __init__(
        self,
        *,
        thread_of_model: Callable[[str], str],
        load: Callable[[str], LocalModel],
        max_memory: int = MAX_LOADED,
        uses_more_than: Callable[[int], bool] = uses_more_than,
    ) -> None:
        """Beyond `max_memory` bytes, what was not used for longest leaves memory."""
        self._thread_of_model = thread_of_model
        self._load = load
        self._max_memory = max_memory
        self._uses_more_than = uses_more_than
        self._threads: dict[str, ModelThread] = {}
        self._connections: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()
        self._last_used = time.monotonic()

    async def serve(
        self, listener: socket.socket, *, idle_seconds: float = 0.0, unload_seconds: float = 0.0
    ) -> None:
        """Until `stop`, SIGTERM or SIGINT; or until unused for `idle_seconds`, where given. A model that is
        not used for `unload_seconds`, where given, leaves memory until it is."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self.stop)
        # From 3.13 asyncio would remove the socket's file, which may be a supervisor's.
        keep: dict[str, Any] = {"cleanup_socket": False} if sys.version_info >= (3, 13) else {}
        server = await asyncio.start_unix_server(
            self._connected, sock=listener, backlog=BACKLOG, **keep
        )
        try:
            await self._wait(idle_seconds, unload_seconds)
        finally:
            server.close()
            if self._connections:
                await asyncio.wait(self._connections, timeout=DRAIN_SECONDS)
            for thread in self._threads.values():
                thread.close()

    def stop(self) -> None:
        self._stop.set()

    async def _wait(self, idle_seconds: float, unload_seconds: float) -> None:
        timeout = 1.0 if idle_seconds or unload_seconds else None
        while not self._stop.is_set():
            try:
                await asyncio.wait_for(self._stop.wait(), timeout=timeout)
            except TimeoutError:
                if self._connections:
                    self._last_used = time.monotonic()
                elif idle_seconds and time.monotonic() - self._last_used > idle_seconds:
                    return
                for thread in self._threads.values() if unload_seconds else ():
                    thread.unload_if_quiet(unload_seconds)
                await self._make_room()

    async def _make_room(self) -> None:
        """Unload what was not used for longest, as long as there is too much and anything that is not at work."""
        while self._uses_more_than(self._max_memory):
            unloadable = [one for one in self._threads.values() if one.is_unloadable]
            if not unloadable:
                return
            await asyncio.wrap_future(min(unloadable, key=lambda one: one.last_used).unload())

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        try:
            await self._answer(reader, writer)
        except (BadFrame, TimeoutError, asyncio.IncompleteReadError, ConnectionError) as error:
            logger.info("a client of the model host went away: %s", error or type(error).__name__)
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        header, _ = await asyncio.wait_for(read_frame(reader), READ_SECONDS)
        request = HostRequest.from_header(header)
        work = asyncio.ensure_future(self._run(request))
        disconnected = asyncio.ensure_future(reader.read(1))
        await asyncio.wait({work, disconnected}, return_when=asyncio.FIRST_COMPLETED)
        disconnected.cancel()
        if not work.done():
            request.cancelled.set()
            work.cancel()
            logger.info("call %s of %s was cancelled", request.key, request.model)
            return
        reply = work.result()
        await write_frame(writer, reply.header(), reply.data)

    async def _run(self, request: HostRequest) -> HostReply:
        try:
            name = self._thread_of_model(request.model)
        except KeyError:
            return HostReply(error="unknown", detail=f"There is no local model {request.model}.")
        if name not in self._threads:
            self._threads[name] = ModelThread(name, self._load)
        if not self._threads[name].is_loaded:
            await self._make_room()
        return await self._threads[name].run(request)
