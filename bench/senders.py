"""Who tells an audience something: the product, bare `websockets`, Channels on Daphne.

All of them answer `tell(times, every)` with the moments at which they began to tell: for the product
the end of the commit, for the rivals the call that sends, in their own process.
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
from .inside.client import Inside
from .rows import NotMeasured
from .workshop import Place, Room, end

BARE = ("-m", "bench.rivals.broadcast", "{port}")
GROUPS = (
    "-m",
    "daphne",
    "-v",
    "0",
    "-b",
    "127.0.0.1",
    "-p",
    "{port}",
    "bench.rivals.groups:application",
)


class Sender(Protocol):
    """One side of a comparison."""

    acknowledged: bool
    told: int  # how many events so far

    def sockets(self, count: int) -> list[str]:
        """Addresses for so many sockets."""
        ...

    def tell(self, times: int, every: float) -> list[float]: ...


class Product:
    """A whole installation with a public network and a wall."""

    acknowledged = True

    def __init__(self, place: Place, inside: Inside, displays: int) -> None:
        self.place = place
        self.inside = inside
        self.told = 0
        self.hung: dict[str, Any] = inside.ask("happening.hung", displays=displays)

    @classmethod
    def started(
        cls, room: Room, engine: Engine, *, displays: int = 0, settings: str = ""
    ) -> Product:
        place = room.place(engine)
        if settings:
            place.stack.environment["DJANGO_SETTINGS_MODULE"] = settings
        place.stack.start()
        return cls(place, place.inside(), displays)

    def sockets(self, count: int) -> list[str]:
        """All of them watch the network."""
        return [self.place.stack.socket_url + self.hung["network"]] * count

    @property
    def displays(self) -> list[str]:
        """One address each."""
        return [self.place.stack.socket_url + path for path in self.hung["displays"]]

    @property
    def base_url(self) -> str:
        return self.place.stack.base_url

    def tell(self, times: int, every: float) -> list[float]:
        first, self.told = self.told + 1, self.told + times
        pace = {"first": first, "times": times, "every": every}
        found = self.inside.ask("happening.tell", step=self.hung["step"], **pace)
        return [float(one) for one in found]

    def frame(self, address: str) -> str:
        """What follows the cursor in an event frame, for the rivals to send as much."""
        with connect(address, compression=None) as socket:
            socket.recv(10)  # the welcome
            self.tell(1, 0)
            while not (text := str(socket.recv(10))).startswith('{"type":"event"'):
                pass
        return text.split('"', 8)[-1]  # {"type":"event","cursor":"…" comes before it


class Rival:
    """A server of its own, fed in its own process."""

    acknowledged = False

    def __init__(self, room: Room, command: Sequence[str], frame: str = "}", **more: str) -> None:
        self.told = 0
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
        room.closing.callback(end, self.process)
        self._wait()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def sockets(self, count: int) -> list[str]:
        return [f"ws://127.0.0.1:{self._port}/"] * count

    def tell(self, times: int, every: float) -> list[float]:
        self.told += times
        answer = httpx.get(
            f"{self.base_url}/tell",
            params={"times": times, "every": every},
            timeout=times * every + 30,
        )
        return [float(one) for one in answer.raise_for_status().json()]

    def _wait(self) -> None:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with contextlib.suppress(httpx.TransportError):
                self.tell(0, 0)
                return
            time.sleep(0.05)
        raise NotMeasured(f"{self._name} does not answer")
