"""What the supervisor does about children that die, stand still or are needed."""

from __future__ import annotations

import json
import os
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from panic.supervisor import children, loop, watchdogs
from panic.supervisor.children import Child, Plan, restart_delay
from panic.supervisor.output import MAX_LINE_BYTES, Lines, LogOutput
from panic.supervisor.patience import IDLE_START_SECONDS, MAX_START_SECONDS
from panic.supervisor.watchdogs import HEARTBEAT_SECONDS, MAX_FAILURES, Heartbeat, WebProbe


def test_the_first_death_costs_no_pause_and_the_pauses_are_bounded() -> None:
    delays = [restart_delay(deaths) for deaths in range(12)]

    assert delays[:2] == [0.0, 0.0]
    assert delays == sorted(delays)
    assert max(delays) == 4.0


def test_a_child_that_keeps_dying_young_starts_again_later_and_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 1_000.0)
    child = Child("stillborn", ["/bin/false"])
    pauses = []
    for _ in range(4):
        os.close(child.start())
        while child.reap() is None:
            time.sleep(0.01)
        pauses.append(child.start_at - 1_000)

    assert pauses[0] == 0
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


def test_a_child_stands_back_with_its_own_children() -> None:
    child = Child("patient", ["/bin/sh", "-c", "nice; sh -c nice"], niceness=3)
    with os.fdopen(child.start()) as output:
        said = output.read()
    while child.reap() is None:
        time.sleep(0.01)

    assert [int(line) for line in said.split()] == [os.nice(0) + 3] * 2


def test_a_child_starts_though_its_machine_does_not_let_it_stand_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def forbidden(_: int) -> int:
        raise PermissionError

    monkeypatch.setattr(os, "nice", forbidden)
    child = Child("queue", ["true"], niceness=1)

    os.close(child.start())

    assert child.process is not None
    assert child.process.wait() == 0


def test_on_a_full_machine_walls_come_before_workers_and_those_before_local_models() -> None:
    web, queue, models = (0, children.QUEUE_NICENESS, children.MODEL_NICENESS)
    streams = children.STREAM_NICENESS

    assert web < queue < streams < models <= 19
    assert {child.name: child.niceness for child in _children()} == {
        "web": web,
        "queue": queue,
        "models": models,
        "streams": streams,
    }


def _children() -> list[Child]:
    models, streams = (socket.socket(socket.AF_UNIX).detach() for _ in range(2))
    plan = Plan("127.0.0.1", 1, 1, "/tmp", "manage.py", -1, -1, models, streams)  # noqa: S108
    found = children.all_children(plan, selectors.DefaultSelector())
    for child in found:
        if child.listener is not None:
            child.listener.close()
    return found


def test_output_arrives_in_whole_lines_with_the_name_of_who_spoke(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    lines = Lines("web", reading, LogOutput(tmp_path / "panic.log"))

    os.write(writing, b"one\ntw")
    lines.read()
    os.write(writing, b"o\n" + b"x" * (MAX_LINE_BYTES + 1))
    lines.read()
    os.close(writing)

    assert not lines.read()
    logged = (tmp_path / "panic.log").read_text().splitlines()
    assert [line.partition(" ")[2][:11] for line in logged] == [
        "[web] one",
        "[web] two",
        "[web] xxxxx",
    ]


def test_as_json_each_line_is_one_object_whoever_spoke(tmp_path: Path) -> None:
    output = LogOutput(tmp_path / "panic.log", as_json=True)
    said = json.dumps({"level": "INFO", "message": "x" * MAX_LINE_BYTES, "run": "r1"})

    output.line("queue", said.encode())
    output.line("models", b'a library says "this"')
    output.line("models", b"[1, 2]")
    output.say("ready after 2 s")

    logged = [json.loads(line) for line in (tmp_path / "panic.log").read_text().splitlines()]
    assert logged[0] == {"process": "queue", **json.loads(said)}
    assert [(line["process"], line["message"]) for line in logged[1:]] == [
        ("models", 'a library says "this"'),
        ("models", "[1, 2]"),
        ("up", "ready after 2 s"),
    ]
    assert all("time" in line for line in logged[1:])


def test_the_log_file_is_rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("panic.supervisor.output.MAX_FILE_BYTES", 1000)
    output = LogOutput(tmp_path / "panic.log")

    for _ in range(200):
        output.line("web", b"x" * 100)

    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert set(sizes) == {"panic.log", "panic.log.1", "panic.log.2", "panic.log.3"}
    assert max(sizes.values()) < 1300


def test_a_queue_that_shows_signs_is_alive_and_one_that_stops_is_not(tmp_path: Path) -> None:
    file = tmp_path / "qcluster.alive"
    sign = Heartbeat(file)
    sign.begin(0)
    now = time.monotonic()

    sign.tick(now)
    assert not sign.is_lost(now + IDLE_START_SECONDS - 1)
    file.touch()
    sign.tick(now + 20)
    assert not sign.is_lost(now + 20)
    assert not sign.is_lost(now + 20 + HEARTBEAT_SECONDS - 1)
    assert sign.is_lost(now + 20 + HEARTBEAT_SECONDS + 1)


def test_the_sign_of_the_last_queue_is_not_taken_for_the_new_ones(tmp_path: Path) -> None:
    file = tmp_path / "qcluster.alive"
    file.touch()
    sign = Heartbeat(file)
    sign.begin(0)
    now = time.monotonic()

    sign.tick(now)
    assert not sign.is_lost(now + HEARTBEAT_SECONDS + 1)
    assert sign.is_lost(now + MAX_START_SECONDS + 1)


def test_a_corrected_clock_is_not_a_dead_queue(tmp_path: Path) -> None:
    file = tmp_path / "qcluster.alive"
    file.touch()
    sign = Heartbeat(file)
    sign.begin(0)
    now = time.monotonic()
    os.utime(file, (1, 1))
    sign.tick(now + 1)

    assert not sign.is_lost(now + 1)


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
    probe.begin(0)

    _drive(probe, selector, 60)
    thread.join()

    assert probe.answered_at
    assert not probe.is_lost(time.monotonic())


def test_three_silences_are_a_dead_web_server(
    server: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdogs, "PROBE_TIMEOUT_SECONDS", 0.02)
    monkeypatch.setattr(watchdogs, "PROBE_SECONDS", 0.02)
    selector = selectors.DefaultSelector()
    probe = WebProbe(selector, server.getsockname())
    probe.begin(0)
    probe.answered_at = time.monotonic()  # it has been well before
    began = time.monotonic()
    while not probe.is_lost(time.monotonic()) and time.monotonic() < began + 60:
        probe.tick(time.monotonic())
        for key, _ in selector.select(0.005):
            key.data()

    assert probe.is_lost(time.monotonic())
    assert time.monotonic() - began > MAX_FAILURES * 0.02


# Children as entries of a list


class OnceLost:
    """A watchdog that has a child restarted as soon as it is ready."""

    complaint = "is lost"

    def __init__(self) -> None:
        self.begun = 0

    def begin(self, group: int) -> None:
        self.begun += 1

    def give_up(self) -> None: ...

    def tick(self, now: float) -> None: ...

    def wake_at(self) -> float:
        return time.monotonic() + 0.01

    def is_ready(self) -> bool:
        return self.begun > 0

    def is_lost(self, now: float) -> bool:
        return self.begun == 1


@pytest.fixture
def supervised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Child]]:
    """What is put into this list runs instead of the product's processes."""
    children: list[Child] = []
    monkeypatch.setattr(loop, "all_children", lambda plan, selector: children)
    yield children
    for child in children:
        child.kill_group()
        while child.running and child.reap() is None:
            time.sleep(0.01)


def _supervisor(tmp_path: Path) -> loop.Supervisor:
    (tmp_path / "logs").mkdir()
    plan = Plan(
        "127.0.0.1",
        1,
        1,
        str(tmp_path),
        "manage.py",
        listen_fd=-1,
        lock_fd=-1,
        model_fd=-1,
        stream_fd=-1,
    )
    return loop.Supervisor(plan)


def _turn(supervisor: loop.Supervisor) -> None:
    now = time.monotonic()
    supervisor._reap()
    supervisor._start_what_is_due(now)
    supervisor._watch(now)
    supervisor._handle_events(0.01)


def test_a_further_process_is_one_more_entry(tmp_path: Path, supervised: list[Child]) -> None:
    watchdog = OnceLost()
    supervised += [
        Child("encoder", ["/bin/sleep", "60"], watchdog=watchdog),
        Child("plain", ["/bin/sleep", "60"]),
    ]
    supervisor = _supervisor(tmp_path)

    _turn(supervisor)
    first, plain = supervised[0].pid, supervised[1].pid
    while (
        watchdog.begun < 3 or not supervised[0].running
    ):  # begun again by the loop and by the start
        _turn(supervisor)

    log = (tmp_path / "logs" / "panic.log").read_text()
    assert "encoder is lost and is restarted" in log
    assert f"encoder ({first}) ended with signal 9" in log
    assert "ready after" in log
    assert supervised[0].pid != first
    assert supervised[1].pid == plain


def test_a_process_with_a_socket_is_started_by_the_first_connection(
    tmp_path: Path, supervised: list[Child]
) -> None:
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        supervised.append(Child("models", ["/bin/sleep", "60"], listener=listener))
        supervisor = _supervisor(tmp_path)

        _turn(supervisor)
        before = supervised[0].running
        client.connect(str(tmp_path / "s"))
        _turn(supervisor)

        assert not before
        assert supervised[0].running
        supervisor._remove_sockets()
        assert not (tmp_path / "s").exists()


def test_a_process_that_resumes_is_started_at_once_unless_it_ended_of_itself(
    tmp_path: Path, supervised: list[Child]
) -> None:
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        command = ["/bin/sh", "-c", f"[ -e {tmp_path}/over ] || exec /bin/sleep 60"]
        child = Child("streams", command, listener=listener, resumes=True)
        supervised.append(child)
        supervisor = _supervisor(tmp_path)
        _turn(supervisor)
        running_unasked = child.running
        client.connect(str(tmp_path / "s"))
        while child.pid == 0:
            _turn(supervisor)
        first = child.pid
        assert not running_unasked

        child.kill_group()
        while child.pid in (0, first):
            _turn(supervisor)
        (tmp_path / "over").touch()
        listener.accept()[0].close()
        child.kill_group()
        while child not in supervisor.awaited:
            _turn(supervisor)

        assert not child.running
        child.listener = None
