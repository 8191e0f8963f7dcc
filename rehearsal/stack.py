"""A private stack with its fake provider, and what scenarios do with it."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil

from tests.stack import Stack

from .history import Accepted, History, Stopped
from .provider import Provider
from .queries import Queries

T = TypeVar("T")
Json = dict[str, Any]

TEXT = "replicate:llama-3-8b"
IMAGE = "replicate:flux-schnell"
CAPTION = "replicate:moondream2"
NO_PACING = [{"until_seconds": None, "delay_seconds": 0}]


class Broken(Exception):
    """A promise was not kept; `str(error)` says which and how."""


class RehearsalStack(Stack):
    """One private stack for some scenarios. Keeps every answer that the checker needs."""

    api: httpx.Client  # set when the stack has been started

    def __init__(self, data_dir: Path, provider: Provider, **environment: str) -> None:
        super().__init__(
            data_dir,
            workers=2,
            REPLICATE_BASE_URL=provider.url,
            REPLICATE_API_TOKEN="fake-token",  # noqa: S106  the fake provider takes any
            **environment,
        )
        self.provider = provider
        self.records = Queries(data_dir / "panic.sqlite3")
        self.accepted: list[Accepted] = []
        self.stops: list[Stopped] = []
        self.steady_clock = True
        self.why_no_small_disk = ""
        self._numbers = itertools.count(1)
        self._guard = threading.Lock()

    @property
    def data_dirs(self) -> list[Path]:
        """The data folder of each machine; the first one is `data_dir`."""
        return [self.data_dir]

    # The API

    def request(
        self, method: str, path: str, body: Json | None = None, *, within: float = 30.0
    ) -> httpx.Response:
        """The API's answer; the request is repeated while the server does not answer."""
        until = time.monotonic() + within
        while True:
            try:
                return self.send(method, path, body)
            except httpx.TransportError as error:
                if time.monotonic() > until:
                    raise Broken(f"{method} {path} was not answered within {within:g} s") from error
                time.sleep(0.1)

    def send(self, method: str, path: str, body: Json | None) -> httpx.Response:
        """One try."""
        return self.api.request(method, f"/api/v1/{path}", json=body)

    def create_network(self, name: str, *models: str | dict[str, Any], **fields: object) -> str:
        """Create a network without lockout and pacing; returns its slug."""
        slots = [{"model": one} if isinstance(one, str) else one for one in models]
        given = {"name": name, "slots": slots, "lockout_seconds": 0, "pacing": NO_PACING}
        answer = self.request("POST", "networks", {**given, **fields})
        if answer.status_code != 201:
            raise Broken(
                f"the network {name} was answered with {answer.status_code}: {answer.text}"
            )
        return str(answer.json()["slug"])

    def submit_prompt(self, slug: str, prompt: str) -> httpx.Response:
        """A prompt, sent again under the same client key while it gets no answer."""
        with self._guard:
            key = f"rehearsal-{next(self._numbers)}"
        body = {"prompt": prompt, "client_key": key}
        answer = self.request("POST", f"networks/{slug}/runs", body)
        if answer.status_code in {200, 201}:
            with self._guard:
                self.accepted.append(Accepted(key, answer.json()["id"]))
        return answer

    def start_run(self, slug: str, prompt: str = "a moth") -> str:
        """Start a run and return its id; Broken when it is refused."""
        answer = self.submit_prompt(slug, prompt)
        if answer.status_code != 201:
            raise Broken(f"a prompt was answered with {answer.status_code}: {answer.text[:300]}")
        return str(answer.json()["id"])

    def stop_run(self, run: str) -> httpx.Response:
        answer = self.request("POST", f"runs/{run}/stop")
        if answer.status_code == 200:
            with self._guard:
                self.stops.append(Stopped(run, time.time()))
        return answer

    # Waiting

    def await_condition(self, condition: Callable[[], T], seconds: float, what: str) -> T:
        """The first true value of `condition`; Broken when there is none in time."""
        limit = time.monotonic() + seconds
        while not (value := condition()):
            if time.monotonic() > limit:
                raise Broken(f"not within {seconds:.0f} s: {what}")
            time.sleep(0.1)
        return value

    def await_progress(self, *runs: str, seconds: float = 20.0) -> float:
        """Wait until each run has completed another step; returns the seconds of the slowest."""
        began = time.monotonic()
        before = {run: self.records.count_completed_steps(run) for run in runs}
        for run, done in before.items():
            left = seconds - (time.monotonic() - began)
            self.await_condition(
                lambda r=run, d=done: self.records.count_completed_steps(r) > d,  # type: ignore[misc]
                left,
                f"run {run} goes on",
            )
        return time.monotonic() - began

    # Killing

    def kill_role(self, role: str) -> None:
        """SIGKILL to every process of a role, if there is one."""
        for process in self.processes(role):
            with contextlib.suppress(psutil.Error):
                process.kill()

    def kill_queue(self) -> None:
        """SIGKILL to the queue's head and every worker; found first, as orphans look like heads."""
        for process in [*self.processes("queue"), *self.processes("worker")]:
            with contextlib.suppress(psutil.Error):
                process.kill()

    def kill_worker(self, name: str) -> None:
        """SIGKILL to the process behind a worker's name on an attempt: host:pid:hex."""
        with contextlib.suppress(psutil.Error):
            psutil.Process(int(name.split(":")[1])).kill()

    # The history

    def settle(self) -> None:
        """Stop everything and wait until no call is under way any more."""
        self.request("POST", "stop-all")
        with contextlib.suppress(Broken):
            self.await_condition(
                lambda: self.records.count_live_attempts() == 0, 20, "every call has ended"
            )

    def history(self, longest_stall: float = 0.0) -> History:
        records = self.records
        return History(
            events=records.events(),
            runs=records.runs(),
            steps=records.steps(),
            attempts=records.attempts(),
            journal=self.provider.journal.entries(),
            accepted=tuple(self.accepted),
            stops=tuple(self.stops),
            farm_work=records.farm_work(),
            last_seqs=records.last_seqs(),
            steady_clock=self.steady_clock,
            longest_stall=longest_stall,
        )
