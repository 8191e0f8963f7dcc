"""A network namespace behind a bad line: delay and loss in both directions, where this machine allows it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

from tests.stack import ROOT

DELAY, LOSS = "100ms", "5%"
OUTSIDE, INSIDE = "10.213.77.1", "10.213.77.2"


@contextlib.contextmanager
def bad_line(port: int) -> Iterator[list[str]]:
    """The command that runs a program behind it, where 127.0.0.1:`port` is the server; empty where
    namespaces or `tc` cannot be had."""
    name = f"panic-{os.getpid()}"
    with contextlib.ExitStack() as closing:
        closing.callback(_quietly, "ip", "netns", "del", name)
        if not _made(name):
            yield []
            return
        inside = ["ip", "netns", "exec", name]
        _relay(closing, [], (OUTSIDE, port), ("127.0.0.1", port))
        _relay(closing, inside, ("127.0.0.1", port), (OUTSIDE, port))
        yield inside


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


def _relay(
    closing: contextlib.ExitStack,
    prefix: list[str],
    listens: tuple[str, int],
    leads: tuple[str, int],
) -> None:
    ends = [str(one) for one in (*listens, *leads)]
    command = [*prefix, sys.executable, "-m", "rehearsal.relay", *ends]
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
    closing.callback(process.wait)
    closing.callback(process.kill)


def _quietly(*command: str) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
