"""Replicate: hosted open models, asked over its HTTP API.

A prediction is created once, its id remembered before anything else happens, and then followed: by
looking again and again, and at once when Replicate rings (a signed webhook). A ring is never
believed, it only makes us look. An error is settled where the prediction has ended and left nothing
to collect; with any other, it may still end well, and the next try collects it and pays nothing.

The coroutine's own cancellation is not a stop: it leaves the prediction running, to be adopted.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import ClassVar

from platforms import predictions, published, web
from platforms.base import Call, MediaFile, Model, Output, Pending, Platform, Warmed, Warmth
from platforms.catalogue import Row, load
from platforms.errors import (
    Cancelled,
    NotConfigured,
    PlatformError,
    RateLimited,
    Refused,
    TimedOut,
    Unavailable,
)
from platforms.inspection import Finding
from platforms.predictions import BOOTING, ENDED, KEY, Gone, Prediction, base, send
from platforms.reach import is_outside
from platforms.registry import register
from platforms.shapes import INLINE_LIMIT, data_uri, find, read_output
from platforms.stopping import let_finish, unless_stopped
from platforms.trials import trial

ROWS = {row.model.id: row for row in load("replicate")}

FIRST_POLL, LONGEST_POLL, GROWTH = 0.25, 2.0, 1.5
RUNG_POLL = 10.0  # seconds; once a ring has come through, looking is only for those that get lost
RINGS = ["start", "logs", "completed"]
PATIENCE = 6  # polls in a row that may go wrong
LANDING = 2.0  # for a request in flight when the stop comes: to learn what there is to cancel
CONFIRMING = 2.5  # for the cancel itself; both together stay under the 5 s a stop may take
LARGEST_UPLOAD = 100_000_000  # bytes

_versions: dict[str, str] = {}  # of community models, which have no address of their own


@register
class Replicate(Platform):
    """Open models, image, sound and language, by the second or by the picture."""

    slug: ClassVar[str] = "replicate"
    label: ClassVar[str] = "Replicate"
    key_settings: ClassVar[Sequence[str]] = (KEY,)

    def models(self) -> Sequence[Model]:
        return [row.model for row in ROWS.values()]

    async def callback_secret(self, address: str, credentials: Mapping[str, str]) -> str:
        """Replicate rings at public https addresses; a stand-in on this side at any."""
        if is_outside(base()) and not (address.startswith("https://") and is_outside(address)):
            return ""
        answer = await send(credentials, "GET", "webhooks/default/secret", seconds=3)
        if answer.status != 200:
            raise web.error_in(answer, "Replicate", KEY)
        return str(answer.json().get("key") or "")

    async def inspect(self, credentials: Mapping[str, str]) -> Sequence[Finding]:
        ask = partial(send, credentials, "GET")
        return await published.compared(ROWS.values(), ask, "Replicate", KEY)

    async def check(self, credentials: Mapping[str, str]) -> str:
        return await trial(self, credentials, f"{base()}/v1/account", Authorization="Bearer {key}")

    async def warm(self, call: Call) -> Warmed:
        """Official models are always on; another one is booted, which is not charged for."""
        asking = _Asking(call, ROWS.get(call.model.id) or Row(call.model, "prompt"))
        if await asking.is_official():
            return Warmed(Warmth.WARM, "Replicate keeps its official models ready.")
        return await asking.boot()

    async def invoke(self, call: Call) -> Output | Pending:
        if call.cancelled.is_set() and not call.reference:
            raise Cancelled
        if not call.credentials.get(KEY):
            raise NotConfigured(f"Replicate needs {KEY} to be set.")
        asking = _Asking(call, ROWS.get(call.model.id) or Row(call.model, "prompt"))
        try:
            async with asyncio.timeout(call.model.deadline_seconds):
                if not call.reference:
                    await asking.create()
                return asking.collect(await asking.followed())
        except TimeoutError:
            late = TimedOut(f"Replicate took longer than {call.model.deadline_seconds:g} seconds.")
            if call.reference and await asking.cancel() == "cancelled":
                late.as_settled()
            raise late from None


class _Asking:
    """One call: a row of the catalogue, a key, and the prediction it made."""

    def __init__(self, call: Call, row: Row) -> None:
        self.call, self.row = call, row
        self.adopting = bool(call.reference)
        self.made: Prediction = {}  # as first answered
        self.send = partial(send, call.credentials)

    async def get(self) -> Prediction:
        answer = await self.send("GET", f"predictions/{self.call.reference}", seconds=10)
        if answer.status == 404:
            raise Gone("Replicate no longer knows the prediction.")
        return predictions.read(answer)

    # Creating

    async def create(self) -> None:
        """Make the prediction; a stop or a drain meanwhile still learns what was made."""
        body: dict[str, object] = {"input": await unless_stopped(self.call, self.input())}
        if self.call.callback:
            rings = RINGS if not self.row.wait_seconds else RINGS[-1:]
            body |= {"webhook": self.call.callback, "webhook_events_filter": rings}
        making = asyncio.ensure_future(self.make(body))
        try:
            await unless_stopped(self.call, asyncio.shield(making))
        except asyncio.CancelledError:
            await asyncio.wait({making}, timeout=LANDING)
            let_finish(making)
            raise
        except Cancelled:
            await asyncio.wait({making}, timeout=LANDING)
            if not making.done():
                let_finish(self.cancel_late(making))
                raise Cancelled("uncertain") from None
            raise Cancelled(await self.cancel_made(making)) from None

    async def make(self, body: dict[str, object]) -> None:
        self.call.progress("asking")
        model = self.call.model
        known = f"{base()}/{model.path}"
        version = model.version or _versions.get(known, "")
        if not version:
            answer = await self.post(f"models/{model.path}/predictions", body)
            if answer.status == 404:
                version = _versions[known] = await self.latest_version()
        if version:
            answer = await self.post("predictions", {"version": version, **body})
        self.made = predictions.read(answer)
        await self.call.remember(str(self.made["id"]))

    async def post(self, path: str, body: object) -> web.Answer:
        deadline = max(5, round(self.call.model.deadline_seconds))
        headers = {"Idempotency_Key": self.call.idempotency_key, "Cancel_After": f"{deadline}s"}
        headers |= {"Prefer": f"wait={wait}"} if (wait := self.row.wait_seconds) else {}
        web.client()  # a process's first one takes its time, in which a stop may come
        await self.call.begin()
        return await self.send("POST", path, body=body, seconds=30 + wait, **headers)

    async def latest_version(self) -> str:
        answer = await self.send("GET", f"models/{self.call.model.path}")
        if answer.status == 200 and (latest := find(answer.json(), "latest_version", "id")):
            return str(latest)
        if answer.status == 200:
            raise NotConfigured(f"Replicate offers no version of {self.call.model.path}.")
        raise web.error_in(answer, "Replicate", KEY)

    async def input(self) -> dict[str, object]:
        given = self.call.input
        if not isinstance(given, MediaFile):
            value = self.row.template.replace("{input}", given)
        elif given.url or given.path.stat().st_size <= INLINE_LIMIT:
            value = given.url or await asyncio.to_thread(data_uri, given)
        else:
            value = await self.upload(given)
        return {**self.call.parameters, self.row.input_field: value}

    async def upload(self, media: MediaFile) -> str:
        """For what is too large to travel inside a request; Replicate deletes it by itself."""
        self.call.progress("uploading")
        content, kind = await asyncio.to_thread(web.multipart, media, LARGEST_UPLOAD)
        answer = await self.send("POST", "files", seconds=120, body=content, Content_Type=kind)
        address = find(answer.json(), "urls", "get")
        if answer.status >= 300 or not address:
            raise web.error_in(answer, "Replicate", KEY)
        return str(address)

    async def followed(self) -> Prediction:
        try:
            return await unless_stopped(self.call, self.follow())
        except Cancelled:
            raise Cancelled(await self.cancel()) from None
        except Gone as error:
            raise error.as_settled() from None

    async def follow(self) -> Prediction:
        """Look until the prediction has ended, whatever it shows; hold on through PATIENCE failures."""
        if self.made.get("status") in ENDED:
            return self.made
        wait, longest, failed, shown = FIRST_POLL, LONGEST_POLL, 0, ""
        while True:
            pause = wait * random.uniform(0.8, 1.2)  # noqa: S311  # jitter, not a secret
            wait = min(wait * GROWTH, longest)
            try:
                prediction = await self.get()
            except (RateLimited, TimedOut, Unavailable) as error:
                failed += 1
                if failed >= PATIENCE or (isinstance(error, Gone) and self.adopting):
                    raise
                await asyncio.sleep(max(pause, getattr(error, "retry_after", None) or 0))
                continue
            if predictions.has_ended(prediction):
                return prediction
            failed, said = 0, predictions.words(prediction)
            if said != shown:
                self.call.progress(shown := said)
            if await self.call.pause(pause):
                longest = RUNG_POLL

    def collect(self, prediction: Prediction) -> Output:
        """The output of an ended prediction, or the error it stands for."""
        if prediction["status"] != "succeeded":
            raise predictions.failure(prediction).as_settled()
        try:
            return self.output(prediction)
        except Unavailable as error:
            raise error.as_settled() from None

    def output(self, prediction: Prediction) -> Output:
        if prediction.get("data_removed"):
            raise Unavailable("Replicate had deleted the output before it was collected.")
        row, seconds = self.row, find(prediction, "metrics", "predict_time")
        wraps = {"field": row.output_field, "strip": row.strip, "pattern": row.pattern}
        output = read_output(prediction.get("output"), row.model.output, **wraps)
        return replace(output, seconds=float(seconds) if isinstance(seconds, int | float) else None)

    # Booting

    async def is_official(self) -> bool:
        answer = await self.send("GET", f"models/{self.call.model.path}")
        if answer.status != 200:
            raise web.error_in(answer, "Replicate", KEY)
        return bool(answer.json().get("is_official"))

    async def boot(self) -> Warmed:
        """Make a prediction, and cancel it as soon as the model is there to work on it."""
        await self.create()
        try:
            while (made := await self.get())["status"] == BOOTING:
                await self.call.sleep(LONGEST_POLL)
        except Cancelled:
            raise Cancelled(await self.cancel()) from None
        if made["status"] == "aborted":
            return Warmed(Warmth.UNKNOWN, "It did not boot in time; it may be booting still.")
        await self.cancel()
        return Warmed(Warmth.WARM, predictions.BOOTED, charged=True)

    # Stopping

    async def cancel(self) -> str:
        """Cancel at the provider; "uncertain" unless it confirms in time that nothing goes on."""
        method, path = "POST", f"predictions/{self.call.reference}/cancel"
        with suppress(TimeoutError, NotConfigured, Refused):
            async with asyncio.timeout(CONFIRMING):
                while True:
                    with suppress(RateLimited, TimedOut, Unavailable):
                        answer = await self.send(method, path)
                        if answer.status < 300:
                            method, path = "GET", f"predictions/{self.call.reference}"
                        status = predictions.read(answer)["status"]
                        if status in ENDED:
                            return "uncertain" if status == "succeeded" else "cancelled"
                    await asyncio.sleep(0.2)
        return "uncertain"

    async def cancel_made(self, making: asyncio.Task[None]) -> str:
        """What a request that landed after the stop left to cancel, and how that went."""
        error = making.exception()
        if error is None:
            return await self.cancel()
        if not isinstance(error, PlatformError):
            raise error
        none_made = web.Unreached | Cancelled | NotConfigured | Refused | RateLimited
        return "cancelled" if isinstance(error, none_made) else "uncertain"

    async def cancel_late(self, making: asyncio.Task[None]) -> None:
        """The call is over already; what its request still makes must not go on being paid for."""
        await asyncio.wait({making})
        if not making.cancelled() and making.exception() is None:
            await self.cancel()
