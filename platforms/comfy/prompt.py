"""A prompt at a ComfyUI server: queued once, found again, followed to its end, taken out of the queue.

It gets an id of ours, made from the idempotency key and remembered before it is queued, so that it
is found again whatever happens. The truth is asked for (`/history`, `/queue`): the socket, which is
the adapter's, only calls for a look.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from contextlib import suppress

from platforms import http, sentences
from platforms.base import JSON, Call, MediaFile, let_finish, unless_stopped
from platforms.errors import (
    Cancelled,
    NotConfigured,
    PlatformError,
    RateLimited,
    Refused,
    TimedOut,
    Unavailable,
)
from platforms.payloads import find
from platforms.servers import KnownWorkflow

from . import class_answers, history, seeds
from .graph import class_of
from .history import News
from .node_classes import NodeClasses
from .outputs import output_problem

POLL = 2.0  # seconds between two looks; the socket calls for one as soon as the prompt has ended
PATIENCE = 6  # looks in a row that may go wrong
MISSING = 3  # looks in a row that may find the prompt nowhere
MAX_LANDING_SECONDS = 2.0  # for a request in flight when the stop comes
MAX_CANCEL_SECONDS = 2.5  # for the cancel itself; both together stay under the 5 s a stop may take
MAX_UPLOAD_BYTES = 100_000_000  # bytes
SHOW_EVERY = 0.25  # seconds


class Prompt:
    """One call: a workflow, a server, and the prompt that is there."""

    def __init__(self, call: Call, flow: KnownWorkflow, address: str) -> None:
        self.call, self.workflow, self.address = call, flow.workflow, address
        self.prompt_id = call.reference or str(uuid.uuid5(uuid.NAMESPACE_OID, call.idempotency_key))
        self.client = f"panic-{uuid.uuid5(uuid.NAMESPACE_URL, call.idempotency_key).hex}"
        self.look = asyncio.Event()
        self.heard = False  # anything from the socket
        self.shown_at = 0.0
        self.left_out = ""  # of what the socket said, the last words, if they came too soon
        self.making: asyncio.Future[None] | None = None

    async def send(
        self, method: str, path: str, body: object = None, *, seconds: float = 10, kind: str = ""
    ) -> http.Answer:
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": kind or "application/json"}
        url = f"{self.address}/{path}"
        return await http.send(
            "ComfyUI", method, url, headers=headers, content=content, seconds=seconds
        )

    async def get(self, path: str) -> JSON:
        answer = await self.send("GET", path)
        if answer.status != 200:
            raise http.error_in(answer, "ComfyUI", "the server's address")
        return answer.json()

    async def entry(self) -> JSON:
        """What the history says of our prompt; empty while it has not ended."""
        found = (await self.get(f"history/{self.prompt_id}")).get(self.prompt_id)
        return found if isinstance(found, dict) and history.ended(found) else {}

    # Queueing

    async def is_there(self) -> bool:
        """Whether the prompt of an earlier try is still known, so that no second one is queued.

        Where a server gave it another id, which was lost on its way, it is known by its client.
        """
        if not self.call.reference:
            return False
        if self.call.cancelled.is_set() or await self.entry():
            return True
        waiting = history.of_client(await self.get("queue"), self.client)
        # It may have ended between the two questions.
        found = waiting or history.of_client(await self.get("history?max_items=64"), self.client)
        if found:
            await self.know_as(found)
        return bool(found)

    async def put(self) -> None:
        """Queue the prompt; a stop or a drain meanwhile still learns whether it was taken."""
        body = await unless_stopped(self.call, self.body())
        making = self.making = asyncio.ensure_future(self.post(body))
        try:
            await unless_stopped(self.call, asyncio.shield(making))
        except asyncio.CancelledError:
            await asyncio.wait({making}, timeout=MAX_LANDING_SECONDS)
            let_finish(making)
            raise
        except Cancelled:
            await asyncio.wait({making}, timeout=MAX_LANDING_SECONDS)
            if not making.done():
                let_finish(self.cancel_late(making))
                raise Cancelled("uncertain") from None
            if making.exception() is not None and not isinstance(making.exception(), TimedOut):
                raise Cancelled(_none_made(making.exception())) from None
            raise Cancelled(await self.cancel()) from None

    async def body(self) -> dict[str, object]:
        given = self.call.input
        classes = await self.classes()
        value = await self.upload(given) if isinstance(given, MediaFile) else given
        seed = int(uuid.uuid5(uuid.NAMESPACE_OID, self.call.idempotency_key))
        graph = self.workflow.filled(value, self.call.parameters, seed=seed, classes=classes)
        return {"prompt": graph, "client_id": self.client, "prompt_id": self.prompt_id}

    async def classes(self) -> NodeClasses:
        """What the server says of the nodes with numbers. Raises Refused where it says that what the
        marked one gives is not kept."""
        graph, output = self.workflow.graph, self.workflow.output
        names = [class_of(graph[output]), *seeds.names_of(graph)]
        found = await class_answers.asked(self.address, names, self.get)
        if names[0] in found and (problem := output_problem(graph, output, found)):
            raise Refused(problem)
        return found

    async def upload(self, media: MediaFile) -> str:
        """Put the file into the server's input folder; the name it has there."""
        self.call.progress("uploading")
        name = f"{self.client}{media.path.suffix}"
        form = {"type": "input", "subfolder": "panic", "overwrite": "true"}
        content, kind = await asyncio.to_thread(
            http.multipart, media, MAX_UPLOAD_BYTES, field="image", name=name, more=form
        )
        answer = await self.send("POST", "upload/image", content, seconds=120, kind=kind)
        if answer.status != 200 or not (stored := find(answer.json(), "name")):
            raise http.error_in(answer, "ComfyUI", "the server's address")
        folder = find(answer.json(), "subfolder")
        return f"{folder}/{stored}" if folder else str(stored)

    async def post(self, body: dict[str, object]) -> None:
        self.call.progress("asking")
        http.client()  # a process's first one takes its time, in which a stop may come
        await self.call.remember(self.prompt_id)
        await self.call.begin()
        answer = await self.send("POST", "prompt", body, seconds=30)
        content = answer.json()
        if answer.status == 400:
            raise history.refusal(content, self.workflow)
        if answer.status != 200:
            raise http.error_in(answer, "ComfyUI", "the server's address")
        if not content.get("prompt_id"):
            raise Unavailable(sentences.COMFYUI_NO_PROMPT)
        await self.know_as(str(content["prompt_id"]))
        if history.leaves_out(content, self.workflow.output):
            await self.cancel()  # the rest of it was queued all the same
            raise history.refusal(content, self.workflow)

    async def know_as(self, prompt_id: str) -> None:
        """Older servers choose the id themselves."""
        if prompt_id != self.prompt_id:
            self.prompt_id = prompt_id
            await self.call.remember(prompt_id)

    # Following

    async def followed(self) -> JSON:
        try:
            return await unless_stopped(self.call, self.follow())
        except Cancelled:
            raise Cancelled(await self.cancel()) from None

    async def follow(self) -> JSON:
        """Look until the prompt has ended; hold on through strange answers for a while."""
        strange = missing = 0
        while True:
            self.look.clear()
            try:
                if entry := await self.entry():
                    return entry
                place = history.place(await self.get("queue"), self.prompt_id)
                strange, missing = 0, missing + 1 if place is None else 0
                self.show_place(place)
            except (RateLimited, TimedOut, Unavailable, NotConfigured):
                strange += 1
                if strange >= PATIENCE:
                    raise
            if missing >= MISSING:
                raise Unavailable(sentences.COMFYUI_FORGOT).as_settled()
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL if missing == 0 else POLL / 4):
                    await self.look.wait()

    def show_place(self, place: int | None) -> None:
        if place:
            self.show("next in the queue" if place == 1 else f"{place}. in the queue")
        elif place == 0 and (words := self.left_out if self.heard else "running"):
            self.show(words)

    def hear(self, heard: News) -> None:
        if heard.over:
            self.look.set()
        elif heard.words:
            self.heard = True
            self.show(heard.words)

    def show(self, words: str) -> None:
        """A fast sampler says more than anybody can read; the last words wait for the next look."""
        self.left_out = words
        if time.monotonic() - self.shown_at > SHOW_EVERY:
            self.shown_at, self.left_out = time.monotonic(), ""
            self.call.progress(words[:100])

    # Stopping

    async def cancel(self) -> str:
        """Take our prompt, and nobody else's, out of the queue or stop it; "uncertain" unless the
        server shows in time that it does not go on."""
        with suppress(TimeoutError, NotConfigured, Refused):
            async with asyncio.timeout(MAX_CANCEL_SECONDS):
                while True:
                    with suppress(RateLimited, TimedOut, Unavailable):
                        place = history.place(await self.get("queue"), self.prompt_id)
                        if place is None:
                            return await self.how_it_ended()
                        await self.stop_at(place)
                    await asyncio.sleep(0.1)
        return "uncertain"

    async def stop_at(self, place: int) -> None:
        """An interrupt hits whatever runs: it is sent right after ours was seen running, and names
        it for servers that look."""
        if place:
            await self.send("POST", "queue", {"delete": [self.prompt_id]})
        else:
            await self.send("POST", "interrupt", {"prompt_id": self.prompt_id})

    async def how_it_ended(self) -> str:
        entry = await self.entry()
        if self.making and not self.making.done():
            return "uncertain"  # it may arrive yet; the next try finds it
        return "uncertain" if entry and not history.was_interrupted(entry) else "cancelled"

    async def cancel_late(self, making: asyncio.Task[None]) -> None:
        """The call is over already; what its request still queues must not go on."""
        await asyncio.wait({making})
        if not making.cancelled() and making.exception() is None:
            await self.cancel()


def _none_made(error: BaseException | None) -> str:
    """What a request that failed after the stop has left at the server."""
    if not isinstance(error, PlatformError):
        raise error or RuntimeError
    none_made = http.Unreached | Cancelled | NotConfigured | Refused | RateLimited
    return "cancelled" if isinstance(error, none_made) else "uncertain"
