"""B2: from Enter (the HTTP request of a start leaves) to a worker that begins on its first step."""

from __future__ import annotations

import time
from datetime import datetime

import httpx

from bench.engines import Engine
from bench.figures import interleaved, p95
from bench.rivals.bare import Bare
from bench.rows import NotMeasured, Row, against, ratio_bar
from bench.scenes import NOTHING, PROMPT, pacing
from bench.workshop import Room, tell

ROUNDS = 5
PRESSES = 40
BARE = 200
PAUSE = 0.05  # seconds between presses: nobody types faster
MOST, FLOOR = 1.5, 25.0
BARS = {"B2": ratio_bar(MOST, "ms", FLOOR)}
NOTE = (
    f"p95 of {PRESSES} presses (POST of a run, superseding the one before) to attempt.started_at; "
    f"baseline: p95 of {BARE} bare commits of as many bytes plus a bare notify to another process, "
    "without HTTP; each is the median of the rounds"
)


def measure(room: Room, engine: Engine) -> list[Row]:
    place = room.place(engine)
    token = place.stack.token(admin=True)
    place.stack.start()
    client = room.closing.enter_context(place.stack.client(token))
    keyboard = Keyboard(client)
    keyboard.presses(10)  # the first ones import, compile and fill caches
    address = place.stack.environment.get("DATABASE_URL") or (
        f"{engine.synchronous}:{place.stack.data_dir / 'bare.sqlite3'}"
    )
    bare = room.closing.enter_context(Bare(address))
    sides = {
        "ours": lambda: p95(keyboard.presses(PRESSES)),
        "bare": lambda: p95([bare.latency() for _ in range(BARE)]),
    }
    found = interleaved(ROUNDS, sides, tell=tell)
    row_id = f"B2{engine.suffix}"
    note = f"{engine.label}; {NOTE}"
    ours, theirs = found["ours"], found["bare"]
    return [against(row_id, ours=ours, theirs=theirs, most=MOST, floor=FLOOR, note=note)]


class Keyboard:
    """Somebody who types and presses Enter, over HTTP."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        network = {
            "name": "Bench",
            "slots": NOTHING,
            "lockout_seconds": 0,
            "pacing": pacing(600),  # one step, then quiet
        }
        made = client.post("/api/v1/networks", json=network).raise_for_status()
        self._runs = f"/api/v1/networks/{made.json()['slug']}/runs"

    def presses(self, times: int) -> list[float]:
        return [self._press() for _ in range(times)]

    def _press(self) -> float:
        """Milliseconds from before the request to the worker's first moment."""
        time.sleep(PAUSE)
        began = time.time()
        made = self._client.post(self._runs, json={"prompt": PROMPT}).raise_for_status()
        return (self._started(made.json()["id"]) - began) * 1000

    def _started(self, run: str) -> float:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            page = self._client.get(f"/api/v1/runs/{run}/invocations").raise_for_status()
            if (steps := page.json()["items"]) and (at := steps[0]["started_at"]):
                return datetime.fromisoformat(at).timestamp()
            time.sleep(0.01)
        raise NotMeasured("no worker began on a step within 20 s")
