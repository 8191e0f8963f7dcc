"""Replicate: hosted open models, asked through its official client.

A prediction is created once, its id remembered before anything else happens, and then followed: by
polling, and at once when Replicate calls the webhook, which is only a hint and never a result. The
client builds every request; docs/decisions/0018 says which of its parts are not used. An error is settled where the prediction has ended and left nothing
to collect; with any other, it may still end well, and the next try collects it and pays nothing.

The coroutine's own cancellation is not a stop: it leaves the prediction running, to be adopted.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from platforms import http, sentences
from platforms.base import (
    Call,
    MediaFile,
    Modality,
    Model,
    Output,
    Pending,
    Platform,
    Warmed,
    Warmth,
    let_finish,
    unless_stopped,
)
from platforms.catalogue import Row, load
from platforms.errors import (
    Cancelled,
    NotConfigured,
    PlatformError,
    RateLimited,
    Refused,
    TimedOut,
    Unavailable,
    Unusable,
)
from platforms.http import is_outside
from platforms.inspection import CatalogueFinding, compare_rows
from platforms.payloads import INLINE_LIMIT, data_uri, find, read_output, read_transcription
from platforms.registry import register
from platforms.replicate_api import (
    BOOTED,
    BOOTING,
    ENDED,
    KEY,
    Gone,
    Prediction,
    Request,
    ask,
    base,
    failure_of,
    has_ended,
    lacks_version,
    prepare,
    progress_of,
    published,
    read_prediction,
)
from platforms.vendor_clients import check_by_request

ROWS = {row.model.id: row for row in load("replicate")}

FIRST_POLL, LONGEST_POLL, GROWTH = 0.25, 2.0, 1.5
WEBHOOK_POLL = 10.0  # seconds; once a webhook has come through, polls are for those that get lost
WEBHOOK_EVENTS = ["start", "logs", "completed"]
MAX_FAILED_POLLS = 6  # in a row
MAX_LANDING_SECONDS = (
    2.0  # for a request in flight when the stop comes: to learn what there is to cancel
)
MAX_CANCEL_SECONDS = 2.5  # for the cancel itself; both together stay under the 5 s a stop may take
MAX_UPLOAD_BYTES = 100_000_000

VERSION_SECONDS = 3600.0  # for which the newest version of a model is remembered
_versions: dict[str, tuple[str, float]] = {}  # of models without an address of their own, and when


@register
class Replicate(Platform):
    """Open models, image, sound and language, by the second or by the picture."""

    slug: ClassVar[str] = "replicate"
    label: ClassVar[str] = "Replicate"
    key_settings: ClassVar[Sequence[str]] = (KEY,)

    def models(self) -> Sequence[Model]:
        return [row.model for row in ROWS.values()]

    async def callback_secret(self, address: str, credentials: Mapping[str, str]) -> str:
        """Replicate calls public https addresses; a fake server on this machine calls any."""
        if is_outside(base()) and not (address.startswith("https://") and is_outside(address)):
            return ""
        answer = await ask(credentials, lambda api: api.webhooks.default.async_secret(), seconds=3)
        if answer.status != 200:
            raise http.error_in(answer, "Replicate", KEY)
        return str(answer.json().get("key") or "")

    async def inspect(self, credentials: Mapping[str, str]) -> Sequence[CatalogueFinding]:
        get = partial(published, credentials)
        return await compare_rows(ROWS.values(), get, "Replicate", KEY)

    async def check(self, credentials: Mapping[str, str]) -> str:
        return await check_by_request(
            self, credentials, f"{base()}/v1/account", Authorization="Bearer {key}"
        )

    async def warm(self, call: Call) -> Warmed:
        """Official models are always on; another one is booted, which is not charged for."""
        asking = _Asking(call, ROWS.get(call.model.id) or Row(call.model, "prompt"))
        if await asking.is_official():
            return Warmed(Warmth.WARM, sentences.REPLICATE_KEEPS_OFFICIAL)
        return await asking.boot()

    async def invoke(self, call: Call) -> Output | Pending:
        if call.cancelled.is_set() and not call.reference:
            raise Cancelled
        if not call.credentials.get(KEY):
            raise NotConfigured(sentences.NEEDS_SETTING % {"platform": "Replicate", "names": KEY})
        asking = _Asking(call, ROWS.get(call.model.id) or Row(call.model, "prompt"))
        try:
            async with asyncio.timeout(call.model.deadline_seconds):
                if not call.reference:
                    await asking.create()
                return asking.collect(await asking.followed())
        except TimeoutError:
            words = {"provider": "Replicate", "seconds": f"{call.model.deadline_seconds:g}"}
            late = TimedOut(sentences.TOOK_LONGER % words)
            if call.reference and await asking.cancel() == "cancelled":
                late.as_settled()
            raise late from None


class _Asking:
    """One call: a row of the catalogue, a key, and the prediction it made."""

    def __init__(self, call: Call, row: Row) -> None:
        self.call, self.row = call, row
        self.adopting = bool(call.reference)
        self.made: Prediction = {}  # as first answered
        self.ask = partial(ask, call.credentials)

    async def get(self) -> Prediction:
        reference = self.call.reference
        answer = await self.ask(lambda api: api.predictions.async_get(reference), seconds=10)
        if answer.status == 404:
            raise Gone(sentences.PREDICTION_GONE)
        return read_prediction(answer)

    # Creating

    async def create(self) -> None:
        """Make the prediction; a stop or a drain meanwhile still learns what was made."""
        body: dict[str, Any] = {"input": await unless_stopped(self.call, self.input())}
        if self.call.callback:
            events = WEBHOOK_EVENTS if not self.row.wait_seconds else WEBHOOK_EVENTS[-1:]
            body |= {"webhook": self.call.callback, "webhook_events_filter": events}
        if self.row.wait_seconds:
            body["wait"] = self.row.wait_seconds
        making = asyncio.ensure_future(self.make(body))
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
            raise Cancelled(await self.cancel_made(making)) from None

    async def make(self, body: dict[str, Any]) -> None:
        self.call.progress("asking")
        path = self.call.model.path
        version = self.call.model.version or _remembered_version(path)
        if version:
            answer = await self.post(_of_version(version, body))
        else:
            answer = await self.post(lambda api: api.models.predictions.async_create(path, **body))
        gone = bool(version) and lacks_version(answer)
        if gone or (not version and answer.status == 404):
            _versions.pop(_known_as(path), None)
            newest = await self.newest_version()
            if newest != version:
                answer = await self.post(_of_version(newest, body))
        self.made = read_prediction(answer)
        await self.call.remember(str(self.made["id"]))

    async def post(self, create: Request) -> http.Answer:
        deadline = max(5, round(self.call.model.deadline_seconds))
        headers = {"Idempotency-Key": self.call.idempotency_key, "Cancel-After": f"{deadline}s"}
        await prepare()
        await self.call.begin()
        return await self.ask(create, seconds=30 + self.row.wait_seconds, headers=headers)

    async def newest_version(self) -> str:
        path = self.call.model.path
        answer = await self.ask(lambda api: api.models.async_get(path))
        if answer.status == 200 and (found := find(answer.json(), "latest_version", "id")):
            _versions[_known_as(path)] = (str(found), time.monotonic())
            return str(found)
        if answer.status == 200:
            raise NotConfigured(sentences.NO_VERSION % {"model": path})
        raise http.error_in(answer, "Replicate", KEY)

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
        http.check_size(media, MAX_UPLOAD_BYTES)
        file = await asyncio.to_thread(media.path.open, "rb")
        try:
            answer = await self.ask(
                lambda api: api.files.async_create(
                    file, filename="input", content_type=media.content_type
                ),
                seconds=120,
            )
        finally:
            file.close()
        address = find(answer.json(), "urls", "get")
        if answer.status >= 300 or not address:
            raise http.error_in(answer, "Replicate", KEY)
        return str(address)

    async def followed(self) -> Prediction:
        try:
            return await unless_stopped(self.call, self.follow())
        except Cancelled:
            raise Cancelled(await self.cancel()) from None
        except Gone as error:
            raise error.as_settled() from None

    async def follow(self) -> Prediction:
        """Poll until the prediction has ended; some polls in a row may fail."""
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
                if failed >= MAX_FAILED_POLLS or (isinstance(error, Gone) and self.adopting):
                    raise
                told = getattr(error, "retry_after", None) or 0
                await asyncio.sleep(max(pause, told * random.uniform(1.0, 1.3)))  # noqa: S311
                continue
            if has_ended(prediction):
                return prediction
            failed, said = 0, progress_of(prediction)
            if said != shown:
                self.call.progress(shown := said)
            if await self.call.pause(pause):
                longest = WEBHOOK_POLL

    def collect(self, prediction: Prediction) -> Output:
        """The output of an ended prediction, or the error it stands for."""
        if prediction["status"] != "succeeded":
            raise failure_of(prediction).as_settled()
        return self.output(prediction)

    def output(self, prediction: Prediction) -> Output:
        if prediction.get("data_removed"):
            raise Unusable(sentences.OUTPUT_DELETED)
        row, seconds = self.row, find(prediction, "metrics", "predict_time")
        wraps = {"field": row.output_field, "strip": row.strip, "pattern": row.pattern}
        hears = (row.model.input, row.model.output) == (Modality.AUDIO, Modality.TEXT)
        given = prediction.get("output")
        output = (
            read_transcription(given, **wraps)
            if hears
            else read_output(given, row.model.output, **wraps)
        )
        return replace(output, seconds=float(seconds) if isinstance(seconds, int | float) else None)

    # Booting

    async def is_official(self) -> bool:
        answer = await self.ask(lambda api: api.models.async_get(self.call.model.path))
        if answer.status != 200:
            raise http.error_in(answer, "Replicate", KEY)
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
            return Warmed(Warmth.UNKNOWN, sentences.BOOTING_STILL)
        await self.cancel()
        return Warmed(Warmth.WARM, BOOTED, charged=True)

    # Stopping

    async def cancel(self) -> str:
        """Cancel at the provider; "uncertain" unless it confirms in time that nothing goes on."""
        reference = self.call.reference
        cancelling: Request = lambda api: api.predictions.async_cancel(reference)  # noqa: E731
        with suppress(TimeoutError, NotConfigured, Refused):
            async with asyncio.timeout(MAX_CANCEL_SECONDS):
                while True:
                    with suppress(RateLimited, TimedOut, Unavailable):
                        answer = await self.ask(cancelling)
                        if answer.status < 300:
                            cancelling = lambda api: api.predictions.async_get(reference)  # noqa: E731
                        status = read_prediction(answer)["status"]
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
        none_made = http.Unreached | Cancelled | NotConfigured | Refused | RateLimited
        return "cancelled" if isinstance(error, none_made) else "uncertain"

    async def cancel_late(self, making: asyncio.Task[None]) -> None:
        """The call is over already; what its request still makes must not go on being paid for."""
        await asyncio.wait({making})
        if not making.cancelled() and making.exception() is None:
            await self.cancel()


def _of_version(version: str, body: dict[str, Any]) -> Request:
    return lambda api: api.predictions.async_create(version, **body)


def _known_as(path: str) -> str:
    return f"{base()}/{path}"


def _remembered_version(path: str) -> str:
    version, learned_at = _versions.get(_known_as(path), ("", 0.0))
    return version if time.monotonic() - learned_at < VERSION_SECONDS else ""
