"""Nobody fills the disk of a real web process, whatever they send to whatever address."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.stack import ROOT, Stack, free_port

CHUNK = b"10000\r\n" + bytes(0x10000) + b"\r\n"
MEGA = 1_000_000
PATHS = ("/", "/n/whispers/terminal/", "/api/v1/networks", "/kiosk/", "/nowhere/", "/admin/login/")

WebProcess = tuple[int, psutil.Process, Path]


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory, stack_template: Path) -> Iterator[WebProcess]:
    """The web process with small limits, its port, and the folder of its temporary files."""
    folder = tmp_path_factory.mktemp("limits")
    (temporary := folder / "temporary").mkdir()
    stack = Stack(folder / "data", TMPDIR=str(temporary))
    stack.prepare(stack_template)
    port = free_port()
    command = [sys.executable, "-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(
        [*command, "tests.thorough.processes.limited_server:application"],
        cwd=ROOT,
        env=stack.environment,
    )
    give_up = time.monotonic() + 180
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz")
            break
        except httpx.TransportError:
            assert process.poll() is None
            assert time.monotonic() < give_up
            time.sleep(0.1)
    yield port, psutil.Process(process.pid), temporary
    process.kill()
    process.wait()


def connect(web: WebProcess, path: str, *headers: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", web[0]), timeout=20)
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", *headers, "", ""]
    connection.sendall("\r\n".join(lines).encode())
    return connection


def send_until_cut(connection: socket.socket, piece: bytes, most: int) -> int:
    """How many bytes could be sent before the server cut the connection."""
    sent = 0
    try:
        while sent < most:
            connection.sendall(piece)
            sent += len(piece)
    except OSError:
        pass
    return sent


def read_all(connection: socket.socket) -> bytes:
    found = b""
    try:
        while data := connection.recv(65536):
            found += data
    except OSError:
        pass
    return found


def stored_bytes(web: WebProcess) -> int:
    """Of files that the process holds open, unlinked ones included, in the folder of temporary files."""
    found = 0
    for link in Path(f"/proc/{web[1].pid}/fd").iterdir():
        try:
            if str(link.readlink()).startswith(str(web[2])):
                found += link.stat().st_size
        except OSError:
            continue
    return found


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.02)


@pytest.mark.parametrize("path", PATHS)
def test_a_chunked_body_without_end_is_refused_at_any_path(web: WebProcess, path: str) -> None:
    with connect(web, path, "Transfer-Encoding: chunked") as connection:
        for _ in range(2 * MEGA // 0x10000 + 2):
            connection.sendall(CHUNK)
        answer = read_all(connection)

    assert answer.startswith(b"HTTP/1.1 413 Content Too Large\r\n")
    assert b"at most 2,000,000 bytes" in answer
    assert (b"application/problem+json" in answer) == path.startswith("/api/")


def test_who_does_not_read_the_answer_and_goes_on_is_cut(web: WebProcess) -> None:
    with connect(web, "/", "Transfer-Encoding: chunked") as connection:
        connection.sendall(CHUNK * 40)
        sent = send_until_cut(connection, CHUNK, 10**12)

    assert sent < 10**12
    wait_until(lambda: stored_bytes(web) == 0)


@pytest.mark.parametrize("path", PATHS)
def test_a_declared_length_is_refused_before_anything_is_sent(web: WebProcess, path: str) -> None:
    with connect(web, path, "Content-Length: 50000000000", "Expect: 100-continue") as connection:
        answer = read_all(connection)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert stored_bytes(web) == 0


def test_a_bundle_may_be_larger_but_not_endless(web: WebProcess) -> None:
    for path in ("/runs/import/", "/api/v1/networks/whispers/imports"):
        with connect(web, path, "Content-Length: 50000000000") as connection:
            assert b" 413 " in read_all(connection).split(b"\r\n")[0]
        with connect(web, path, "Content-Length: 4000000") as connection:
            connection.sendall(bytes(3 * MEGA))
            wait_until(lambda: stored_bytes(web) >= 3 * MEGA)
    wait_until(lambda: stored_bytes(web) == 0)


@pytest.mark.parametrize("piece", [b"1\r\nx\r\n", b"X-Slow: x\r\n"])
def test_a_slow_request_ends_after_its_time(web: WebProcess, piece: bytes) -> None:
    """`limited_server` gives two seconds. In the body, or still in the headers."""
    path, header = "/n/whispers/terminal/", "Transfer-Encoding: chunked"
    connection = socket.create_connection(("127.0.0.1", web[0]), timeout=20)
    end = b"" if piece.startswith(b"X") else b"\r\n"
    with connection:
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\n{header}\r\n".encode() + end)
        connection.settimeout(0.2)
        answer, give_up = b"", time.monotonic() + 15
        while not answer and time.monotonic() < give_up:
            connection.sendall(piece)
            try:
                answer = connection.recv(65536)
            except TimeoutError:
                continue

    assert answer.startswith(b"HTTP/1.1 408 ")


def test_the_sum_over_all_connections_is_limited_and_prompts_still_come_through(
    web: WebProcess,
) -> None:
    """`limited_server` takes 10 MB at once at ordinary addresses."""
    held = [connect(web, "/", "Content-Length: 1900000") for _ in range(8)]
    for connection in held:
        connection.sendall(bytes(1_800_000))
    answers = []
    for connection in held:
        connection.settimeout(1.0)
        answers.append(read_all(connection)[:12])

    assert answers.count(b"HTTP/1.1 503") == 3
    assert stored_bytes(web) <= 10 * MEGA
    small = httpx.post(f"http://127.0.0.1:{web[0]}/api/v1/networks", json={"name": "x" * 1000})
    assert small.status_code == 401
    for connection in held:
        connection.close()
    wait_until(lambda: stored_bytes(web) == 0)
    with connect(web, "/", "Content-Length: 1900000", "Connection: close") as connection:
        connection.sendall(bytes(1_900_000))
        assert b" 503 " not in read_all(connection).split(b"\r\n")[0]


def test_a_form_is_not_read_into_memory(web: WebProcess) -> None:
    before = web[1].memory_info().rss
    head = b"--b\r\nContent-Disposition: form-data; name=x; filename=y\r\n\r\n"
    size = len(head) + 90 * MEGA
    headers = (f"Content-Length: {size}", "Content-Type: multipart/form-data; boundary=b")
    with connect(web, "/runs/import/", *headers, "Connection: close") as connection:
        connection.sendall(head)
        for _ in range(90):
            connection.sendall(bytes(MEGA))
        answer = read_all(connection)

    assert b" 413 " not in answer.split(b"\r\n")[0]
    assert answer.startswith(b"HTTP/1.1 ")
    assert web[1].memory_info().rss - before < 40 * MEGA
