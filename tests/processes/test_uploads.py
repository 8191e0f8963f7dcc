"""A large body does not enter the memory of the web process."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.stack import ROOT, free_port

PIECE = bytes(1_000_000)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen([*command, "tests.processes.upload_server:application"], cwd=ROOT)
    url = f"http://127.0.0.1:{port}/"
    give_up = time.monotonic() + 180
    while True:
        try:
            httpx.post(url, content=b"")
            break
        except httpx.TransportError:
            assert process.poll() is None
            assert time.monotonic() < give_up
            time.sleep(0.1)
    yield url
    process.kill()
    process.wait()


@pytest.mark.parametrize("size", [0, 1, 64 * 1024, 100_001])
def test_a_body_arrives_as_it_was_sent(server: str, size: int) -> None:
    body = bytes(range(256)) * (size // 256) + bytes(size % 256)

    answer = httpx.post(server, content=body, timeout=60).json()

    assert answer["sha256"] == hashlib.sha256(body).hexdigest()


def test_200_mb_take_a_few(server: str) -> None:
    before = httpx.post(server, content=PIECE, timeout=60).json()["peak_kb"]
    whole = hashlib.sha256()
    for _ in range(200):
        whole.update(PIECE)

    answer = httpx.post(server, content=(PIECE for _ in range(200)), timeout=120).json()

    assert answer["sha256"] == whole.hexdigest()
    assert answer["peak_kb"] - before < 30_000
