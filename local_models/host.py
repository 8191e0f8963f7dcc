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
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from .address import BACKLOG
from .loaders import LocalModel
from .memory import give_memory_back, uses_more_than
from .protocol import BadFrame, HostReply, HostRequest, UnusableInput, read_frame, write_frame

logger = logging.getLogger(__name__)

MAX_QUEUE = 256  # calls waiting for one thread
READ_SECONDS = 10.0  # a client sends its request at once or not at all
DRAIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class MemoryLimit:
    """Bytes that the host may use, and what is reckoned of them for each call under way and for a model that
    is being loaded. Measured with the weights of make weights and of all extras: 0.94 GB with everything
    loaded; a long text for Kokoro needs 0.11 GB besides."""

    most: int = 1_150_000_000
    for_call: int = 100_000_000
    for_loading: int = 250_000_000


class ModelThread:
    """One thread, the models it has loaded, and the number of calls that wait for it."""

    def __init__(
        self, name: str, load: Callable[[str], LocalModel], *, waits_for_room: bool = True
    ) -> None:
        self._load = load
        self._waits_for_room = waits_for_room
        self._models: dict[str, LocalModel] = {}
        self.is_loaded = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"model-{name}")
        self.waiting = 0  # those at work among them
        self.at_work = 0
        self.last_used = time.monotonic()

    async def run(self, request: HostRequest, admission: Admission) -> HostReply:
        if self.waiting >= MAX_QUEUE:
            return HostReply(error="busy", detail="Too many calls are waiting for this model.")
        self.waiting += 1
        try:
            waits = self._waits_for_room and not self.at_work
            if waits and (refusal := await admission.admit(self, request)):
                return refusal
            self.at_work += 1
            try:
                return await self._submit(request)
            finally:
                self.at_work -= 1
                admission.note_end()
        finally:
            self.waiting -= 1
            self.last_used = time.monotonic()

    async def load(self, request: HostRequest) -> HostReply:
        """Its model, without calling it."""
        return await self._submit(replace(request, load_only=True))

    async def _submit(self, request: HostRequest) -> HostReply:
        return await asyncio.wrap_future(self._thread.submit(self._answer_call, request))

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
            begun, worked = time.perf_counter(), time.thread_time()
            reply = self._models[request.model](request)
            return replace(
                reply,
                seconds=time.perf_counter() - begun,
                processor_seconds=time.thread_time() - worked,
            )
        except UnusableInput as error:
            return HostReply(error="invalid", detail=str(error))
        except Exception as error:  # the border: one bad call must not end the host
            logger.exception("local model %s failed on call %s", request.model, request.key)
            return HostReply(error="failed", detail=f"The model failed: {type(error).__name__}.")


class Admission:
    """Lets calls begin, so that models and calls together keep within the memory of the host.

    A call that there is no room for waits until others have ended; one to load a model has models leave
    that nobody uses, the one used longest ago first. A call alone begins in any case.
    """

    def __init__(
        self,
        threads: Mapping[str, ModelThread],
        limit: MemoryLimit,
        uses_more_than: Callable[[int], bool],
    ) -> None:
        self._threads = threads
        self._limit = limit
        self._uses_more_than = uses_more_than
        self._turn = asyncio.Lock()  # first come, first served
        self._ended = asyncio.Event()

    async def admit(self, thread: ModelThread, request: HostRequest) -> HostReply | None:
        """Returns when the call may begin, its model loaded; the answer to it, where that cannot be."""
        async with self._turn:
            while self._lacks_room(thread):
                await asyncio.to_thread(give_memory_back)
                if not self._lacks_room(thread):
                    break
                self._ended.clear()
                working = any(one.at_work for one in self._threads.values())
                if thread.is_loaded and working:
                    await self._ended.wait()
                elif not await self._unload_one():
                    if not working:
                        break
                    await self._ended.wait()
            reply = None if thread.is_loaded else await thread.load(request)
            return reply if reply and reply.error else None

    def note_end(self) -> None:
        """A call has ended: there may be room."""
        self._ended.set()

    async def make_room(self) -> None:
        """Unload what was not used for longest, as long as there is too much and anything that is not at work."""
        while self._uses_more_than(self._limit.most):
            if not await self._unload_one():
                return

    async def _unload_one(self) -> bool:
        unloadable = [one for one in self._threads.values() if one.is_unloadable]
        if not unloadable:
            return False
        await asyncio.wrap_future(min(unloadable, key=lambda one: one.last_used).unload())
        return True

    def _lacks_room(self, thread: ModelThread) -> bool:
        calls = 1 + sum(1 for one in self._threads.values() if one.at_work)
        reserved = calls * self._limit.for_call
        reserved += 0 if thread.is_loaded else self._limit.for_loading
        return self._uses_more_than(self._limit.most - reserved)


class ModelHost:
    """Serves local models on a listening socket until it is stopped.

    `thread_of_model` names the thread of a model and raises KeyError for an unknown one; `load` returns
    the function that makes its outputs and is called in that thread, once. Calls of the threads in `small` need so
    little memory that they wait for no room, nor for another model that is being loaded.
    """

    def __init__(
        self,
        *,
        thread_of_model: Callable[[str], str],
        load: Callable[[str], LocalModel],
        small: Collection[str] = (),
        limit: MemoryLimit = MemoryLimit(),
        uses_more_than: Callable[[int], bool] = uses_more_than,
    ) -> None:
        self._thread_of_model = thread_of_model
        self._load = load
        self._small = small
        self._threads: dict[str, ModelThread] = {}
        self._admission = Admission(self._threads, limit, uses_more_than)
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
                await self._admission.make_room()

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
            waits = name not in self._small
            self._threads[name] = ModelThread(name, self._load, waits_for_room=waits)
        return await self._threads[name].run(request, self._admission)
