"""`manage.py up` as a whole: it comes up, keeps its children alive, and leaves nothing behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from tests.stack import MANAGE, ROOT, Stack

pytestmark = [pytest.mark.processes, pytest.mark.enable_socket]


def test_it_ends_within_ten_seconds_of_sigterm_and_leaves_nothing(stack: Stack) -> None:
    stack.start(ready=False)

    status, seconds = stack.stop()

    assert status == 0
    assert seconds < 10
    assert stack.everything() == []


def test_killing_the_parent_leaves_nothing_running(stack: Stack) -> None:
    stack.start(ready=False)
    stack.wait_until(lambda: stack.processes("worker"), 20, "the queue has workers")

    stack.kill("up")

    stack.wait_until(lambda: not stack.everything(), 5, "every process is gone")


def test_a_killed_web_server_comes_back_and_nobody_is_turned_away(stack: Stack) -> None:
    stack.start(ready=False)
    (first,) = stack.kill("web")

    began = time.monotonic()
    with stack.client() as client:
        assert client.get("/healthz").status_code == 200

    assert time.monotonic() - began < 10
    assert first not in [process.pid for process in stack.processes("web")]


def test_a_killed_queue_comes_back(stack: Stack) -> None:
    stack.start(ready=False)
    stack.wait_until(lambda: stack.processes("worker"), 20, "the queue has workers")
    (first,) = stack.kill("queue")

    def heads() -> list[int]:
        return [p.pid for p in stack.processes("queue") if p.pid != first]

    # A look at processes that are just being forked may see two heads for a moment.
    stack.wait_until(lambda: len(heads()) == 1, 20, "one queue is back")


def test_a_second_one_on_the_same_data_folder_refuses_in_one_sentence(stack: Stack) -> None:
    stack.start(ready=False)

    second = subprocess.run(
        [sys.executable, MANAGE, "up", "--port", "0"],
        cwd=ROOT,
        env=stack.environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert second.returncode == 1
    assert "already runs" in second.stderr
    assert "Traceback" not in second.stderr


def test_ctrl_c_stops_it_too(stack: Stack) -> None:
    stack.start(ready=False)

    status, seconds = stack.stop(signal.SIGINT)

    assert status == 0
    assert seconds < 10


def test_the_first_start_shows_the_admin_and_later_ones_do_not(stack: Stack) -> None:
    stack.start(ready=False)
    stack.stop()
    shown = stack.output()
    stack.log.unlink()
    stack.start(ready=False)

    assert "password" in shown
    assert stack.base_url.rpartition(":")[2] in shown
    assert "password" not in stack.output()


def test_children_that_do_not_listen_are_killed_in_time(stack: Stack) -> None:
    stack.start(ready=False)
    stack.kill("web", signal.SIGSTOP)
    stack.kill("queue", signal.SIGSTOP)

    status, seconds = stack.stop()

    assert status == 0
    assert seconds < 10
    assert stack.everything() == []


def test_a_second_ctrl_c_does_not_wait(stack: Stack) -> None:
    stack.start(ready=False)
    stack.kill("queue", signal.SIGSTOP)
    assert stack.process is not None
    stack.process.send_signal(signal.SIGINT)
    stack.wait_until(lambda: "stopping" in stack.output(), 5, "it has heard the first")

    status, seconds = stack.stop(signal.SIGINT)

    assert status == 0
    assert seconds < 4
    assert stack.everything() == []
