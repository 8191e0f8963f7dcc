"""Callers of the farm's API that never wait, beside a ring that a worker of the farm carries: they are refused with
the statuses of the protocol, the ring goes on, and the web server remembers no more of them with each call."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from farm.failures import MAX_FAILURES_IN_RUN, MAX_RETURNS
from tests.chaos.test_farm_kills import attempts, offered, wait_for_more
from tests.chaos.test_worker_kills import start_run
from tests.farm_machine import FarmMachine
from tests.stack import Stack

CONNECTIONS, PATIENCE, STEPS = 64, 240.0, 30
MODEL, API = "farm:echo-text", "/api/farm/v1"
OFFER = {"name": "idle", "title": "Idle", "input": "text", "output": "text"}
ECHO = {"name": "echo-text", "title": "Echo text", "input": "text", "output": "text"}
MIN_ANSWERS = 40  # of each kind of call, before and after memory was measured the first time
MAX_GROWTH = 32_000_000  # bytes: what allocators keep, and not what a flood could fill
# What a call may be answered; 503 is "busy", 429 "too often".
REFUSALS = {
    "guess": {401, 429, 503},
    "enrol": {403, 429, 503},
    "claim": {204, 429, 503},
    "renew": {409, 429, 503},
}
Ask = Callable[[httpx.AsyncClient], Coroutine[Any, Any, httpx.Response]]


class Flood:
    """Many connections, each of which calls again as soon as it is answered, from `with` to its end. `answers`: how
    many there were of each kind and status."""

    def __init__(self, base_url: str, secret: str) -> None:
        self.answers: Counter[tuple[str, int]] = Counter()
        self.without_hint: Counter[str] = (
            Counter()
        )  # refused as too often, and not told for how long
        self._base_url = base_url
        self._secret = secret
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def __enter__(self) -> Flood:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(PATIENCE)

    def has_answered(self, least: int) -> bool:
        """Whether so many of each kind were."""
        given: Counter[str] = Counter()
        for (kind, _), times in self.answers.copy().items():
            given[kind] += times
        return all(given[kind] >= least for kind in REFUSALS)

    async def _run(self) -> None:
        kinds = [(kind, getattr(self, f"_{kind}")) for kind in REFUSALS]
        await asyncio.gather(
            *(self._call_for_ever(*kinds[n % len(kinds)]) for n in range(CONNECTIONS))
        )

    async def _call_for_ever(self, kind: str, ask: Ask) -> None:
        async with httpx.AsyncClient(base_url=self._base_url + API, timeout=60) as client:
            while not self._stop.is_set():
                with contextlib.suppress(httpx.TransportError):
                    answer = await ask(client)
                    self.answers[kind, answer.status_code] += 1
                    if answer.status_code == 429 and "Retry-After" not in answer.headers:
                        self.without_hint[kind] += 1

    async def _guess(self, client: httpx.AsyncClient) -> httpx.Response:
        guessed = f"worker_{secrets.token_urlsafe(32)}"
        return await client.post("/claim", json={"slots": 1}, headers=bearer(guessed))

    async def _enrol(self, client: httpx.AsyncClient) -> httpx.Response:
        return await client.post("/enrol", json={"token": secrets.token_hex(8), "name": "Thief"})

    async def _claim(self, client: httpx.AsyncClient) -> httpx.Response:
        body = {
            "slots": 1,
            "holding": [secrets.token_hex(8)],
        }  # never the same, so never remembered
        return await client.post("/claim", json=body, headers=bearer(self._secret))

    async def _renew(self, client: httpx.AsyncClient) -> httpx.Response:
        path = f"/attempts/{secrets.token_hex(16)}/renew"
        return await client.post(path, json={"progress": 0.5}, headers=bearer(self._secret))


class GivesBack:
    """A worker that takes every step and gives it back at once, from `with` to its end."""

    def __init__(self, base_url: str, secret: str) -> None:
        self._client = httpx.Client(base_url=base_url + API, headers=bearer(secret), timeout=60)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.given = 0

    def __enter__(self) -> GivesBack:
        body = {"session": "one", "offers": [ECHO]}
        self._client.post("/sign-on", json=body).raise_for_status()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(PATIENCE)
        self._client.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            answer = self._client.post("/claim", json={"slots": 1})
            if answer.status_code != 200:
                self._stop.wait(0.05)
                continue
            for one in answer.json()["assignments"]:
                self.given += 1
                path = f"/attempts/{one['token']}/finish"
                self._client.post(path, json={"outcome": "released"})


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def enrolled(client: httpx.Client, name: str) -> tuple[str, str]:
    """Its id and its secret."""
    token = client.post("/api/v1/workers/tokens").raise_for_status().json()["token"]
    answer = client.post(f"{API}/enrol", json={"token": token, "name": name}).raise_for_status()
    return answer.json()["id"], answer.json()["secret"]


def memory_of_web(stack: Stack) -> int:
    """Bytes."""
    return sum(one.memory_full_info().pss for one in stack.processes("web"))


@pytest.fixture
def machine(stack: Stack, client: httpx.Client, tmp_path: Path) -> Iterator[FarmMachine]:
    one = FarmMachine(tmp_path / "machine")
    token = client.post("/api/v1/workers/tokens").raise_for_status().json()["token"]
    one.enrol(stack.base_url, token)
    one.start("--echo")
    stack.wait_until(lambda: offered(client), PATIENCE, "the farm offers its models")
    yield one
    one.kill()


def test_a_ring_goes_on_beside_callers_that_never_wait(
    stack: Stack, client: httpx.Client, machine: FarmMachine
) -> None:
    worker, secret = enrolled(client, "Flood")
    body = {"session": "one", "offers": [OFFER]}
    client.post(f"{API}/sign-on", json=body, headers=bearer(secret)).raise_for_status()
    run = start_run(client, "Far", MODEL)

    with Flood(stack.base_url, secret) as flood:
        wait_for_answers(stack, flood, MIN_ANSWERS)
        wait_for_more(stack, client, run, STEPS)
        before = memory_of_web(stack)
        wait_for_answers(stack, flood, 2 * MIN_ANSWERS)
        wait_for_more(stack, client, run, STEPS)
        growth = memory_of_web(stack) - before
        page = client.get(f"/api/v1/workers/{machine.worker_id}").raise_for_status().json()

    unexpected = {
        key: times for key, times in flood.answers.items() if key[1] not in REFUSALS[key[0]]
    }
    assert not unexpected
    assert not flood.without_hint
    assert growth < MAX_GROWTH
    assert page["status"] == "awake"
    assert len(stack.processes("web")) == 1
    client.delete(f"/api/v1/workers/{worker}").raise_for_status()
    again = client.post(f"{API}/claim", json={"slots": 1}, headers=bearer(secret))
    assert again.status_code in (401, 429)


def wait_for_answers(stack: Stack, flood: Flood, least: int) -> None:
    stack.wait_until(lambda: flood.has_answered(least), PATIENCE, f"{least} answers of each kind")


def test_a_ring_goes_on_beside_a_worker_that_gives_everything_back(
    stack: Stack, client: httpx.Client, machine: FarmMachine
) -> None:
    worker, secret = enrolled(client, "Gives back")

    with GivesBack(stack.base_url, secret) as giver:
        run = start_run(client, "Far", MODEL)
        stack.wait_until(lambda: giver.given, PATIENCE, "it is given a step")
        wait_for_more(stack, client, run, STEPS)
    client.post(f"/api/v1/runs/{run}/stop").raise_for_status()

    mine = [one for one in attempts(stack) if one["worker"] == f"farm:{worker}"]
    assert {one["outcome"] for one in mine} <= {"handed_over", "cancelled"}
    of_each_step = Counter(one["step"] for one in mine)
    assert max(of_each_step.values()) <= MAX_RETURNS
    assert sum(times == MAX_RETURNS for times in of_each_step.values()) <= MAX_FAILURES_IN_RUN
