"""Runs demo networks in an installation of their own, without any network: `python -m tests.weights.rings`.

Takes the hops, a folder of weights, an empty folder and the networks' names, and prints a JSON object: for each
network the texts of its run and of the beginning of a second one with the same prompt and seed, the largest memory
of the model host in MB, and the connections that anything tried to open to another machine.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from django.utils.text import slugify

from networks.demo_networks import DEMOS, Demo
from tests.stack import Stack

SEED = 7
COMPARED = 10  # texts
QUIET_SECONDS = 240.0  # without a step of any network
NO_WAIT = [{"until_seconds": None, "delay_seconds": 0}]
REFUSING = Path(__file__).with_name("no_network")
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


@dataclass
class Playing:
    """A network, its run of so many hops, and then the beginning of another one."""

    demo: Demo
    hops: int
    runs: list[str] = field(default_factory=list)
    texts: list[list[str]] = field(default_factory=lambda: [[], []])
    seen: int = -1
    failed: str = ""

    @property
    def slug(self) -> str:
        return str(slugify(self.demo.name))

    @property
    def is_over(self) -> bool:
        return bool(self.failed) or len(self.runs) > len(self.texts)

    def look(self, client: httpx.Client) -> None:
        """Read what is new; start what comes next."""
        if not self.runs:
            _asked(client.patch(f"/api/v1/networks/{self.slug}", json={"pacing": NO_WAIT}))
            self._start(client)
            return
        texts = self.texts[len(self.runs) - 1]
        for step in self._new_steps(client):
            self.seen = step["sequence"]
            if (step["output"] or {}).get("text") is not None:
                texts.append(step["output"]["text"])
        is_first = len(self.runs) == 1
        if self.seen + 1 >= self.hops if is_first else len(texts) >= COMPARED:
            _asked(client.post(f"/api/v1/networks/{self.slug}/stop"))
            if is_first:
                self._start(client)
            else:
                self.runs.append("over")
        elif run := _ended(client, self.runs[-1]):
            self.failed = f"{run['state']} after step {self.seen}: {run['reason']}"

    def _start(self, client: httpx.Client) -> None:
        words = {"prompt": self.demo.attract_prompts[0], "seed": SEED, "waive_lockout": True}
        answer = client.post(f"/api/v1/networks/{self.slug}/runs", json=words)
        self.runs.append(_asked(answer)["id"])
        self.seen = -1

    def _new_steps(self, client: httpx.Client) -> Iterable[dict[str, Any]]:
        address = f"/api/v1/runs/{self.runs[-1]}/invocations"
        asked = {"limit": 100} | ({"after": self.seen} if self.seen >= 0 else {})
        for step in _asked(client.get(address, params=asked))["items"]:
            if step["state"] != "completed":
                return
            yield step


def _ended(client: httpx.Client, run_id: str) -> dict[str, Any] | None:
    run: dict[str, Any] = _asked(client.get(f"/api/v1/runs/{run_id}"))
    return None if run["state"] == "running" else run


def _asked(answer: httpx.Response) -> Any:
    assert answer.is_success, f"{answer.request.url}: {answer.text}"
    return answer.json()


def bring_loopback_up() -> None:
    """In an empty network namespace it is down. Does nothing where it is up."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = struct.pack("16sh14x", b"lo", 0)
        (flags,) = struct.unpack("16xh14x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, asked))
        if not flags & IFF_UP:
            fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def tried_by_kernel() -> int:
    """Packets for which this network namespace had no route, and datagrams such as name servers are asked by."""
    rows = [line.split() for line in Path("/proc/net/snmp").read_text().splitlines()]
    counts = {
        f"{names[0]}{name}": int(value)
        for names, values in zip(rows[::2], rows[1::2], strict=True)
        for name, value in zip(names[1:], values[1:], strict=True)
    }
    return counts["Ip:OutNoRoutes"] + counts["Udp:OutDatagrams"]


def play(stack: Stack, playing: list[Playing]) -> int:
    """Until all are over; returns the largest memory of the model host in MB."""
    token = stack.token("admin@localhost", admin=True)
    stack.seed()
    stack.start()
    largest, steps, until = 0, -1, 0.0
    with stack.client(token) as client:
        while waiting := [one for one in playing if not one.is_over]:
            for one in waiting:
                one.look(client)
            if (now := sum(len(one.runs) * 1000 + one.seen for one in playing)) != steps:
                steps, until = now, time.monotonic() + QUIET_SECONDS
            elif time.monotonic() > until:
                raise AssertionError(f"nothing happens any more: {playing}{stack.output()[-4000:]}")
            for process in stack.processes("models"):
                with suppress(psutil.Error):
                    largest = max(largest, process.memory_full_info().pss // 1_000_000)
            time.sleep(0.5)
    return largest


def main() -> None:
    hops, weights, folder, *names = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and nothing of it stays behind
    bring_loopback_up()
    before, notes = tried_by_kernel(), Path(folder) / "connections"
    stack = Stack(
        Path(folder) / "data",
        PYTHONPATH=str(REFUSING),
        PANIC_TEST_CONNECTIONS=str(notes),
    )
    playing = [Playing(demo, int(hops)) for demo in DEMOS if demo.name in names]
    try:
        stack.prepare()
        ours = stack.data_dir / "weights"
        shutil.rmtree(ours, ignore_errors=True)
        ours.symlink_to(Path(weights).resolve())
        peak = play(stack, playing)
    finally:
        stack.destroy()
    connections = notes.read_text().splitlines() if notes.exists() else []
    if os.environ.get("PANIC_TEST_EMPTY_NETWORK"):
        connections += ["counted by the kernel"] * (tried_by_kernel() - before)
    found = {one.demo.name: {"texts": one.texts, "failed": one.failed} for one in playing}
    sys.stdout.write(json.dumps({"networks": found, "peak": peak, "connections": connections}))


if __name__ == "__main__":
    main()
