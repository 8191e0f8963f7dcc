"""A bad line to the server: a network namespace with delay and loss, where this machine allows it.

Elsewhere a relay that delays every piece, and breaks the connection at one piece in fifty.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.stack import ROOT, free_port

DELAY, LOSS = "100ms", "5%"
OUTSIDE, INSIDE = "10.213.77.1", "10.213.77.2"
RELAY_DELAY, RELAY_BREAKS = 0.1, 0.02


@dataclass(frozen=True, slots=True)
class BadLine:
    """`prefix`: the command that runs a program behind it, where 127.0.0.1:`port` is the server."""

    prefix: Sequence[str]
    port: int
    text: str


@contextlib.contextmanager
def bad_line(port: int) -> Iterator[BadLine]:
    """To the server at 127.0.0.1:`port`."""
    name = f"panic-{os.getpid()}"
    with contextlib.ExitStack() as closing:
        closing.callback(_quietly, "ip", "netns", "del", name)
        if not _made(name):
            ends = [str(other := free_port()), str(port)]
            delays = [str(RELAY_DELAY), str(RELAY_BREAKS)]
            _relay(closing, [], "127.0.0.1", ends[0], "127.0.0.1", ends[1], *delays)
            yield BadLine((), other, f"{RELAY_DELAY * 1000:.0f} ms and lines that break")
            return
        inside = ["ip", "netns", "exec", name]
        _relay(closing, [], OUTSIDE, str(port), "127.0.0.1", str(port))
        _relay(closing, inside, "127.0.0.1", str(port), OUTSIDE, str(port))
        yield BadLine(inside, port, f"{DELAY} and {LOSS} loss")


def _made(name: str) -> bool:
    if not (shutil.which("ip") and shutil.which("tc")):
        return False
    near, far = f"{name[:12]}a", f"{name[:12]}b"
    inside = ["ip", "netns", "exec", name]
    netem = ["root", "netem", "delay", DELAY, "loss", LOSS]
    commands = [
        ["ip", "netns", "add", name],
        ["ip", "link", "add", near, "type", "veth", "peer", "name", far],
        ["ip", "link", "set", far, "netns", name],
        ["ip", "addr", "add", f"{OUTSIDE}/30", "dev", near],
        ["ip", "link", "set", near, "up"],
        [*inside, "ip", "addr", "add", f"{INSIDE}/30", "dev", far],
        [*inside, "ip", "link", "set", far, "up"],
        [*inside, "ip", "link", "set", "lo", "up"],
        ["tc", "qdisc", "add", "dev", near, *netem],
    ]
    return all(_quietly(*command) for command in commands)


def _relay(closing: contextlib.ExitStack, prefix: list[str], *arguments: str) -> None:
    command = [*prefix, sys.executable, "-m", "rehearsal.relay", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
    closing.callback(process.wait)
    closing.callback(process.kill)


def _quietly(*command: str) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
