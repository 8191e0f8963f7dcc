"""A private installation with its pretend provider, and what acts do with it."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx
import psutil

from tests.stack import Stack

from .history import Accepted, History, Stopped
from .provider import Provider
from .questions import Questions

T = TypeVar("T")
Json = dict[str, Any]

TEXT = "replicate:llama-3-8b"
IMAGE = "replicate:flux-schnell"
CAPTION = "replicate:moondream2"
NO_WAIT = [{"until_seconds": None, "delay_seconds": 0}]


class Broken(Exception):
    """A promise was not kept; `str(error)` says which and how."""


class Stage:
    """One installation for some acts. What they are told is kept for the checker."""

    def __init__(self, stack: Stack, provider: Provider, api: httpx.Client) -> None:
        self.stack = stack
        self.provider = provider
        self.records = Questions(stack.data_dir / "panic.sqlite3")
        self.accepted: list[Accepted] = []
        self.stops: list[Stopped] = []
        self.steady_clock = True
        self.why_no_small_disk = ""
        self._numbers = itertools.count(1)
        self._guard = threading.Lock()
        self.api = api

    # Asking it

    def ask(
        self, method: str, path: str, body: Json | None = None, *, within: float = 30.0
    ) -> httpx.Response:
        """The answer of the API; while nobody answers it is asked again, as a browser would."""
        until = time.monotonic() + within
        while True:
            try:
                answer = self.api.request(method, f"/api/v1/{path}", json=body)
            except httpx.TransportError as error:
                if time.monotonic() > until:
                    raise Broken(f"{method} {path} was not answered within {within:g} s") from error
                time.sleep(0.1)
                continue
            return answer

    def network(self, name: str, *models: str | dict[str, Any], **fields: object) -> str:
        """A ring without waiting; its slug."""
        slots = [{"model": one} if isinstance(one, str) else one for one in models]
        given = {"name": name, "slots": slots, "lockout_seconds": 0, "pacing": NO_WAIT}
        answer = self.ask("POST", "networks", {**given, **fields})
        if answer.status_code != 201:
            raise Broken(
                f"the network {name} was answered with {answer.status_code}: {answer.text}"
            )
        return str(answer.json()["slug"])

    def press(self, slug: str, prompt: str) -> httpx.Response:
        """Enter, on a terminal that asks again under the same key when it gets no answer."""
        with self._guard:
            key = f"rehearsal-{next(self._numbers)}"
        answer = self.ask("POST", f"networks/{slug}/runs", {"prompt": prompt, "client_key": key})
        if answer.status_code in {200, 201}:
            with self._guard:
                self.accepted.append(Accepted(key, answer.json()["id"]))
        return answer

    def start(self, slug: str, prompt: str = "a moth") -> str:
        """A run that must begin; its id."""
        answer = self.press(slug, prompt)
        if answer.status_code != 201:
            raise Broken(f"a prompt was answered with {answer.status_code}: {answer.text[:300]}")
        return str(answer.json()["id"])

    def stop(self, run: str) -> httpx.Response:
        answer = self.ask("POST", f"runs/{run}/stop")
        if answer.status_code == 200:
            with self._guard:
                self.stops.append(Stopped(run, time.time()))
        return answer

    # Waiting

    def until(self, condition: Callable[[], T], seconds: float, what: str) -> T:
        """What `condition` gives once that is true; Broken when it is not in time."""
        limit = time.monotonic() + seconds
        while not (value := condition()):
            if time.monotonic() > limit:
                raise Broken(f"not within {seconds:.0f} s: {what}")
            time.sleep(0.1)
        return value

    def goes_on(self, *runs: str, seconds: float = 20.0) -> float:
        """Each of these runs completes another step; how long the slowest took."""
        began = time.monotonic()
        before = {run: self.records.done(run) for run in runs}
        for run, done in before.items():
            left = seconds - (time.monotonic() - began)
            self.until(lambda r=run, d=done: self.records.done(r) > d, left, f"run {run} goes on")  # type: ignore[misc]
        return time.monotonic() - began

    # Breaking it

    def kill(self, role: str) -> None:
        """SIGKILL to every process of a role; none there is none killed."""
        for process in self.stack.processes(role):
            with contextlib.suppress(psutil.Error):
                process.kill()

    def kill_queue(self) -> None:
        """The head and all that it forked, at the same moment."""
        for process in [*self.stack.processes("queue"), *self.stack.processes("worker")]:
            with contextlib.suppress(psutil.Error):
                process.kill()

    def kill_worker(self, name: str) -> None:
        """The process behind the worker's name on an attempt: host:pid:hex."""
        with contextlib.suppress(psutil.Error):
            psutil.Process(int(name.split(":")[1])).kill()

    # Afterwards

    def settle(self) -> None:
        """Stop everything and let what is under way come to its end."""
        self.ask("POST", "stop-all")
        with contextlib.suppress(Broken):
            self.until(lambda: self.records.live_attempts() == 0, 20, "every call has ended")

    def history(self, hiccup: float = 0.0) -> History:
        records = self.records
        return History(
            events=records.events(),
            runs=records.runs(),
            steps=records.steps(),
            attempts=records.attempts(),
            journal=self.provider.journal.entries(),
            accepted=tuple(self.accepted),
            stops=tuple(self.stops),
            last_seqs=records.last_seqs(),
            steady_clock=self.steady_clock,
            hiccup=hiccup,
        )
