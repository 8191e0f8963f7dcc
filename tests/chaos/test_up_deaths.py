"""`manage.py up` when its children or itself are killed: what is restarted, and that nothing is left."""

from __future__ import annotations

import signal
import time

from tests.stack import Stack


def test_a_queue_that_stands_still_is_replaced(stack: Stack) -> None:
    stack.start()
    before = {process.pid for process in stack.processes("queue")}

    stack.kill("queue", signal.SIGSTOP)
    stack.kill("worker", signal.SIGSTOP)

    stack.wait_until(
        lambda: {p.pid for p in stack.processes("queue")} - before, 25, "another queue is there"
    )
    assert not before & {process.pid for process in stack.processes("queue")}


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


def test_ctrl_c_stops_it_too(stack: Stack) -> None:
    stack.start(ready=False)

    status, seconds = stack.stop(signal.SIGINT)

    assert status == 0
    assert seconds < 10


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
