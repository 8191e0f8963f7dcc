"""A fake Replicate in a process of its own: `python -m tests.fake_servers.replicate`.

It speaks Replicate's wire format, honours Idempotency-Key unless told otherwise, and writes what it
was asked and what it charged into a journal (JSON lines). How it behaves is decided
per create request by the first of: `input.fake`, the `next` queue of POST /_control, the `default` of
POST /_control.

    seconds      until it has succeeded                    statuses     one per GET, the last stays
    error        429 500 502 401 402 404 422 hang drip     lost         true: it makes and charges
                 drop garbage, instead of an answer                     the prediction all the same
    retry_after  of the 429                                poll_errors  the same, for the first GETs
    detail       what an error says                        failure      ends failed with these words
    output       text image audio video list object data-uri truncated html empty huge none, gone (no
                 file is there), moved (nor at the address that was given first)
    cancel       confirm, ignore or one of the errors      removed      true: the data are deleted
    create_seconds  how long the create request is held open after the prediction was made
    held         true: the same, until POST /_control has `release`
    published    of models by owner/name: an Input schema, a status such as 410, or "none"
    keys         "ignored": the same key again makes and charges another prediction
    usd          what a prediction is charged, however it ends (default 0)
    webhooks     well (default), badly (forged, replayed, repeated, out of order) or not at all ("")
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import sys
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from tests.fake_servers import media, webhooks
from tests.fake_servers.failures import Knobs, failure, model_page
from tests.fake_servers.http_server import Request, Response, answer, outlive_nobody, serve

PAINTERS = ("flux", "z-image", "diffusion", "sdxl", "imagen", "seedream", "photon")
MUSICIANS = ("lyria", "music", "magnet", "riffusion", "kokoro", "speech", "chatterbox")
FILMERS = ("wan-", "seedance", "hailuo", "kling")
ENDINGS = {"audio": "wav", "video": "mp4"}
ENDED = {"succeeded", "failed", "canceled", "aborted"}


@dataclass(slots=True)
class Prediction:
    id: str
    model: str
    input: dict[str, Any]
    knobs: Knobs
    began: float = field(default_factory=time.monotonic)
    gets: int = 0
    ended_as: str = ""

    def status(self) -> str:
        if self.ended_as:
            return self.ended_as
        statuses = self.knobs.get("statuses")
        if statuses:
            return str(statuses[min(max(self.gets, 1), len(statuses)) - 1])
        seconds, age = float(self.knobs["seconds"]), time.monotonic() - self.began
        if age < seconds:
            return "starting" if age < seconds / 4 else "processing"
        return "failed" if self.knobs.get("failure") else "succeeded"


class Replicate:
    """Everything it knows dies with it; the journal stays."""

    def __init__(self, journal: TextIO, seconds: float) -> None:
        self.journal = journal
        self.default: Knobs = {"seconds": seconds}
        self.next: list[Knobs] = []
        self.predictions: dict[str, Prediction] = {}
        self.by_key: dict[str, str] = {}
        self.base = ""
        self.sending: set[asyncio.Task[None]] = set()
        self.released = asyncio.Event()

    def note(self, event: str, **facts: object) -> None:
        line = {"at": round(time.time() * 1000), "event": event, **facts}
        self.journal.write(json.dumps(line) + "\n")
        self.journal.flush()

    async def handle(self, request: Request) -> Response:
        parts = request.path.partition("?")[0].strip("/").split("/")
        match (request.method, parts):
            case ("POST", ["_control"]):
                return self.control(request.json())
            case ("GET", ["files", _, name]) if name.endswith(".old"):
                return failure("410", {})
            case ("GET", ["files", prediction_id, _]):
                return self.file(self.predictions.get(prediction_id))
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not token or token == "wrong":
            return failure("401", {"detail": "You did not pass a valid authentication token"})
        if (request.method, parts) == ("POST", ["v1", "files"]):
            return self.upload(request)
        response = self.api(request, parts)
        wait = float(request.headers.get("prefer", "").removeprefix("wait=") or 0)
        made = response.status == 201 and response.body.endswith(b"}")
        return await self.waited(response, wait) if wait and made else response

    async def waited(self, response: Response, seconds: float) -> Response:
        made = self.predictions[json.loads(response.body)["id"]]
        until = time.monotonic() + seconds
        while made.status() not in ENDED and time.monotonic() < until:
            await asyncio.sleep(0.02)
        waited = answer(self.shown(made), 201)
        waited.hang, waited.held = response.hang, response.held
        return waited

    def upload(self, request: Request) -> Response:
        assert b'name="content"' in request.body
        self.note("upload", bytes=len(request.body))
        address = f"{self.base}/v1/files/{uuid.uuid4().hex}"
        return answer({"id": address[-32:], "urls": {"get": address}}, 201)

    def free(self, request: Request, parts: list[str]) -> Response | None:
        match (request.method, parts):
            case ("GET", ["v1", "account"]):
                if error := self.default.get("listing_error"):
                    return failure(error, self.default)
                return answer({"type": "organization", "username": "acme", "name": "Acme Inc."})
            case ("GET", ["v1", "webhooks", "default", "secret"]):
                self.note("secret")
                return answer({"key": webhooks.SECRET})
        return None

    def api(self, request: Request, parts: list[str]) -> Response:
        if (found := self.free(request, parts)) is not None:
            return found
        match (request.method, parts):
            case ("POST", ["v1", "models", "community", _, "predictions"]):
                return failure("404", {})  # only official models have an address of their own
            case ("POST", ["v1", "models", owner, name, "predictions"]):
                return self.create(request, f"{owner}/{name}")
            case ("POST", ["v1", "predictions"]):
                return self.create(request, str(request.json().get("version")))
            case ("GET", ["v1", "models", owner, name]):
                return model_page(owner, name, self.default)
            case ("GET", ["v1", "predictions", prediction_id]):
                return self.get(prediction_id)
            case ("POST", ["v1", "predictions", prediction_id, "cancel"]):
                return self.cancel(prediction_id)
        return failure("404", {})

    def control(self, content: Knobs) -> Response:
        self.default |= content.get("default", {})
        self.next = [*content.get("next", self.next)]
        for made in self.predictions.values() if content.get("finish") else ():
            made.knobs["seconds"] = 0
        if content.get("release"):
            self.released.set()
            self.released = asyncio.Event()
        return answer({"default": self.default, "next": self.next})

    def create(self, request: Request, model: str) -> Response:
        key = request.headers.get("idempotency-key", "")
        given = dict(request.json().get("input") or {})  # type: ignore[call-overload]
        if key in self.by_key and self.default.get("keys") != "ignored":
            self.note("repeat", key=key, id=self.by_key[key], model=model)
            return answer(self.shown(self.predictions[self.by_key[key]]), 201)
        queued = self.next.pop(0) if self.next else {}
        knobs = {**self.default, **queued, **given.pop("fake", {})}
        deadline = request.headers.get("cancel-after", "")
        facts = {"error": knobs.get("error"), "cancel_after": deadline, "input": abridged(given)}
        asked = request.json()
        facts |= {"webhook": asked.get("webhook"), "events": asked.get("webhook_events_filter")}
        self.note("create", key=key, model=model, **facts)
        if knobs.get("error") and not knobs.get("lost"):
            return failure(knobs["error"], knobs)
        made = Prediction(uuid.uuid4().hex, model, given, knobs)
        self.predictions[made.id] = made
        if key:
            self.by_key[key] = made.id
        self.note("charge", key=key, id=made.id, model=model, usd=knobs.get("usd", 0))
        if address := asked.get("webhook"):
            self.send_webhooks(made, str(address))
        if knobs.get("error"):
            return failure(knobs["error"], knobs)
        response = answer(self.shown(made), 201)
        response.hang = float(knobs.get("create_seconds", 0))
        response.held = self.released if knobs.get("held") else None
        return response

    def send_webhooks(self, made: Prediction, address: str) -> None:
        if manners := str(made.knobs.get("webhooks", "well")):
            receiver = webhooks.Receiver(address, made.id, self.note)
            ended = lambda: made.status() in ENDED  # noqa: E731
            sending = webhooks.send_all(receiver, lambda: self.shown(made), ended, manners)
            task = asyncio.ensure_future(sending)
            self.sending.add(task)
            task.add_done_callback(self.sending.discard)

    def get(self, prediction_id: str) -> Response:
        made = self.predictions.get(prediction_id)
        if made is None:
            return failure("404", {"detail": "Prediction not found"})
        made.gets += 1
        if made.gets == 1:
            self.note("followed", id=prediction_id)
        errors = made.knobs.get("poll_errors", [])
        if made.gets <= len(errors) and errors[made.gets - 1]:
            return failure(errors[made.gets - 1], made.knobs)
        return answer(self.shown(made))

    def cancel(self, prediction_id: str) -> Response:
        made = self.predictions.get(prediction_id)
        self.note("cancel", id=prediction_id)
        if made is None:
            return failure("404", {"detail": "Prediction not found"})
        manner = made.knobs.get("cancel", "confirm")
        if manner == "confirm" and made.status() not in ENDED:
            made.ended_as = "canceled"
        elif manner not in {"confirm", "ignore"}:
            return failure(manner, made.knobs)
        return answer(self.shown(made))

    def shown(self, made: Prediction) -> dict[str, object]:
        status = made.status()
        address = f"{self.base}/v1/predictions/{made.id}"
        done = status == "succeeded"
        removed = bool(made.knobs.get("removed"))
        return {
            "id": made.id,
            "model": made.model,
            "version": "fake",
            "input": {} if removed else abridged(made.input),
            "output": self.output(made) if done and not removed else None,
            "logs": "" if status == "starting" else "loading\n 50%|#####     | 2/4",
            "error": made.knobs.get("failure", "") if status == "failed" else None,
            "status": status,
            "data_removed": removed,
            "created_at": datetime.now(UTC).isoformat(),
            "completed_at": datetime.now(UTC).isoformat() if status in ENDED else None,
            "metrics": {"predict_time": made.knobs["seconds"]} if done else {},
            "urls": {"get": address, "cancel": f"{address}/cancel"},
        }

    def output(self, made: Prediction) -> object:
        kind = made.knobs.get("output") or natural_output(made)
        address = f"{self.base}/files/{made.id}/out.{ENDINGS.get(kind, 'png')}"
        if kind == "moved" and not made.gets:
            return f"{address}.old"
        match kind:
            case "text":
                return [f"Fake answer {made.id[:6]} ", "about ", first_words(made.input)]
            case "list":
                return [address]
            case "object":
                return {"wav": address, "image": address, "transcription": "Fake words"}
            case "data-uri":
                return f"data:image/png;base64,{base64.b64encode(media.png(made.id)).decode()}"
            case "none":
                return None
        return address

    def file(self, made: Prediction | None) -> Response:
        kind = made and (made.knobs.get("output") or natural_output(made))
        if made is None or kind == "gone":
            return failure("404", {})
        content = {
            "audio": (media.wav(made.id), "audio/wav"),
            "video": (media.mp4(), "video/mp4"),
            "truncated": (media.png(made.id)[:-30], "image/png"),
            "html": (b"<html>no picture</html>", "image/png"),
            "empty": (b"", "image/png"),
            "huge": (bytes(1_000_000), "image/png"),
        }
        body, content_type = content.get(str(kind), (media.png(made.id), "image/png"))
        return Response(body=body, content_type=content_type, repeat=200 if kind == "huge" else 1)


def natural_output(made: Prediction) -> str:
    """What a model of that name would give."""
    if any(word in made.model for word in MUSICIANS):
        return "audio"
    if any(word in made.model for word in FILMERS):
        return "video"
    return "image" if any(word in made.model for word in PAINTERS) else "text"


def first_words(given: dict[str, Any]) -> str:
    prompt = given.get("prompt") or "something"
    return str(prompt)[:200]


def abridged(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value[:300] if isinstance(value, str) else value for name, value in given.items()}


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--with-parent", action="store_true", help="end when the parent does")
    options = parser.parse_args()
    with options.journal.open("a") as journal:
        provider = Replicate(journal, options.seconds)
        server, port = await serve(provider.handle, options.port)
        provider.base = f"http://127.0.0.1:{port}"
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        if options.with_parent:
            await outlive_nobody()
        else:
            await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
