"""A small server that plays the worker API: work in memory, and failures on demand."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "a-secret"
ROOT = "/api/farm/v1/"
PATIENCE_SECONDS = 60  # until a test fails that waits for something that never happens
Json = dict[str, Any]
Scripted = tuple[int, Json, dict[str, str]]


class FarmServer:
    """Assignments are given to whoever claims; what arrives is kept for the test to look at."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.ready: list[Json] = []
        self.held: dict[str, Json] = {}
        self.outcomes: dict[str, Json] = {}
        self.logs: dict[str, str] = {}
        self.blobs: dict[str, bytes] = {}
        self.partial: dict[str, bytes] = {}
        self.types: dict[str, str] = {}
        self.files: dict[str, bytes] = {}
        self.previews: dict[str, tuple[str, bytes]] = {}  # the newest of each attempt
        self.calls: list[tuple[str, Json]] = []
        self.moments: list[tuple[str, float]] = []
        self.scripted: dict[str, list[Scripted]] = {}
        self.lost: dict[str, int] = {}  # answers that do not arrive
        self.is_busy_with_successes = False
        self.sessions: list[str] = []
        self.status = "offline"
        self.requested_status = ""
        self.stopped: set[str] = set()  # tokens, beside `go_on`
        self.go_on: Json = {"go_on": True, "reason": ""}
        self.renew_seconds = 0.02
        self.idle_seconds = 0.02
        self.gives_next = False  # work with the answer to an outcome
        self.hears_trouble = False
        self.is_away = False
        self.cut_after: int | None = None  # bytes of the next upload, then the line breaks
        self.is_closed = False
        self._http = FarmHttp(self)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        with self.changed:
            self.is_closed = True
            self.changed.notify_all()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    # For tests

    def offer_text(
        self, token: str, text: str, model: str = "echo-text", **parameters: Any
    ) -> None:
        self.offer(token, model, [{"type": "text", "text": text}], parameters)

    def offer_file(self, token: str, data: bytes, content_type: str, model: str) -> None:
        sha256 = hashlib.sha256(data).hexdigest()
        self.files[sha256] = data
        given = {
            "type": content_type.partition("/")[0],
            "sha256": sha256,
            "url": f"{ROOT}files/{sha256}",
            "bytes": len(data),
            "content_type": content_type,
        }
        self.offer(token, model, [given], {})

    def offer(
        self,
        token: str,
        model: str,
        inputs: list[Json],
        parameters: Json,
        deadline_seconds: float = 120,
        kind: str = "step",
        batch: str = "",
    ) -> None:
        assignment = {
            "token": token,
            "kind": kind,
            "model": model,
            "parameters": parameters,
            "inputs": inputs,
            "lease_seconds": 60,
            "deadline_seconds": deadline_seconds,
            "batch_key": model,
            "batch": batch,
        }
        with self.changed:
            self.ready.append(assignment)
            self.changed.notify_all()

    def script(self, call: str, status: int, body: Json | None = None, **headers: str) -> None:
        """The next answer to a call of this name, before the usual ones."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.scripted.setdefault(call, []).append((status, body or {}, named))

    def lose_answers(self, call: str, count: int) -> None:
        """The next ones are done, and then the line breaks."""
        self.lost[call] = count

    def loses_answer(self, call: str) -> bool:
        if not self.lost.get(call):
            return False
        self.lost[call] -= 1
        return True

    def times(self, call: str) -> list[float]:
        """When it was called."""
        return [moment for name, moment in list(self.moments) if name == call]

    def set(self, **values: Any) -> None:
        with self.changed:
            for name, value in values.items():
                setattr(self, name, value)
            self.changed.notify_all()

    def wait_for(self, fact: Callable[[], Any]) -> None:
        with self.changed:
            assert self.changed.wait_for(fact, PATIENCE_SECONDS), "it never happened"

    def count(self, call: str) -> int:
        return sum(1 for name, _ in list(self.calls) if name == call)

    def bodies(self, call: str) -> list[Json]:
        return [body for name, body in list(self.calls) if name == call]

    # The calls

    def answer(self, call: str, token: str, body: Json) -> Scripted:
        with self.changed:
            self.calls.append((call, body))
            self.moments.append((call, time.monotonic()))
            self.changed.notify_all()
            if self.scripted.get(call):
                return self.scripted[call].pop(0)
            method: Callable[[str, Json], Scripted] = getattr(self, f"_{call.replace('-', '_')}")
            answer = method(token, body)
            self.changed.notify_all()
            return answer

    def _enrol(self, token: str, body: Json) -> Scripted:
        if body["token"] != "good":
            return 403, {"detail": "This token is not good.", "code": "bad_token"}, {}
        return 201, {"id": "w1", "secret": SECRET}, {}

    def _sign_on(self, token: str, body: Json) -> Scripted:
        self.sessions.append(body["session"])
        remembered = "asleep" if self.status == "asleep" else "awake"
        self.status, self.requested_status = self.requested_status or remembered, ""
        answer = {
            "status": self.status,
            "renew_seconds": self.renew_seconds,
            "idle_seconds": self.idle_seconds,
            "gives_next": self.gives_next,
            "hears_trouble": self.hears_trouble,
        }
        return 200, answer, {}

    def _claim(self, token: str, body: Json) -> Scripted:
        def is_over() -> bool:
            asks = self.requested_status or self.status != "awake"
            return bool(fresh() or self._room(body["slots"]) or self.is_closed or asks)

        def fresh() -> list[str]:
            return [one for one in self.held if one not in body.get("holding", ())]

        self.changed.wait_for(is_over, body["wait_seconds"])
        due = self.requested_status or ("asleep" if self.status == "asleep" else "")
        if self.requested_status and not self.held:  # it has heard, and confirms by that
            self.status, self.requested_status = self.requested_status, ""
        if due not in ("", "awake"):
            return 423, {"requested_status": due}, {"Retry-After": "0"}
        while not body.get("trouble") and self._give(body["slots"]):
            pass
        if not fresh():
            return 204, {}, {"Retry-After": "0"}
        return 200, {"assignments": list(self.held.values())}, {}

    def _give(self, slots: int) -> list[Json]:
        given = self._room(slots)
        self.ready = [one for one in self.ready if one not in given]
        self.held.update({one["token"]: one for one in given})
        return given

    def _room(self, slots: int) -> list[Json]:
        """The next piece of work, with its batch; empty where each place is taken."""
        held = {one["batch"] or one["token"] for one in self.held.values()}
        if not self.ready or len(held) >= slots:
            return []
        first = self.ready[0]
        return [
            one
            for one in self.ready
            if one is first or (first["batch"] and one["batch"] == first["batch"])
        ]

    def _renew(self, token: str, body: Json) -> Scripted:
        if token in self.held and token in self.stopped:
            return 200, {"go_on": False, "reason": "The run was stopped."}, {}
        return (200, self.go_on, {}) if token in self.held else _STALE

    def _log(self, token: str, body: Json) -> Scripted:
        kept = self.logs.get(token, "")
        if token not in self.held:
            return _STALE
        if body["offset"] > len(kept):
            return 409, {"code": "log_gap", "expected": len(kept)}, {}
        self.logs[token] = kept + body["text"][len(kept) - body["offset"] :]
        return 200, {}, {}

    def keep_preview(self, token: str, kind: str, content: bytes) -> Scripted:
        """As the server: the newest, and only one that decodes is kept (here: one that has an end)."""
        with self.changed:
            self.calls.append(("preview", {"token": token, "content": content}))
            self.moments.append(("preview", time.monotonic()))
            if self.scripted.get("preview"):
                answer = self.scripted["preview"].pop(0)
            elif token in self.held:
                answer = 202, {}, {}
                if content.endswith(b"end"):
                    self.previews[token] = kind, content
            else:
                answer = _STALE
            self.changed.notify_all()
            return answer

    def _finish(self, token: str, body: Json) -> Scripted:
        if self.is_busy_with_successes and body["outcome"] == "succeeded":
            return 503, {}, {"Retry-After": "0.05"}
        body, takes_next = dict(body), body.get("takes_next", False)
        body.pop("takes_next", None)
        if self.outcomes.get(token) == body:
            return 200, {"assignments": []}, {}
        if token not in self.held:
            return _STALE
        wanted = [one["sha256"] for one in body.get("outputs", ()) if "sha256" in one]
        if any(sha256 not in self.blobs for sha256 in wanted):
            return 422, {"detail": "An output is not there."}, {}
        del self.held[token]
        self.outcomes[token] = body
        given = self._give(len(self.held) + 1) if takes_next else []
        return 200, {"assignments": given}, {}

    def _sign_off(self, token: str, body: Json) -> Scripted:
        self.ready = [*self.held.values(), *self.ready]
        self.held, self.status = {}, "offline"
        return 204, {}, {}


_STALE: Scripted = (409, {"detail": "It belongs to somebody else.", "code": "stale"}, {})


class FarmRequest(BaseHTTPRequestHandler):
    """One connection of a worker; the server is a FarmHttp."""

    protocol_version = "HTTP/1.1"
    server: FarmHttp

    @property
    def farm(self) -> FarmServer:
        return self.server.farm

    def log_message(self, *words: Any) -> None:
        """Nothing: the test's output is its own."""

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, ValueError):  # the worker was killed, or hung up
            self.close_connection = True

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        path = self.path.removeprefix(ROOT)
        found = re.fullmatch(r"attempts/([^/]+)/([a-z]+)", path)
        call, token = (found[2], found[1]) if found else (path, "")
        if self.farm.is_away:
            self.close_connection = True
            return
        if call != "enrol" and self.headers.get("Authorization") != f"Bearer {SECRET}":
            self._send(401, {"detail": "Who is this?"}, {})
            return
        answer = self.farm.answer(call, token, body)
        if self.farm.loses_answer(call):
            self.close_connection = True
            return
        self._send(*answer)

    def do_GET(self) -> None:
        with self.farm.changed:
            self.farm.calls.append(("get", {}))
        data = self.farm.files[self.path.rpartition("/")[2]]
        self._send_bytes(200, data, {})

    def do_HEAD(self) -> None:
        sha256 = self.path.rpartition("/")[2]
        with self.farm.changed:
            self.farm.calls.append(("head", {}))
            is_known, held = sha256 in self.farm.blobs, len(self.farm.partial.get(sha256, b""))
        headers = {"Upload-Offset": str(held)}
        self._send_bytes(200 if is_known else 404, b"", headers)

    def do_PUT(self) -> None:
        sha256, size = self.path.rpartition("/")[2], int(self.headers["Content-Length"])
        if sha256 == "preview":
            token, kind = self.path.split("/")[-2], self.headers["Content-Type"]
            self._send(*self.farm.keep_preview(token, kind, self.rfile.read(size)))
            return
        with self.farm.changed:
            self.farm.calls.append(
                ("put", {"range": self.headers.get("Content-Range"), "size": size})
            )
            cut, self.farm.cut_after = self.farm.cut_after, None
            scripted = self.farm.scripted.get("put")
        data = self.rfile.read(size if cut is None else min(cut, size))
        if scripted:
            self._send(*scripted.pop(0))
            return
        start = self.headers.get("Content-Range", "bytes 0-").removeprefix("bytes ")
        with self.farm.changed:
            kept = self.farm.partial.pop(sha256, b"")[: int(start.partition("-")[0])] + data
            if cut is not None:
                self.farm.partial[sha256] = kept
                self.close_connection = True
                self.farm.changed.notify_all()
                return
        self._store(sha256, kept)

    def _store(self, sha256: str, data: bytes) -> None:
        if hashlib.sha256(data).hexdigest() != sha256:
            self._send(422, {"detail": "The hash does not match."}, {})
            return
        with self.farm.changed:
            self.farm.blobs[sha256] = data
            self.farm.types[sha256] = self.headers["Content-Type"]
            self.farm.changed.notify_all()
        self._send(201, {}, {})

    def _send(self, status: int, body: Json, headers: dict[str, str]) -> None:
        data = b"" if status == 204 else json.dumps(body).encode()
        self._send_bytes(status, data, headers)

    def _send_bytes(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class FarmHttp(ThreadingHTTPServer):
    """The HTTP side of a FarmServer, on a free port."""

    daemon_threads = True

    def __init__(self, farm: FarmServer) -> None:
        self.farm = farm
        super().__init__(("127.0.0.1", 0), FarmRequest)
