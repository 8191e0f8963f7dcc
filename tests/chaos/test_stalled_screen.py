"""Readers who do not read: they cost the server no more than a window each, and then nothing."""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.web_server import WebServer

READERS = 20
MEMORY_MOST = 30_000_000  # bytes


@pytest.fixture
def web(tmp_path: Path, stack_template: Path) -> Iterator[WebServer]:
    one = WebServer(tmp_path / "data", stack_template)
    one.start()
    yield one
    one.destroy()


def connected(web: WebServer, path: str) -> socket.socket:
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect(("127.0.0.1", web.port))
    line.settimeout(60)
    key = base64.b64encode(os.urandom(16)).decode()
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{web.port}\r\nUpgrade: websocket\r\n"
    line.sendall(
        f"{head}Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    assert b"101" in line.recv(64)
    return line


def drained(line: socket.socket) -> bool:
    """Whether the server has closed it, once what was under way is read."""
    with contextlib.suppress(ConnectionError):
        while line.recv(65_536):
            pass
    return True


def test_twenty_stalled_readers_do_not_fill_the_server(web: WebServer) -> None:
    displays = [{"name": "grid", "kind": "grid", "rows": 2, "columns": 3}]
    wall = web.do("create", displays=displays, models=["dummy:text-to-text"])
    run = web.do("start", network=wall["network"])
    first = connected(web, f"/ws{wall['grid']}")
    web.do("work", run=run, texts=["warm"])
    lines = [first, *(connected(web, f"/ws{wall['grid']}") for _ in range(READERS - 1))]
    before = web.memory()

    for n in range(30):  # 450 frames of several kilobytes for each of them
        web.do("work", run=run, texts=[f"{n}.{m} " + "words " * 600 for m in range(5)])
    grown = web.memory() - before
    until = time.monotonic() + 120  # a full window is forgiven for ten seconds
    while web.connections():
        assert time.monotonic() < until, "the server holds on to readers that do not read"
        time.sleep(0.1)

    for line in lines:
        assert drained(line)
        line.close()
    assert grown < MEMORY_MOST
