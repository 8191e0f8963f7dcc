"""A fake ComfyUI: a queue of one worker, a history, a socket. `python -m tests.fake_servers.comfyui`.

A prompt's knobs come from the `next` queue of POST /_control, else from its `default`:

    seconds    it runs, with `steps` of progress      failure    {"type", "message"}: it ends in this
    error      instead of an answer (tests.fake_servers.vendor), `lost`: it is queued all the same
    node_error words: the prompt does not validate    interrupted  true: somebody else stops it
    left_out   words: it is queued without its output, which does not validate
    output     none, or files of that kind            cancel     ignore: it cannot be stopped
    old        true: it chooses ids itself, and interrupts whatever runs
    socket     none: there is no socket; wait: a prompt begins when its asker listens
    restart    true: it forgets everything, now
    held       true: the prompt is queued, and the answer comes when POST /_control has `release`
    finish     true: everything in the queue runs to its end at once
    object_info  what it says of classes of nodes, besides CLASSES; null for a class: it lacks that;
                 "none": it does not say
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TextIO
from urllib.parse import parse_qs, unquote, urlsplit

from tests.fake_servers import media
from tests.fake_servers.http_server import Request, Response, answer
from tests.fake_servers.vendor import Knobs, Vendor, run_vendor
from tests.fake_servers.websocket_server import Socket, upgraded

KINDS = {"Audio": "audio", "Image": "images", "Video": "video", "Animated": "images"}
SEED = {"default": 0, "min": 0, "max": 2**64 - 1, "control_after_generate": True}


def declared(*, output: bool = False, **inputs: object) -> dict[str, object]:
    return {"input": {"required": inputs}, "output_node": output}


CLASSES: dict[str, object] = {
    "KSampler": declared(seed=["INT", SEED]),
    "CLIPTextEncode": declared(text=["STRING", {"multiline": True}]),
    "VAEDecode": declared(samples=["LATENT"]),
    "SaveImage": declared(output=True, images=["IMAGE"]),
    "SaveAudio": declared(output=True, audio=["AUDIO"]),
    "SaveVideo": declared(output=True, video=["VIDEO"]),
    "PreviewAny": declared(output=True, source=["*"]),
}


@dataclass(slots=True)
class Prompt:
    id: str
    number: int
    client: str
    graph: dict[str, dict[str, object]]
    knobs: Knobs
    stopped: bool = False

    @property
    def entry(self) -> list[object]:
        return [self.number, self.id, self.graph, {"client_id": self.client}, ["9"]]


@dataclass(slots=True)
class ComfyUI(Vendor):
    """Everything it knows dies with it; the journal stays."""

    journal: TextIO
    seconds: float
    default: Knobs = field(default_factory=dict)
    next: list[Knobs] = field(default_factory=list)
    number: int = 0
    running: Prompt | None = None
    pending: list[Prompt] = field(default_factory=list)
    history: dict[str, object] = field(default_factory=dict)
    sockets: dict[str, Socket] = field(default_factory=dict)
    worker: asyncio.Task[None] | None = None
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def make(self, request: Request, path: str, knobs: Knobs) -> Response | None:
        return None

    def problem(self, status: int, detail: str, code: str) -> dict[str, object]:
        return {"error": {"type": code, "message": detail, "details": "", "extra_info": {}}}

    async def handle(self, request: Request) -> Response:
        if self.worker is None:
            self.default.setdefault("seconds", self.seconds)
            self.worker = asyncio.ensure_future(self.work())
        parts = urlsplit(request.path)
        path, query = parts.path.strip("/").split("/"), parse_qs(parts.query)
        found = self.of_queue(request, path) or self.of_files(request, path, query)
        return found or answer({}, 404)

    def of_queue(self, request: Request, path: list[str]) -> Response | None:
        match (request.method, path):
            case ("POST", ["prompt"]):
                return self.prompt(request)
            case ("GET", ["queue"]):
                running = [self.running.entry] if self.running else []
                waiting = [prompt.entry for prompt in reversed(self.pending)]  # in no order
                return self.polled({"queue_running": running, "queue_pending": waiting})
            case ("GET", ["history", wanted]):
                known = self.history.get(wanted)
                return self.polled({wanted: known} if known else {})
            case ("GET", ["history"]):
                return self.polled(self.history)
            case ("POST", ["queue"]):
                return self.delete(request)
            case ("POST", ["interrupt"]):
                return self.interrupt(request)
        return None

    def of_files(
        self, request: Request, path: list[str], query: dict[str, list[str]]
    ) -> Response | None:
        match (request.method, path):
            case ("POST", ["_control"]):
                return self.controlled(request)
            case ("GET", ["ws"]):
                return self.socket(request, query["clientId"][0])
            case ("POST", ["upload", "image"]):
                return self.upload(request)
            case ("GET", ["view"]):
                return self.view({key: one for key, (one, *_) in query.items()})
            case ("GET", ["object_info", name]):
                return self.described(unquote(name))
            case ("GET", ["system_stats"]):
                devices = [{"name": "cuda:0 Fake", "vram_total": 24e9, "vram_free": 2e10}]
                return answer({"system": {"comfyui_version": "0.3.60"}, "devices": devices})
        return None

    def described(self, name: str) -> Response:
        self.note("object_info", name=name)
        if self.default.get("object_info") == "none":
            return answer({}, 404)
        known = self.classes.get(name)
        return answer({name: known} if known else {})

    @property
    def classes(self) -> dict[str, Any]:
        more = self.default.get("object_info") or {}
        return {**CLASSES, **more} if isinstance(more, dict) else {}

    def polled(self, content: object) -> Response:
        errors = self.default.get("poll_errors") or []
        self.default["poll_errors"] = errors[1:]
        return self.failure(errors[0], self.default) if errors else answer(content)

    def controlled(self, request: Request) -> Response:
        content = request.json()
        response = self.control(content)
        if content.get("restart"):
            for prompt in filter(None, [self.running, *self.pending]):
                prompt.stopped = True
            self.running, self.pending, self.history = None, [], {}
        if content.get("finish"):
            for prompt in filter(None, [self.running, *self.pending]):
                prompt.knobs["seconds"] = 0
        if content.get("release"):
            self.released.set()
            self.released = asyncio.Event()
        return response

    # The queue

    def prompt(self, request: Request) -> Response:
        asked: Knobs = request.json()
        knobs = {**self.default, **(self.next.pop(0) if self.next else {})}
        self.note(
            "create", client=asked["client_id"], graph=asked["prompt"], asked=asked["prompt_id"]
        )
        errors: dict[str, object] = {}
        if words := knobs.get("node_error") or knobs.get("left_out"):
            said = {"type": "value_not_in_list", "message": "Value not in list", "details": words}
            node = {"errors": [said], "dependent_outputs": ["9"], "class_type": "KSampler"}
            errors = {"3": node}
        if knobs.get("node_error"):
            error = {"type": "prompt_outputs_failed_validation", "details": "", "extra_info": {}}
            error["message"] = "Prompt outputs failed validation"
            return answer({"error": error, "node_errors": errors}, 400)
        if problem := out_of_range(asked["prompt"], self.classes):
            return answer(problem, 400)
        if knobs.get("error") and not knobs.get("lost"):
            return self.failure(str(knobs["error"]), knobs)
        prompt_id = uuid.uuid4().hex if knobs.get("old") else str(asked["prompt_id"])
        self.number += 1
        made = Prompt(prompt_id, self.number, str(asked["client_id"]), asked["prompt"], knobs)
        self.pending.append(made)
        self.note("charge", client=made.client, id=made.id)
        if knobs.get("error"):
            return self.failure(str(knobs["error"]), knobs)
        taken = answer({"prompt_id": made.id, "number": made.number, "node_errors": errors})
        taken.hang = float(knobs.get("create_seconds", 0))
        taken.held = self.released if knobs.get("held") else None
        return taken

    def delete(self, request: Request) -> Response:
        wanted = request.json().get("delete", [])
        assert isinstance(wanted, list)
        self.note("delete", ids=wanted)
        gone = [one for one in self.pending if one.id in wanted and not self.kept(one)]
        self.pending = [one for one in self.pending if one not in gone]
        return Response()

    def interrupt(self, request: Request) -> Response:
        wanted = json.loads(request.body or b"{}").get("prompt_id")
        hit = self.running
        named = not wanted or (hit is not None and hit.id == wanted)
        if hit is not None and (named or self.default.get("old")) and not self.kept(hit):
            hit.stopped = True
        self.note("interrupt", wanted=wanted, hit=hit.id if hit and hit.stopped else None)
        return Response()

    def kept(self, prompt: Prompt) -> bool:
        return prompt.knobs.get("cancel") == "ignore"

    async def work(self) -> None:
        while True:
            if not self.pending:
                await asyncio.sleep(0.005)
                continue
            self.running = prompt = self.pending.pop(0)
            messages = await self.execute(prompt)
            if self.running is prompt:  # no restart meanwhile
                self.running = None
                failed = messages[-1][0] != "execution_success"
                outputs = {} if failed else {"9": self.output(prompt)}
                status = {
                    "status_str": "error" if failed else "success",
                    "completed": not failed,
                    "messages": messages,
                }
                self.history[prompt.id] = {
                    "prompt": prompt.entry,
                    "outputs": outputs,
                    "status": status,
                    "meta": {},
                }
                self.tell(prompt, *messages[-1])
                self.tell(prompt, "executing", {"node": None, "prompt_id": prompt.id})

    async def execute(self, prompt: Prompt) -> list[tuple[str, dict[str, object]]]:
        while prompt.knobs.get("socket") == "wait" and prompt.client not in self.sockets:
            await asyncio.sleep(0.005)
        about: dict[str, object] = {"prompt_id": prompt.id}
        messages = [("execution_start", about)]
        self.tell(prompt, *messages[0])
        self.tell(prompt, "executing", {"node": "3", **about})
        began, steps = time.monotonic(), int(prompt.knobs.get("steps", 4))
        for step in self.steps(steps):
            while not prompt.stopped:
                if time.monotonic() - began >= float(prompt.knobs["seconds"]) * step / steps:
                    break
                await asyncio.sleep(0.005)
            if prompt.stopped or prompt.knobs.get("interrupted"):
                return [*messages, ("execution_interrupted", {"node_id": "3", **about})]
            self.tell(prompt, "progress", {"value": step, "max": steps, "node": "3", **about})
        if failure := prompt.knobs.get("failure"):
            said = {"exception_type": failure["type"], "exception_message": failure["message"]}
            return [*messages, ("execution_error", {"node_id": "3", **about, **said})]
        return [*messages, ("execution_success", about)]

    def steps(self, count: int) -> Iterator[int]:
        yield from range(1, count + 1)

    def output(self, prompt: Prompt) -> dict[str, object]:
        wanted, kind = prompt.knobs.get("output"), str(prompt.graph["9"]["class_type"])
        if wanted == "none":
            return {}
        if "Text" in kind or "Any" in kind:
            return {"text": [f"Fake words about {json.dumps(prompt.graph['6']['inputs'])}"]}
        name = next(found for part, found in KINDS.items() if part in kind)
        ending = {"audio": "wav", "images": "png", "video": "mp4"}[name]
        ending = "webp" if "Animated" in kind else ending
        file = {"filename": f"{prompt.id}.{ending}", "subfolder": "panic", "type": "output"}
        return {name: [file]}

    # Files and the socket

    def upload(self, request: Request) -> Response:
        found = re.search(rb'name="image"; filename="([^"]+)"', request.body)
        assert found
        assert b'name="subfolder"\r\n\r\npanic' in request.body
        self.note("upload", bytes=len(request.body), name=found[1].decode())
        return answer({"name": found[1].decode(), "subfolder": "panic", "type": "input"})

    def view(self, query: dict[str, str]) -> Response:
        name = query["filename"]
        assert (query["subfolder"], query["type"]) == ("panic", "output")
        self.note("view", name=name)
        if name.endswith(".wav"):
            return Response(body=media.wav(name), content_type="audio/wav")
        return Response(body=media.png(name), content_type="image/png")

    def socket(self, request: Request, client: str) -> Response:
        if self.default.get("socket") == "none":
            return answer({}, 404)
        socket, response = upgraded(request)
        self.sockets[client] = socket
        self.note("socket", client=client)
        status = {"status": {"exec_info": {"queue_remaining": len(self.pending)}}, "sid": client}
        socket.say(json.dumps({"type": "status", "data": status}))
        return response

    def tell(self, prompt: Prompt, kind: str, data: dict[str, object]) -> None:
        if socket := self.sockets.get(prompt.client):
            with contextlib.suppress(ConnectionError):
                socket.say(b"\0\0\0\1\0\0\0\2 a preview")
                socket.say(json.dumps({"type": kind, "data": data}))


def out_of_range(
    graph: dict[str, dict[str, Any]], classes: dict[str, Any]
) -> dict[str, object] | None:
    """What the real one answers to a number that its class does not take."""
    for node_id, node in graph.items():
        described = classes.get(node["class_type"]) or {}
        required = described.get("input", {}).get("required", {})
        for name, value in node["inputs"].items():
            kind, *options = required.get(name, [""])
            if kind != "INT" or type(value) is not int or not options:
                continue
            if not options[0].get("min", value) <= value <= options[0].get("max", value):
                said = {"type": "value_out_of_range", "message": f"Value {value} out of range"}
                node_error = {"errors": [{**said, "details": name}], "dependent_outputs": ["9"]}
                return {"error": said, "node_errors": {node_id: node_error}}
    return None


if __name__ == "__main__":
    run_vendor(ComfyUI)
