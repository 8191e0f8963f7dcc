"""Publishers of events: the product, bare `websockets`, Channels on Daphne.

`publish(times, every)` returns the moment at which each event was sent: for the product the end of
the commit, for the baselines the call that sends, in their own process.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any, Protocol

import httpx
from websockets.sync.client import connect

from tests.stack import ROOT, free_port

from .engines import Engine
from .environment import Context, PreparedStack, terminate
from .in_process.client import InProcessClient
from .processor_time import ProcessorTime, fixed
from .rows import NotMeasured

WEBSOCKETS = ("-m", "bench.baselines.broadcast", "{port}")
CHANNELS = (
    "-m",
    "daphne",
    "-v",
    "0",
    "-b",
    "127.0.0.1",
    "-p",
    "{port}",
    "bench.baselines.channels_app:application",
)


class Publisher(Protocol):
    """One side of a comparison."""

    acknowledges: bool
    cpu: ProcessorTime  # of the process that holds the sockets

    @property
    def published(self) -> int:
        """Events so far."""
        ...

    def sockets(self, count: int) -> list[str]:
        """Addresses for `count` sockets."""
        ...

    def publish(self, times: int, every: float) -> list[float]: ...


class ProductPublisher:
    """A running stack with a public network and an installation of displays."""

    acknowledges = True

    def __init__(self, prepared: PreparedStack, in_process: InProcessClient, displays: int) -> None:
        self.prepared = prepared
        self.in_process = in_process
        self.published = 0
        self.wall: dict[str, Any] = in_process.call("events.create_wall", displays=displays)
        self.cpu = ProcessorTime(fixed(p.pid for p in prepared.stack.processes("web")))

    @classmethod
    def start(
        cls, context: Context, engine: Engine, *, displays: int = 0, settings: str = ""
    ) -> ProductPublisher:
        prepared = context.prepare_stack(engine)
        if settings:
            prepared.stack.environment["DJANGO_SETTINGS_MODULE"] = settings
        prepared.stack.start()
        return cls(prepared, prepared.in_process(), displays)

    def sockets(self, count: int) -> list[str]:
        """All follow the network."""
        return [self.prepared.stack.socket_url + self.wall["network"]] * count

    @property
    def displays(self) -> list[str]:
        """One address each."""
        return [self.prepared.stack.socket_url + path for path in self.wall["displays"]]

    @property
    def base_url(self) -> str:
        return self.prepared.stack.base_url

    def publish(self, times: int, every: float) -> list[float]:
        first, self.published = self.published + 1, self.published + times
        pace = {"first": first, "times": times, "every": every}
        found = self.in_process.call("events.append_events", step=self.wall["step"], **pace)
        return [float(one) for one in found]

    def frame(self, address: str) -> str:
        """What follows the cursor in an event frame, so that baselines send as many bytes."""
        with connect(address, compression=None) as socket:
            socket.recv(10)  # the welcome
            self.publish(1, 0)
            while not (text := str(socket.recv(10))).startswith('{"type":"event"'):
                pass
        return text.split('"', 8)[-1]  # {"type":"event","cursor":"…" comes before it


class BaselineServer:
    """A server that publishes from its own process."""

    acknowledges = False

    def __init__(
        self, context: Context, command: Sequence[str], frame: str = "}", **more: str
    ) -> None:
        self.published = 0
        self._port = free_port()
        self._name = command[1]
        self.process = subprocess.Popen(
            [sys.executable, *(part.format(port=self._port) for part in command)],
            cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", "BENCH_FRAME": frame, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        context.closing.callback(terminate, self.process)
        self.cpu = ProcessorTime(fixed([self.process.pid]))
        self._wait()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def sockets(self, count: int) -> list[str]:
        return [f"ws://127.0.0.1:{self._port}/"] * count

    def publish(self, times: int, every: float) -> list[float]:
        self.published += times
        answer = httpx.get(
            f"{self.base_url}/publish",
            params={"times": times, "every": every},
            timeout=times * every + 30,
        )
        return [float(one) for one in answer.raise_for_status().json()]

    def _wait(self) -> None:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with contextlib.suppress(httpx.TransportError):
                self.publish(0, 0)
                return
            time.sleep(0.05)
        raise NotMeasured(f"{self._name} does not answer")
