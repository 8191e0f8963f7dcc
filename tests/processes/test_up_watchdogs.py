"""What the supervisor does about children that die, stand still or are needed."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from panic.supervisor import watchdogs
from panic.supervisor.child import Child, restart_delay
from panic.supervisor.output import LONGEST_LINE, Lines, Output
from panic.supervisor.watchdogs import FAILURES, FIRST_SIGN, SIGN_EVERY, SignOfLife, WebProbe
from tests.stack import Stack


def test_the_first_death_costs_no_pause_and_the_pauses_are_bounded() -> None:
    delays = [restart_delay(deaths) for deaths in range(12)]

    assert delays[:2] == [0.0, 0.0]
    assert delays == sorted(delays)
    assert max(delays) == 4.0


def test_a_child_that_keeps_dying_young_starts_again_later_and_later() -> None:
    child = Child("stillborn", ["/bin/false"])
    pauses = []
    for _ in range(4):
        os.close(child.start())
        while child.reap() is None:
            time.sleep(0.01)
        pauses.append(child.start_at - time.monotonic())

    assert pauses[0] < 0.01
    assert pauses[1] < pauses[2] < pauses[3]


def test_a_childs_own_children_end_with_it() -> None:
    child = Child("family", ["/bin/sh", "-c", "sleep 60 & echo begun; exit 3"])
    with os.fdopen(child.start()) as output:
        output.readline()
        while (status := child.reap()) is None:
            time.sleep(0.01)
        rest = output.read()  # ends when nobody holds the pipe any more: the grandchild is gone

    assert status == 3
    assert rest == ""


def test_output_arrives_in_whole_lines_with_the_name_of_who_spoke(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    lines = Lines("web", reading, Output(tmp_path / "panic.log"))

    os.write(writing, b"one\ntw")
    lines.read()
    os.write(writing, b"o\n" + b"x" * (LONGEST_LINE + 1))
    lines.read()
    os.close(writing)

    assert not lines.read()
    logged = (tmp_path / "panic.log").read_text().splitlines()
    assert [line.partition(" ")[2][:11] for line in logged] == [
        "[web] one",
        "[web] two",
        "[web] xxxxx",
    ]


def test_the_log_file_is_rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("panic.supervisor.output.LARGEST", 1000)
    output = Output(tmp_path / "panic.log")

    for _ in range(200):
        output.line("web", b"x" * 100)

    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert set(sizes) == {"panic.log", "panic.log.1", "panic.log.2", "panic.log.3"}
    assert max(sizes.values()) < 1300


def test_a_queue_that_shows_signs_is_alive_and_one_that_stops_is_not(tmp_path: Path) -> None:
    file = tmp_path / "qcluster.alive"
    sign = SignOfLife(file)
    sign.begin()
    now = time.monotonic()

    assert not sign.lost(now + FIRST_SIGN - 1)
    file.touch()
    assert not sign.lost(now + 20)
    assert not sign.lost(now + 20 + SIGN_EVERY - 1)
    assert sign.lost(now + 20 + SIGN_EVERY + 1)


def test_the_sign_of_the_last_queue_is_not_taken_for_the_new_ones(tmp_path: Path) -> None:
    file = tmp_path / "qcluster.alive"
    file.touch()
    sign = SignOfLife(file)
    sign.begin()
    now = time.monotonic()

    assert not sign.lost(now + SIGN_EVERY + 1)
    assert sign.lost(now + FIRST_SIGN + 1)


def test_a_corrected_clock_is_not_a_dead_queue(tmp_path: Path) -> None:
    file = tmp_path / "qcluster.alive"
    file.touch()
    sign = SignOfLife(file)
    sign.begin()
    now = time.monotonic()
    os.utime(file, (1, 1))

    assert not sign.lost(now + 1)


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def _drive(probe: WebProbe, selector: selectors.BaseSelector, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and not probe.answered_at:
        probe.tick(time.monotonic())
        for key, _ in selector.select(0.01):
            key.data()


def test_a_web_server_that_answers_is_alive(server: socket.socket) -> None:
    def answer() -> None:
        connection, _ = server.accept()
        with connection:
            assert b"GET /healthz" in connection.recv(1000)
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nok\n")

    thread = threading.Thread(target=answer)
    thread.start()
    selector = selectors.DefaultSelector()
    probe = WebProbe(selector, server.getsockname())
    probe.begin()

    _drive(probe, selector, 5)
    thread.join()

    assert probe.answered_at
    assert not probe.dead(time.monotonic())


def test_three_silences_are_a_dead_web_server(
    server: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdogs, "PROBE_TIMEOUT", 0.02)
    monkeypatch.setattr(watchdogs, "PROBE_EVERY", 0.02)
    selector = selectors.DefaultSelector()
    probe = WebProbe(selector, server.getsockname())
    probe.begin()
    probe.answered_at = time.monotonic()  # it has been well before
    began = time.monotonic()
    while not probe.dead(time.monotonic()) and time.monotonic() < began + 5:
        probe.tick(time.monotonic())
        for key, _ in selector.select(0.005):
            key.data()

    assert probe.dead(time.monotonic())
    assert time.monotonic() - began > FAILURES * 0.02


@pytest.mark.processes
@pytest.mark.enable_socket
def test_a_queue_that_stands_still_is_replaced(stack: Stack) -> None:
    stack.start()
    before = {process.pid for process in stack.processes("queue")}

    stack.kill("queue", signal.SIGSTOP)
    stack.kill("worker", signal.SIGSTOP)

    stack.wait_until(
        lambda: {p.pid for p in stack.processes("queue")} - before, 25, "another queue is there"
    )
    assert not before & {process.pid for process in stack.processes("queue")}


@pytest.mark.processes
@pytest.mark.enable_socket
def test_the_model_host_starts_when_somebody_knocks_and_again_after_a_crash(stack: Stack) -> None:
    stack.start(ready=False)
    assert stack.processes("models") == []
    address = stack.manage("shell", "-v", "0", "-c", _WHERE).strip()

    with socket.socket(socket.AF_UNIX) as client:
        client.connect(address)
        stack.wait_until(lambda: stack.processes("models"), 10, "the model host runs")
    (first,) = stack.kill("models")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(address)
        stack.wait_until(
            lambda: [p for p in stack.processes("models") if p.pid != first], 10, "it runs again"
        )


_WHERE = "from platforms import local; print(local.host_socket())"
