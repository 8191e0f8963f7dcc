"""An S3 server in a process of its own, with one bucket in it."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from tests.stack import free_port

START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Bucket:
    endpoint: str
    name: str

    def keys(self) -> list[str]:
        """The names of what is in it, at most the first thousand."""
        listed = httpx.get(f"{self.endpoint}/{self.name}?list-type=2", trust_env=False)
        return re.findall(r"<Key>([^<]+)</Key>", listed.raise_for_status().text)


@contextmanager
def running_bucket(name: str = "panic-media") -> Iterator[Bucket]:
    """An empty bucket on a free port of the loopback, gone after the block."""
    port = free_port()
    bucket = Bucket(f"http://127.0.0.1:{port}", name)
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:
        try:
            _make(bucket, process)
            yield bucket
        finally:
            process.kill()


def _make(bucket: Bucket, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, "the S3 server has ended"
        try:
            httpx.put(f"{bucket.endpoint}/{bucket.name}", trust_env=False).raise_for_status()
        except httpx.TransportError:  # it does not listen yet
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the S3 server did not start")
