"""`manage.py up` when its children or itself are killed: what is restarted, and that nothing is left."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack import Stack


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, stack_template: Path) -> Iterator[Stack]:
    """For those tests that leave it as it was."""
    one = Stack(tmp_path_factory.mktemp("deaths") / "data")
    one.prepare(stack_template)
    one.start()
    yield one
    one.destroy()


def test_a_queue_that_stands_still_is_replaced(running: Stack) -> None:
    running.wait_until(lambda: running.processes("worker"), 60, "the queue has workers")
    before = {process.pid for process in running.processes("queue")}

    running.kill("queue", signal.SIGSTOP)
    running.kill("worker", signal.SIGSTOP)

    running.wait_until(
        lambda: {p.pid for p in running.processes("queue")} - before, 90, "another queue is there"
    )
    assert not before & {process.pid for process in running.processes("queue")}


def test_killing_the_parent_leaves_nothing_running(stack: Stack) -> None:
    stack.start(ready=False)
    stack.wait_until(lambda: stack.processes("worker"), 60, "the queue has workers")

    stack.kill("up")

    stack.wait_until(lambda: not stack.everything(), 60, "every process is gone")


def test_a_killed_web_server_comes_back_and_nobody_is_turned_away(running: Stack) -> None:
    (first,) = running.kill("web")

    with running.client() as client:
        assert client.get("/healthz", timeout=120).status_code == 200

    assert first not in [process.pid for process in running.processes("web")]


def test_a_killed_queue_comes_back(running: Stack) -> None:
    running.wait_until(lambda: running.processes("worker"), 60, "the queue has workers")
    (first,) = running.kill("queue")

    def heads() -> list[int]:
        return [p.pid for p in running.processes("queue") if p.pid != first]

    # A look at processes that are just being forked may see two heads for a moment.
    running.wait_until(lambda: len(heads()) == 1, 60, "one queue is back")


def test_ctrl_c_stops_it_too(stack: Stack) -> None:
    stack.start(ready=False)

    status, _ = stack.stop(signal.SIGINT, timeout=60)

    assert status == 0


def test_children_that_do_not_listen_are_killed_in_time(stack: Stack) -> None:
    stack.start()
    stack.wait_until(lambda: stack.processes("worker"), 60, "the queue has workers")
    stack.kill("web", signal.SIGSTOP)
    stack.kill("queue", signal.SIGSTOP)

    status, _ = stack.stop(timeout=60)

    said = [line for line in stack.output().splitlines() if line.startswith("[up]")]
    assert status == 0
    assert "[up] web and queue killed: the time to finish is over" in said
    stack.wait_until(lambda: not stack.everything(), 30, "every process is gone")


def test_a_second_ctrl_c_does_not_wait(stack: Stack) -> None:
    stack.start()
    stack.wait_until(lambda: stack.processes("worker"), 60, "the queue has workers")
    stack.kill("queue", signal.SIGSTOP)
    assert stack.process is not None
    stack.process.send_signal(signal.SIGINT)
    stack.wait_until(lambda: "stopping" in stack.output(), 60, "it has heard the first")

    status, _ = stack.stop(signal.SIGINT, timeout=60)

    assert status == 0
    assert "killed, as asked twice" in stack.output()
    stack.wait_until(lambda: not stack.everything(), 30, "every process is gone")
