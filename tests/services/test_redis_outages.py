"""Wake-ups through a Redis that is killed and started again under a live ring."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis

from tests.stack import Stack, free_port

from .rings import Ring

RESTARTS = 5
AWAY_SECONDS = 1.0

SERVER = shutil.which("redis-server")
pytestmark = pytest.mark.skipif(SERVER is None, reason="there is no redis-server to start")


class RedisServer:
    """A server of this test's own, on a port that it keeps."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [str(SERVER), "--port", str(self.port), "--save", "", "--bind", "127.0.0.1"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with redis.Redis.from_url(self.url) as client:
                try:
                    client.ping()
                except redis.ConnectionError:
                    time.sleep(0.05)
                else:
                    return
        raise AssertionError("redis-server did not start")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def listeners(self) -> int:
        with redis.Redis.from_url(self.url) as client:
            return sum(int(n) for _, n in client.pubsub_numsub("panic:wake:events"))


@pytest.fixture
def server() -> Iterator[RedisServer]:
    one = RedisServer()
    one.start()
    yield one
    one.kill()


@pytest.fixture
def ring(server: RedisServer, tmp_path: Path, stack_template: Path) -> Iterator[Ring]:
    stack = Stack(tmp_path / "data", REDIS_URL=server.url, WAKEUP="redis")
    try:
        stack.prepare(stack_template)
        stack.start()
        one = Ring(stack)
        yield one
        one.leave()
    finally:
        stack.destroy()


def test_every_socket_and_every_worker_survives_a_redis_that_restarts(
    ring: Ring, server: RedisServer
) -> None:
    ring.must_catch_up()
    processes = ring.processes()

    for _ in range(RESTARTS):
        server.kill()
        time.sleep(AWAY_SECONDS)
        ring.must_catch_up()  # by polling
        server.start()
        ring.stack.wait_until(server.listeners, 60, "the web process listens again")
        ring.must_catch_up()

    assert ring.processes() == processes
    assert [one.closes for one in ring.followers] == [[]] * len(ring.followers)
    assert all(psutil.pid_exists(pid) for pid in processes)
